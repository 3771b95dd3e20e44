"""How far the spots lie from where their counts say, and whether the image is turned."""

from spotscope.methods.alignment._axes import expression_axes
from spotscope.methods.alignment._density import DensityMap, disc_means
from spotscope.methods.alignment._shift import (
    CANNOT_TELL,
    FEWEST_SPOTS,
    REFERENCES,
    ShiftFound,
    check_spots,
    estimate_shift,
)
from spotscope.methods.alignment._turn import TURN_REFERENCES, TurnFound, estimate_turn

__all__ = [
    "CANNOT_TELL",
    "FEWEST_SPOTS",
    "REFERENCES",
    "TURN_REFERENCES",
    "DensityMap",
    "ShiftFound",
    "TurnFound",
    "check_spots",
    "disc_means",
    "estimate_shift",
    "estimate_turn",
    "expression_axes",
]
