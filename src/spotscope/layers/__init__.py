"""Results as plain napari layer tuples; colours and lookup tables."""
