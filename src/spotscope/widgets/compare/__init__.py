"""Two looks at once: swipe, lens, side by side; layers of others on either side."""
