"""A label pyramid that is drawn where one looks: there at once, however large the slide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation import LabelDrawer
from spotscope.model import Labels

if TYPE_CHECKING:
    import dask.array as da

    from spotscope.model import StarConvex

__all__ = ["drawn_labels"]

_TILE = 512


def drawn_labels(nuclei: StarConvex, like: Labels) -> Labels:
    """The pyramid of other nuclei in the frame of one that is there.

    Parameters
    ----------
    nuclei
        To be drawn.
    like
        Gives sizes and pixel size.

    Returns
    -------
    Levels that draw the part that is read. Nuclei too small for a coarse level are a pixel there,
    where the pyramid on disk, which keeps every second pixel, may skip them.
    """
    full = like.levels[0].shape
    levels = []
    for level in like.levels:
        step = round(full[0] / level.shape[0]) if level.shape[0] > 1 else 1
        levels.append(_lazy(LabelDrawer(nuclei, like.mpp * step), level.shape))
    return Labels(tuple(levels), like.mpp)


def _lazy(drawer: LabelDrawer, shape: tuple[int, int]) -> da.Array:
    import dask.array as da

    level = _DrawnLevel(drawer, (int(shape[0]), int(shape[1])))
    return da.from_array(level, chunks=(_TILE, _TILE), name=False, meta=np.empty((0, 0), np.uint32))


class _DrawnLevel:
    """What dask reads."""

    ndim = 2
    dtype = np.dtype(np.uint32)

    def __init__(self, drawer: LabelDrawer, shape: tuple[int, int]) -> None:
        self._drawer, self.shape = drawer, shape

    def __getitem__(self, key: tuple[slice, slice]) -> npt.NDArray[np.uint32]:
        rows, columns = (part.indices(size) for part, size in zip(key, self.shape, strict=True))
        height, width = max(rows[1] - rows[0], 0), max(columns[1] - columns[0], 0)
        drawn = self._drawer.draw(rows[0], columns[0], height, width)
        return drawn[:: rows[2], :: columns[2]]
