"""The Nuclei step: finding, importing, counting, measuring and correcting nuclei."""
