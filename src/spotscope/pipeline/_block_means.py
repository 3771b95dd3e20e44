"""A slide in coarse blocks, for what needs no more than the mean of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods.alignment import DensityMap
from spotscope.model import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Slide, Task

__all__ = ["block_means"]

#: Rows of pixels that are read at once, about: as high as a tile is.
_BAND_PX = 512


def block_means(
    slide: Slide, block_um: float, planes: Callable[[Any], Any], within_um: Any = None
) -> Task[DensityMap]:
    """(feature, y, x) means over square blocks, read band by band.

    Parameters
    ----------
    slide
        Its coarsest level whose pixels are no larger than a block is read.
    block_um
        µm of a block's side, about: blocks are whole pixels of that level.
    planes
        (feature, y, x) of what is averaged, from (y, x, channel) pixels.
    within_um
        (low, high) corners (y, x) in µm of what is asked for; all of it by default.
    """
    level = slide.level_for(block_um)
    mpp, whole = slide.level_mpp(level), slide.levels[level]
    step = max(1, round(block_um / mpp))
    low, high = np.zeros(2, int), np.array(whole.shape[:2])
    if within_um is not None:
        low = np.maximum(np.asarray(within_um[0]) / mpp, 0).astype(int)
        high = np.minimum(np.asarray(within_um[1]) / mpp, high).astype(int)
    size = np.maximum((high - low) // step, 0)
    parts = []
    band = max(1, _BAND_PX // step)
    for row in range(0, int(size[0]), band):
        yield Progress("reading the stain", row, int(size[0]))
        rows = min(band, int(size[0]) - row)
        y, x = int(low[0]) + row * step, int(low[1])
        seen = planes(np.asarray(whole[y : y + rows * step, x : x + int(size[1]) * step]))
        parts.append(seen.reshape(len(seen), rows, step, int(size[1]), step).mean(axis=(2, 4)))
    values = np.concatenate(parts, axis=1) if parts else np.zeros((0, *size))
    first = (low + (step - 1) / 2) * mpp
    return DensityMap(values.astype(np.float32), mpp * step, (float(first[0]), float(first[1])))
