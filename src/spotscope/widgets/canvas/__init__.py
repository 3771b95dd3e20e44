"""What is drawn on the slide, and what lies under the mouse."""
