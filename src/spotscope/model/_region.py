"""A region: an outline drawn on the slide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotscope.model._errors import ReadError
from spotscope.model._polygon_area import enclosed_area

__all__ = ["Region"]


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """A part of the slide that the user drew.

    Parameters
    ----------
    name
        Shown to the user.
    polygon_yx_um
        (corner, 2) corners (y, x) in µm, not closed.
    classification
        What it was marked as ("Tumour"), or None.
    note
        What reading it left out, or "".
    remark
        What the user wrote of it, or "".

    Raises
    ------
    ReadError
        If it is empty: fewer than three corners, a corner that is no number, no area.
    """

    name: str
    polygon_yx_um: npt.NDArray[np.float64]
    classification: str | None = None
    note: str = ""
    remark: str = ""

    def __post_init__(self) -> None:
        corners = self.polygon_yx_um
        assert corners.ndim == 2, corners.shape
        if len(corners) < 3 or not np.isfinite(corners).all() or self.area_um2 <= 0:
            raise ReadError(
                f"Expected a region with an area in {self.name!r}, found an empty one of "
                f"{len(corners)} corners; draw it again."
            )

    @property
    def area_um2(self) -> float:
        """Enclosed area in µm²: of what :meth:`contains` says lies inside."""
        return enclosed_area(self.polygon_yx_um)

    @property
    def box_um(self) -> tuple[float, float, float, float]:
        """(y0, x0, y1, x1) around it."""
        low, high = self.polygon_yx_um.min(axis=0), self.polygon_yx_um.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def contains(self, yx_um: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """(point,) whether points (y, x) in µm lie inside, by the even-odd rule."""
        y0, x0, y1, x1 = self.box_um
        y, x = yx_um[:, 0], yx_um[:, 1]
        inside = (y >= y0) & (y <= y1) & (x >= x0) & (x <= x1)
        inside[inside] = _by_crossings(self.polygon_yx_um, yx_um[inside])
        return inside


def _by_crossings(
    corners: npt.NDArray[np.float64], yx_um: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """(point,) whether a level line from a point to the right crosses the outline oddly often."""
    y, x = yx_um[:, 0], yx_um[:, 1]
    inside = np.zeros(len(yx_um), bool)
    for (y0, x0), (y1, x1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 != y1:  # a level edge is crossed by no level line
            inside ^= ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside
