"""The Expression step: how spots come apart, and genes on the nuclei."""
