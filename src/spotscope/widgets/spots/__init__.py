"""The spot that was clicked: what it counted, and what its nuclei may be."""
