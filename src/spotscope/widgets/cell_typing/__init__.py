"""The Cell types step: the reference, ν, what it flips, and the legend."""
