"""Opening files, saying what they are, and laying spots and image on one another."""
