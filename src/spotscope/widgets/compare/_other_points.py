"""Points of others as pixels of the screen: their marks, in the plane of the sliders.

As in napari a mark is as wide as its size times the scale of the last axis says, and round
whatever the turn and the shear of its layer; the last one lies on top. Shading as of a sphere is
left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from spotscope.model import Progress
from spotscope.widgets.compare._other_plane import Plane
from spotscope.widgets.compare._paint_marks import code_of, paint_marks, straight

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.model import Task
    from spotscope.widgets.compare._other_plane import Grid

    Floats = npt.NDArray[np.float32]
    Ints = npt.NDArray[np.int64]

__all__ = ["Dots"]

#: Points looked at, and pixels painted, between two places where a task can be stopped.
_POINTS, _PIXELS = 250_000, 20_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Dots:
    """Points as a thread may read them: arrays of the layer, a row a point."""

    data: npt.NDArray[Any]
    plane: Plane
    shown: npt.NDArray[np.bool_]
    size: npt.NDArray[Any]
    rim: npt.NDArray[Any]
    rim_is_share: bool
    face: npt.NDArray[Any]
    edge: npt.NDArray[Any]
    symbol: npt.NDArray[Any]
    scale: float
    limits_px: tuple[float, float]
    opacity: float

    @classmethod
    def of(cls, layer: Layer, point: Sequence[float]) -> Self:
        """Take what a thread needs."""
        low, high = layer.canvas_size_limits
        return cls(
            np.asarray(layer.data),
            Plane.of(layer, point),
            np.asarray(layer.shown, bool),
            np.asarray(layer.size),
            np.asarray(layer.border_width),
            bool(layer.border_width_is_relative),
            np.asarray(layer.face_color),
            np.asarray(layer.border_color),
            np.asarray(layer.symbol),
            abs(float(layer.scale[-1])),
            (float(low), float(high)),
            float(layer.opacity),
        )

    def task(self, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
        """(y, x, 4) colours; clear where there is no point."""
        n = len(self.data)
        canvas = np.zeros((*grid.shape, 4), np.float32)
        yield Progress("reading a layer", 0, max(n, 1))
        for start in range(0, n, _POINTS):
            part = np.arange(start, min(start + _POINTS, n))
            seen, middles, halves, rims = self._in_view(part, grid)
            codes = self._codes(seen)
            for some in _parts((2 * halves + rims + 1) ** 2):
                which = seen[some]
                faces, edges = self._colours(self.face, which), self._colours(self.edge, which)
                paint_marks(
                    canvas, middles[some], halves[some], rims[some], faces, edges, codes[some]
                )
                yield Progress("reading a layer", start, n)
        return straight(canvas)

    def _in_view(
        self, part: Ints, grid: Grid
    ) -> tuple[Ints, npt.NDArray[np.float64], Floats, Floats]:
        """Which points are seen, row and column of each, half its size and its rim in pixels."""
        part = part[self.shown[part] & self.plane.holds(self.data[part, :-2])]
        turn, start = self.plane.to_pixels(grid)
        middles = self.data[part, -2:].astype(float) @ turn.T + start
        sizes, rims = self._sizes(part, grid)
        reach = (0.71 * sizes + 0.5 * rims + 1)[:, None]
        inside = (middles > -reach) & (middles < np.array(grid.shape) + reach)
        kept = inside.all(axis=1) & (sizes > 0)
        halves = (0.5 * sizes[kept]).astype(np.float32)
        return part[kept], middles[kept], halves, rims[kept].astype(np.float32)

    def _sizes(
        self, part: Ints, grid: Grid
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Sizes and widths of rims in pixels, within what the layer allows on the canvas."""
        whole = self.size[part].astype(float) * self.scale / grid.step
        rims = self.rim[part].astype(float)
        rims = rims * whole if self.rim_is_share else rims * self.scale / grid.step
        rims = np.minimum(rims, whole)
        sizes = np.where(whole > 0, np.clip(whole, *self.limits_px), 0)
        # a mark that is held at a limit keeps a rim that is seen
        held = sizes != whole
        ratio = sizes / np.maximum(whole, 1e-12)
        clamped = np.minimum(np.maximum(rims * ratio, 0.5 * self.limits_px[0]), 0.5 * sizes)
        return sizes, np.where(held, clamped, rims)

    def _colours(self, colours: npt.NDArray[Any], which: Ints) -> Floats:
        out = colours[which].astype(np.float32)
        out[:, 3] *= self.opacity
        return out

    def _codes(self, which: Ints) -> Ints:
        symbols = self.symbol[which]
        # there are few symbols: each is asked for its name once, by who it is
        names = np.fromiter(map(id, symbols.tolist()), np.int64, len(which))
        _, first, back = np.unique(names, return_index=True, return_inverse=True)
        codes = [code_of(str(symbols[k])) for k in first]
        return np.array(codes, np.int64)[back] if codes else np.zeros(0, np.int64)


def _parts(areas: Floats) -> Iterator[slice]:
    """Parts of about so many pixels."""
    part = (np.cumsum(areas, dtype=float) // _PIXELS).astype(np.int64)
    starts = np.flatnonzero(np.diff(part, prepend=-1))
    for start, stop in pairwise([*starts, len(areas)]):
        yield slice(int(start), int(stop))
