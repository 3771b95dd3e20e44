"""The Nuclei step: finding nuclei, looking at them, correcting them."""
