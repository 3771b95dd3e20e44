"""Questions to a typed sample, answered by other libraries: neighbours, pairs, genes, regions."""
