"""The area within an outline that may cross itself, as a lasso drawn by hand does.

What is inside follows the even-odd rule, by which points are told too: then a loop turned the other
way is not taken off, as the shoelace formula would. Level lines through every corner and every
crossing cut the outline into slabs in which no two edges meet; there the width inside changes
evenly, so the area of a slab is its height times the width at its middle.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["enclosed_area"]

#: Hands draw fewer corners, and outlines of more come from programs, which do not cross themselves.
_MOST = 1500


def enclosed_area(corners: npt.NDArray[np.float64]) -> float:
    """Area within a closed outline, by the even-odd rule.

    Parameters
    ----------
    corners
        (corner, 2) in order, not closed.
    """
    corners = corners - corners[0]
    crossings = _crossings(corners) if 3 < len(corners) <= _MOST else np.zeros(0)
    if len(crossings):
        return _by_slabs(corners, crossings)
    y, x = corners.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _crossings(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Heights at which two edges cross, each properly: not where they touch or lie on another."""
    a, b = corners, np.roll(corners, -1, axis=0)
    step = b - a

    def side(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(edge, point) on which side of every edge a point lies."""
        apart = points[None] - a[:, None]
        return np.asarray(step[:, None, 0] * apart[..., 1] - step[:, None, 1] * apart[..., 0])

    begins, ends = side(a), side(b)
    parted = begins * ends < 0
    one, other = np.nonzero(np.triu(parted & parted.T))
    share = begins[one, other] / (begins[one, other] - ends[one, other])
    return np.asarray(a[other, 0] + share * step[other, 0])


def _by_slabs(corners: npt.NDArray[np.float64], crossings: npt.NDArray[np.float64]) -> float:
    a, b = corners, np.roll(corners, -1, axis=0)
    levels = np.unique(np.concatenate([corners[:, 0], crossings]))
    area = 0.0
    for low, high in itertools.pairwise(levels):
        middle = (low + high) / 2
        through = (a[:, 0] > middle) != (b[:, 0] > middle)
        (y0, x0), (y1, x1) = a[through].T, b[through].T
        x = np.sort(x0 + (middle - y0) * (x1 - x0) / (y1 - y0))
        area += float((x[1::2] - x[::2]).sum() * (high - low))
    return area
