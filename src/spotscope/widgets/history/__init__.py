"""What was done by hand: taken back, done again, read, and kept."""
