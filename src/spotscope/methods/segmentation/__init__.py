"""Where the nuclei are."""
