"""A label pyramid seen through a lookup table: one value a nucleus, drawn only where one looks.

    image = lut[labels]

Nothing is computed until napari asks for a tile, so a new table shows at once, however large the
slide and however many nuclei. One thing napari (0.9) does keep: the coarsest level, made into an
array once, for the thumbnail and for looking from afar. That array is written anew with the table.
"""

from __future__ import annotations

import copy
import threading
import weakref
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LookupLevel", "LookupPyramid"]

#: Label tiles kept decoded are squares of this size.
_TILE = 512
#: Thickness of a rim, in pixels of the level that is shown.
_RIM = 2


class LookupPyramid:
    """One image per pyramid level, all through one table.

    Recolour by setting :attr:`lut` and refreshing the layer: ``layer.refresh(extent=False)``.

    Parameters
    ----------
    levels
        Label images (y, x), finest first: numpy, dask or zarr arrays. Never written to.
    lut
        (label + 1,) uint8 category or float32 value of every label; entry 0 is the background.
    outline
        Show rims only: pixels with their own label two pixels up, down, left and right become
        background.
    cache_bytes
        Decoded label tiles kept, so that recolouring reads nothing from disk.
    """

    def __init__(
        self,
        levels: Sequence[Any],
        lut: npt.NDArray[np.generic],
        *,
        outline: bool = False,
        cache_bytes: int = 128 * 2**20,
    ) -> None:
        self._lut = self._checked(lut)
        self._outline = outline
        self._cache = _TileCache(cache_bytes)
        self.levels = [LookupLevel(labels, i, self, self._cache) for i, labels in enumerate(levels)]

    @property
    def lut(self) -> npt.NDArray[np.generic]:
        """The table. A new one has the length and type of the old."""
        return self._lut

    @lut.setter
    def lut(self, lut: npt.NDArray[np.generic]) -> None:
        new = self._checked(lut)
        assert new.shape == self._lut.shape, (new.shape, self._lut.shape)
        assert new.dtype == self._lut.dtype, (new.dtype, self._lut.dtype)
        # one assignment: a slice under way sees the old table or the new, never half of each
        self._lut = new
        self.levels[-1].write_anew()

    def renew(
        self,
        levels: Sequence[Any],
        lut: npt.NDArray[np.generic],
        boxes: Sequence[tuple[int, int, int, int]] | None = None,
    ) -> None:
        """Other labels of the same sizes, with a table of any length; refresh the layer after it.

        Parameters
        ----------
        levels
            Label images, as at the start.
        lut
            Their table.
        boxes
            (y0, x0, y1, x1) in pixels of level 0: where labels differ; by default everywhere.
        """
        assert [tuple(labels.shape) for labels in levels] == [lv.shape for lv in self.levels]
        full = self.levels[0].shape
        for level, labels in zip(self.levels, levels, strict=True):
            level.labels = labels
        self._cache.forget(boxes, [max(1, round(full[0] / lv.shape[0])) for lv in self.levels])
        self._lut = self._checked(lut)
        self.levels[-1].write_anew()

    @property
    def outline(self) -> bool:
        """Whether rims only are shown. Refresh the layer after a change."""
        return self._outline

    @outline.setter
    def outline(self, outline: bool) -> None:
        if outline != self._outline:
            self._outline = outline
            self.levels[-1].write_anew()

    def __deepcopy__(self, memo: dict[int, Any]) -> LookupPyramid:
        """A twin with the same labels and today's table: for a layer that is duplicated."""
        twin = LookupPyramid([level.labels for level in self.levels], self._lut.copy())
        twin.outline = self._outline
        memo[id(self)] = twin
        for mine, other in zip(self.levels, twin.levels, strict=True):
            memo[id(mine)] = other
        return twin

    @staticmethod
    def _checked(lut: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        lut = np.ascontiguousarray(lut)
        assert lut.ndim == 1, lut.shape
        assert lut.size, "the table needs an entry for the background"
        assert lut.dtype in (np.uint8, np.float32), lut.dtype
        return lut


class LookupLevel:
    """One level, as an array that napari can slice.

    Parameters
    ----------
    labels
        (y, x) label image.
    level
        Its number in the pyramid.
    owner
        Has the table.
    cache
        Has the decoded tiles, of all levels.
    """

    ndim = 2

    def __init__(self, labels: Any, level: int, owner: LookupPyramid, cache: _TileCache) -> None:
        self.labels = labels
        self.shape = (int(labels.shape[0]), int(labels.shape[1]))
        self._level = level
        self._owner = owner
        self._cache = cache
        self._handed_out: weakref.ref[npt.NDArray[Any]] | None = None

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the values."""
        return self._owner.lut.dtype

    @property
    def size(self) -> int:
        """Number of pixels."""
        return self.shape[0] * self.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes it would take in memory."""
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return self.shape[0]

    def __deepcopy__(self, memo: dict[int, Any]) -> LookupLevel:
        copy.deepcopy(self._owner, memo)
        twin: LookupLevel = memo[id(self)]
        return twin

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        values = np.ascontiguousarray(self[:, :])
        if dtype is not None and np.dtype(dtype) != values.dtype:
            return values.astype(dtype)
        if not copy and self is self._owner.levels[-1]:
            self._handed_out = weakref.ref(values)
        return values

    def write_anew(self) -> None:
        """Bring the array that was made of this level, if it is still in use, up to date."""
        kept = self._handed_out() if self._handed_out is not None else None
        if kept is not None:
            kept[...] = self[:, :]

    def __getitem__(self, key: Any) -> npt.NDArray[Any]:
        rows, columns, rest = _as_slices(key, self.shape)
        lut, outline = self._owner.lut, self._owner.outline
        labels = self._read(rows, columns, margin=_RIM if outline else 0)
        # "clip" spares a second pass for bounds; labels never exceed the table (see _read)
        values = np.take(lut, labels, mode="clip")
        if outline:
            values[_inner(labels)] = lut[0]
            values = self._without_margin(values, rows, columns)
        return values[:: rows.step, :: columns.step][rest]

    def _without_margin(
        self, values: npt.NDArray[Any], rows: slice, columns: slice
    ) -> npt.NDArray[Any]:
        top, left = min(_RIM, rows.start), min(_RIM, columns.start)
        height, width = max(rows.stop - rows.start, 0), max(columns.stop - columns.start, 0)
        return values[top : top + height, left : left + width]

    def _read(self, rows: slice, columns: slice, margin: int) -> npt.NDArray[Any]:
        """Labels of a rectangle, with a margin where the image has one."""
        y0, y1 = max(rows.start - margin, 0), min(rows.stop + margin, self.shape[0])
        x0, x1 = max(columns.start - margin, 0), min(columns.stop + margin, self.shape[1])
        if isinstance(self.labels, np.ndarray):
            return self.labels[y0:y1, x0:x1]
        out = np.zeros((max(y1 - y0, 0), max(x1 - x0, 0)), self.labels.dtype)
        for ty in range(y0 // _TILE * _TILE, y1, _TILE):
            for tx in range(x0 // _TILE * _TILE, x1, _TILE):
                tile = self._cache.get((self._level, ty, tx), self.labels)
                a, b = max(ty, y0), min(ty + _TILE, y1)
                c, d = max(tx, x0), min(tx + _TILE, x1)
                out[a - y0 : b - y0, c - x0 : d - x0] = tile[a - ty : b - ty, c - tx : d - tx]
        return out


class _TileCache:
    """Decoded label tiles, the longest unused going first; safe between threads."""

    def __init__(self, limit: int) -> None:
        self.limit, self.bytes = limit, 0
        self._tiles: OrderedDict[tuple[int, int, int], npt.NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[int, int, int], labels: Any) -> npt.NDArray[Any]:
        with self._lock:
            if key in self._tiles:
                self._tiles.move_to_end(key)
                return self._tiles[key]
        _, y, x = key
        # decoded outside the lock: two readers may do it twice, none waits for another
        tile = np.asarray(labels[y : y + _TILE, x : x + _TILE])
        with self._lock:
            if key not in self._tiles:
                self._tiles[key] = tile
                self.bytes += tile.nbytes
            while self.bytes > self.limit and self._tiles:
                self.bytes -= self._tiles.popitem(last=False)[1].nbytes
        return tile

    def forget(
        self, boxes: Sequence[tuple[int, int, int, int]] | None, steps: Sequence[int]
    ) -> None:
        """Drop the tiles that meet one of the boxes, in pixels of level 0; all without boxes."""
        with self._lock:
            for level, y, x in list(self._tiles):
                step = steps[level]
                low, high = (y * step, x * step), ((y + _TILE) * step, (x + _TILE) * step)
                if boxes is None or any(
                    b[0] < high[0] and b[2] > low[0] and b[1] < high[1] and b[3] > low[1]
                    for b in boxes
                ):
                    self.bytes -= self._tiles.pop((level, y, x)).nbytes


def _inner(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Pixels with no other label within a rim's thickness; over the edge counts as the same."""
    inner = np.ones(labels.shape, bool)
    for step in range(1, _RIM + 1):
        vertical = labels[step:] == labels[:-step]
        horizontal = labels[:, step:] == labels[:, :-step]
        inner[step:] &= vertical
        inner[:-step] &= vertical
        inner[:, step:] &= horizontal
        inner[:, :-step] &= horizontal
    return inner


def _as_slices(key: Any, shape: tuple[int, int]) -> tuple[slice, slice, Any]:
    """Any basic index as two rising slices, and what to do with the rectangle afterwards."""
    key = key if isinstance(key, tuple) else (key,)
    if Ellipsis in key:
        at = key.index(Ellipsis)
        key = key[:at] + (slice(None),) * (3 - len(key)) + key[at + 1 :]
    key = key + (slice(None),) * (2 - len(key))
    spans: list[slice] = []
    rest: list[slice | int] = []
    for part, size in zip(key, shape, strict=True):
        if isinstance(part, slice):
            start, stop, step = part.indices(size)
            if step < 0:
                raise IndexError("labels are read forwards: give a slice with a positive step")
            spans.append(slice(start, max(start, stop), step))
            rest.append(slice(None))
        else:
            place = range(size)[int(part)]
            spans.append(slice(place, place + 1, 1))
            rest.append(0)
    return spans[0], spans[1], tuple(rest)
