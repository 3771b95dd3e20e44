"""Between which percentiles of the intensities a network sees: as in the stardist package."""

__all__ = ["HIGH", "LOW"]

LOW, HIGH = 1.0, 99.8
