"""The Expression step: spots taken apart, genes imputed, what is learned of a reference."""
