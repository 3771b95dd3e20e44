"""How far the spots lie from where their counts say they should."""

from spotscope.methods.alignment._density import DensityMap, disc_means
from spotscope.methods.alignment._shift import (
    CANNOT_TELL,
    REFERENCES,
    ShiftFound,
    check_spots,
    estimate_shift,
)

__all__ = [
    "CANNOT_TELL",
    "REFERENCES",
    "DensityMap",
    "ShiftFound",
    "check_spots",
    "disc_means",
    "estimate_shift",
]
