"""The Explore step: searching a gene, asking, plotting, saving."""
