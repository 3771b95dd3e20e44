"""Which candidates the live parameters choose, of a view and of the whole slide.

Which of overlapping candidates stays depends on the more certain ones alone, not on how certain a
nucleus has to be. So who stays is asked once for an overlap; the probability then only hides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope import io
from spotscope.methods import segmentation

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import StarConvex

__all__ = ["Candidates", "read_candidates"]

Box = tuple[float, float, float, float]


@dataclass(slots=True, eq=False)
class Candidates:
    """All that was considered on a slide, and who of them stays at the last overlap."""

    all: StarConvex
    #: reach of the largest one
    reach_um: float = field(init=False)
    _stays: tuple[float, npt.NDArray[np.bool_]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.reach_um = float(self.all.reach_um().max(initial=0.0))

    def chosen(self, params: SegmentationParams) -> StarConvex:
        """Those of the slide: as ``segmentation.select`` chooses."""
        stays = self._known(params)
        if stays is None:
            stays = segmentation.staying(self.all, params)
            self._stays = params.overlap, stays
        return self.all.take(stays & (self.all.probability >= params.probability))

    def chosen_in(self, box_um: Box, params: SegmentationParams) -> StarConvex:
        """Those that reach into a box (y0, x0, y1, x1).

        They are those of the slide: surely so where who stays is known of the slide. Else who
        overlaps those of the box is looked at too, but not who overlaps these.
        """
        sure = self.all.probability >= params.probability
        stays = self._known(params)
        if stays is not None:
            return self.all.take(self._near(box_um, self.reach_um) & stays & sure)
        around = self._near(box_um, 3 * self.reach_um)
        if around.all():
            return self.chosen(params)
        near = np.flatnonzero(around & sure)
        some = self.all.take(near)
        stays = segmentation.staying(some, params) & self._near(box_um, self.reach_um)[near]
        return some.take(stays)

    def _known(self, params: SegmentationParams) -> npt.NDArray[np.bool_] | None:
        kept = self._stays
        return kept[1] if kept is not None and kept[0] == params.overlap else None

    def _near(self, box_um: Box, by_um: float) -> npt.NDArray[np.bool_]:
        """(candidate,) whether the centre is in the box or so near to it."""
        y, x = self.all.yx_um.T
        y0, x0, y1, x1 = box_um
        near: npt.NDArray[np.bool_] = (y >= y0 - by_um) & (y <= y1 + by_um)
        near &= (x >= x0 - by_um) & (x <= x1 + by_um)
        return near


@lru_cache(maxsize=1)
def read_candidates(path: Path) -> Candidates:
    """Those that lie in a folder of steps; the last ones read are kept in memory."""
    return Candidates(io.read_outlines(path))
