"""The working grid: the slide in pixels of the working resolution, cut into tiles.

Pixel (i, j) of the slide's level 0 has its centre at (i, j) · mpp µm, so its area begins half a
pixel before 0. A grid pixel of size w therefore has its centre at  (i + ½) w - ½ mpp.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._resample import resample, source_span
from spotscope.methods.segmentation._stain import stain_signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dask.array as da

    from spotscope.model import Slide

__all__ = ["Box", "Grid", "Window", "open_window", "working_grid"]

#: (y0, x0, y1, x1) in grid pixels.
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """Geometry of the working grid.

    Parameters
    ----------
    shape
        (y, x) grid pixels that cover the slide.
    mpp
        µm per grid pixel.
    offset_um
        Centre of grid pixel (0, 0), in y and x alike.
    level, scale
        The pyramid level read, and the grid's pixel size over that level's.
    """

    shape: tuple[int, int]
    mpp: float
    offset_um: float
    level: int
    scale: float

    def to_um(self, yx: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Grid pixels (point, 2) in µm of the slide."""
        return yx * self.mpp + self.offset_um

    def box_um(self, box: Box) -> tuple[float, float, float, float]:
        """The area of a box of pixels."""
        edge = self.offset_um - 0.5 * self.mpp
        y0, x0, y1, x1 = (edge + side * self.mpp for side in box)
        return y0, x0, y1, x1

    def grown(self, box: Box, margin: int) -> Box:
        """``box`` with a margin, inside the grid."""
        y0, x0, y1, x1 = box
        height, width = self.shape
        return (
            max(y0 - margin, 0),
            max(x0 - margin, 0),
            min(y1 + margin, height),
            min(x1 + margin, width),
        )

    def tiles(self, size: int) -> list[Box]:
        """Boxes that cover the grid once, row by row."""
        height, width = self.shape
        return [
            (y, x, min(y + size, height), min(x + size, width))
            for y in range(0, height, size)
            for x in range(0, width, size)
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Pixels of one box, still on disk: small to send, read where it is worked on.

    Parameters
    ----------
    source
        (y, x, c) lazy level pixels.
    origin
        (y, x) of ``source`` in its level.
    box
        What to make of them, in grid pixels.
    scale
        Grid over level pixel size.
    """

    source: da.Array
    origin: tuple[int, int]
    box: Box
    scale: float

    def signal(self, weights: npt.NDArray[np.float32], channel: int) -> npt.NDArray[np.float32]:
        """Read and resample: (y, x) haematoxylin, or the channel where nuclei shine."""
        # a scheduler of its own: workers must not wait for one another
        pixels = self.source.compute(scheduler="synchronous")
        if len(weights):
            raw = stain_signal(pixels, weights)
        else:
            raw = np.ascontiguousarray(pixels[..., channel], dtype=np.float32)
        return resample(raw, self.origin, self.box, self.scale)

    def pixels(self, channels: Sequence[int]) -> npt.NDArray[np.float32]:
        """Read and resample: (y, x, c) of some channels, as they are."""
        found = self.source.compute(scheduler="synchronous")
        parts = [
            resample(
                np.ascontiguousarray(found[..., channel], dtype=np.float32),
                self.origin,
                self.box,
                self.scale,
            )
            for channel in channels
        ]
        return np.stack(parts, axis=-1)


def working_grid(slide: Slide, model_mpp: float) -> Grid:
    """The grid on which a slide is worked: ``model_mpp``, but for a difference of 2 %."""
    level = slide.level_for(model_mpp)
    level_mpp = slide.level_mpp(level)
    scale = model_mpp / level_mpp
    if abs(scale - 1) < 0.02:
        scale = 1.0
    height, width = slide.levels[level].shape[:2]
    shape = (max(1, round(height / scale)), max(1, round(width / scale)))
    mpp = level_mpp * scale
    return Grid(shape, mpp, 0.5 * (mpp - slide.mpp), level, scale)


def open_window(slide: Slide, grid: Grid, box: Box) -> Window:
    """The pixels under ``box``, not yet read."""
    level = slide.levels[grid.level]
    y0, y1 = source_span(box[0], box[2], grid.scale, level.shape[0])
    x0, x1 = source_span(box[1], box[3], grid.scale, level.shape[1])
    return Window(level[y0:y1, x0:x1], (y0, x0), box, grid.scale)
