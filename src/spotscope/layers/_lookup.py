"""A label pyramid seen through a lookup table: one value a nucleus, drawn only where one looks.

    image = lut[labels]

Nothing is computed until napari asks for a tile, so a new table shows at once, however large the
slide and however many nuclei. One thing napari (0.9) does keep: the coarsest level, made into an
array once, for the thumbnail and for looking from afar. That array is written anew with the table.
"""

from __future__ import annotations

import copy
import math
import weakref
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from spotscope.layers._lookup_rims import RIM, as_slices, draw_rims, inner_of, shade
from spotscope.layers._lookup_tiles import TileCache
from spotscope.layers._stencil import between, blend, rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.layers._stencil import Stencil

__all__ = ["LookupLevel", "LookupPyramid"]

Array: TypeAlias = npt.NDArray[Any]


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
    thick_step
        Levels of so many pixels of level 0 per pixel, or more, are drawn a pixel wider: from afar
        small labels would fall between pixels.
    """

    def __init__(
        self,
        levels: Sequence[Any],
        lut: npt.NDArray[np.generic],
        *,
        outline: bool = False,
        cache_bytes: int = 128 * 2**20,
        thick_step: float = math.inf,
    ) -> None:
        self._lut = self._checked(lut)
        self._outline = outline
        self._marked: npt.NDArray[np.bool_] | None = None
        self._beside: tuple[npt.NDArray[np.generic], Stencil] | None = None
        self.thick_step = thick_step
        self._cache = TileCache(cache_bytes)
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
        marked: npt.NDArray[np.bool_] | None = None,
        beside: tuple[npt.NDArray[np.generic], Stencil] | None = None,
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
        marked, beside
            As of :meth:`recolour`.
        """
        assert [tuple(labels.shape) for labels in levels] == [lv.shape for lv in self.levels]
        full = self.levels[0].shape
        for level, labels in zip(self.levels, levels, strict=True):
            level.labels = labels
        steps = [max(1, round(full[0] / lv.shape[0])) for lv in self.levels]
        self._cache.renew(boxes, steps, levels)
        self._marked, self._beside = marked, beside
        self._lut = self._checked(lut)
        self.levels[-1].write_anew()

    def show_plainly(self, levels: Sequence[Any], lut: npt.NDArray[np.generic]) -> None:
        """Have these labels, through this table alone."""
        if all(level.labels is one for level, one in zip(self.levels, levels, strict=True)):
            self.recolour(lut)
        else:
            self.renew(levels, lut)

    @property
    def outline(self) -> bool:
        """Whether rims only are shown. Refresh the layer after a change."""
        return self._outline

    @outline.setter
    def outline(self, outline: bool) -> None:
        if outline != self._outline:
            self._outline = outline
            self.levels[-1].write_anew()

    @property
    def marked(self) -> npt.NDArray[np.bool_] | None:
        """(label + 1,) labels whose rim has the values :data:`RIM_CODES`; see :meth:`recolour`.

        Those of a table of another length, of labels that are no longer these, mark none.
        """
        same = self._marked is not None and len(self._marked) == len(self._lut)
        return self._marked if same else None

    @property
    def beside(self) -> tuple[npt.NDArray[np.generic], Stencil] | None:
        """A table shown outside a stencil; that of labels that are no longer these is not."""
        same = self._beside is not None and len(self._beside[0]) == len(self._lut)
        return self._beside if same else None

    def recolour(
        self,
        lut: npt.NDArray[np.generic],
        marked: npt.NDArray[np.bool_] | None = None,
        beside: tuple[npt.NDArray[np.generic], Stencil] | None = None,
    ) -> None:
        """A new table, labels that are marked, a table beside it; refresh the layer after it."""
        self._marked, self._beside = marked, beside
        self.lut = lut

    def move(self, stencil: Stencil) -> None:
        """Another stencil for the table beside; refresh the layer after it."""
        if self._beside is not None:
            before, self._beside = self._beside[1], (self._beside[0], stencil)
            self.levels[-1].write_anew((before, stencil))

    def __deepcopy__(self, memo: dict[int, Any]) -> LookupPyramid:
        """A twin with the same labels and today's table: for a layer that is duplicated."""
        drawn = [level.labels for level in self.levels]
        twin = LookupPyramid(drawn, self._lut.copy(), thick_step=self.thick_step)
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

    def __init__(self, labels: Any, level: int, owner: LookupPyramid, cache: TileCache) -> None:
        self.labels = labels
        self.shape = (int(labels.shape[0]), int(labels.shape[1]))
        self._level = level
        self._owner = owner
        self._cache = cache
        self._handed_out: weakref.ref[Array] | None = None

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

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        values = np.ascontiguousarray(self[:, :])
        if dtype is not None and np.dtype(dtype) != values.dtype:
            return values.astype(dtype)
        if not copy and self is self._owner.levels[-1]:
            self._handed_out = weakref.ref(values)
        return values

    @property
    def _step(self) -> float:
        """Pixels of level 0 per pixel of this one."""
        return self._owner.levels[0].shape[0] / self.shape[0]

    def write_anew(self, moved: tuple[Stencil, Stencil] | None = None) -> None:
        """Bring the array that was made of this level, if it is still in use, up to date.

        ``moved``: only where one stencil differs from another.
        """
        kept = self._handed_out() if self._handed_out is not None else None
        if kept is not None:
            box = (slice(None), slice(None))
            if moved is not None:
                box = between(*moved, self.shape, self._step)
            kept[box] = self[box]

    def __getitem__(self, key: Any) -> Array:
        rows, columns, rest = as_slices(key, self.shape)
        owner = self._owner
        lut, outline, marked, beside = owner.lut, owner.outline, owner.marked, owner.beside
        rims = outline or marked is not None
        margin = RIM if rims else 0
        labels = self._read(rows, columns, margin)
        # "clip" spares a second pass for bounds; labels never exceed the table (see _read)
        if beside is None:
            values = np.take(lut, labels, mode="clip")
        else:
            top = max(rows.start - margin, 0), max(columns.start - margin, 0)
            values = blend(beside[1], labels, lut, beside[0], top, self._step)
        if rims:
            inner = inner_of(labels)
            if outline:
                values[inner] = lut[0]
            if marked is not None and self._step >= owner.thick_step:
                shade(values, labels, self._read(rows, columns, RIM, thick=False), marked)
            elif marked is not None:
                draw_rims(values, labels, inner, marked)
            values = self._without_margin(values, rows, columns)
        if beside is not None:
            rule(beside[1], values, (rows.start, columns.start), self._step)
        return values[:: rows.step, :: columns.step][rest]

    def _without_margin(self, values: Array, rows: slice, columns: slice) -> Array:
        top, left = min(RIM, rows.start), min(RIM, columns.start)
        height, width = max(rows.stop - rows.start, 0), max(columns.stop - columns.start, 0)
        return values[top : top + height, left : left + width]

    def _read(self, rows: slice, columns: slice, margin: int, *, thick: bool = True) -> Array:
        """Labels of a rectangle, with a margin where the image has one."""
        y0, y1 = max(rows.start - margin, 0), min(rows.stop + margin, self.shape[0])
        x0, x1 = max(columns.start - margin, 0), min(columns.stop + margin, self.shape[1])
        thick = thick and self._step >= self._owner.thick_step
        if isinstance(self.labels, np.ndarray) and not thick:
            return self.labels[y0:y1, x0:x1]
        return self._cache.rectangle(self._level, self.labels, (y0, x0, y1, x1), thick=thick)
