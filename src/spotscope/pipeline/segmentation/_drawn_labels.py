"""A label pyramid that is drawn where one looks: there at once, however large the slide."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation import LabelDrawer
from spotscope.model import Labels

if TYPE_CHECKING:
    import dask.array as da

    from spotscope.model import StarConvex

__all__ = ["DrawnLabels", "bare_levels", "drawn_labels"]

_TILE = 512


@dataclass(frozen=True, slots=True, eq=False)
class DrawnLabels(Labels):
    """A label pyramid whose levels are there without dask too.

    Parameters
    ----------
    bare
        The same levels for numpy alone. dask takes some milliseconds for every tile, more than
        drawing one: on the window's thread they are the difference between live and late.
    """

    bare: tuple[Any, ...] = field(kw_only=True)


def bare_levels(labels: Labels) -> tuple[Any, ...]:
    """The levels as they are read quickest."""
    return labels.bare if isinstance(labels, DrawnLabels) else labels.levels


def drawn_labels(nuclei: StarConvex, like: Labels) -> DrawnLabels:
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
    bare = []
    for level in like.levels:
        step = round(full[0] / level.shape[0]) if level.shape[0] > 1 else 1
        shape = int(level.shape[0]), int(level.shape[1])
        bare.append(_DrawnLevel(LabelDrawer(nuclei, like.mpp * step), shape))
    return DrawnLabels(tuple(map(_lazy, bare)), like.mpp, bare=tuple(bare))


def _lazy(level: _DrawnLevel) -> da.Array:
    import dask.array as da

    return da.from_array(level, chunks=(_TILE, _TILE), name=False, meta=np.empty((0, 0), np.uint32))


class _DrawnLevel:
    """A level that draws what is read of it, by numpy or by dask."""

    ndim = 2
    dtype = np.dtype(np.uint32)

    def __init__(self, drawer: LabelDrawer, shape: tuple[int, int]) -> None:
        self._drawer, self.shape = drawer, shape

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.asarray(self[:, :], dtype)

    def __getitem__(self, key: tuple[slice, slice]) -> npt.NDArray[np.uint32]:
        rows, columns = (part.indices(size) for part, size in zip(key, self.shape, strict=True))
        height, width = max(rows[1] - rows[0], 0), max(columns[1] - columns[0], 0)
        drawn = self._drawer.draw(rows[0], columns[0], height, width)
        return drawn[:: rows[2], :: columns[2]]
