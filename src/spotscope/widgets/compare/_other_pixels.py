"""Images and labels of others as pixels of the screen.

They are read at the coarsest level that is as fine as the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from napari.layers import Labels

from spotscope.model import Progress
from spotscope.widgets.compare._other_plane import Plane

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.model import Task
    from spotscope.widgets.compare._other_plane import Grid

    Floats = npt.NDArray[np.float64]

__all__ = ["Pixels"]


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """An image or labels as a thread may read it: its levels, where they lie, how painted."""

    levels: Sequence[Any]
    plane: Plane
    paint: Callable[[npt.NDArray[Any]], npt.NDArray[np.uint8]]

    @classmethod
    def of(cls, layer: Layer, point: Sequence[float]) -> Self:
        """Take what a thread needs."""
        levels = list(layer.data) if layer.multiscale else [layer.data]
        return cls(levels, Plane.of(layer, point), _painter(layer))

    def task(self, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
        """(y, x, 4) colours; clear where there is no pixel."""
        yield Progress("reading a layer", 0, 1)
        plane, (y, x) = self.plane, grid.axes
        axes = len(plane.origin)
        fine = max(abs(plane.along_y[-2:]).max(), abs(plane.along_x[-2:]).max()) * grid.step
        whole = float(self.levels[0].shape[axes - 1])
        sides = [whole / level.shape[axes - 1] for level in self.levels]
        chosen = max((k for k, side in enumerate(sides) if side <= max(fine, 1.0)), default=0)
        level, scale = self.levels[chosen], sides[chosen]
        size = level.shape[:axes]
        lead = [round(value) for value in plane.origin[:-2]]
        blank = np.zeros((*grid.shape, 4), np.uint8)
        if any(not 0 <= k < n for k, n in zip(lead, size[:-2], strict=True)):
            return blank
        found, inside = [], np.ones(grid.shape, bool)
        for axis in (-2, -1):
            place = plane.origin[axis] + y * plane.along_y[axis] + x * plane.along_x[axis]
            # pixel i of a coarser level has its middle at (i + ½) s - ½ of the finest
            index = np.floor((place + 0.5) / scale).astype(np.int64)
            inside &= (index >= 0) & (index < size[axis])
            found.append(index)
        if not inside.any():
            return blank
        low = [int(index[inside].min()) for index in found]
        high = [int(index[inside].max()) + 1 for index in found]
        part = np.asarray(level[(*lead, slice(low[0], high[0]), slice(low[1], high[1]))])
        rows, columns = (
            np.where(inside, i - first, 0) for i, first in zip(found, low, strict=True)
        )
        colours = self.paint(part[rows, columns])
        colours[~inside] = 0
        return colours


def _painter(layer: Layer) -> Callable[[npt.NDArray[Any]], npt.NDArray[np.uint8]]:
    """How values become (…, 4) colours, as napari paints them now."""
    opacity = float(layer.opacity)
    if isinstance(layer, Labels):
        colours = layer.colormap

        def paint(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
            known, at = np.unique(values, return_inverse=True)
            table = np.asarray(colours.map(known), float).reshape(-1, 4)
            return _bytes(table[at].reshape(*values.shape, 4), opacity)

        return paint
    if layer.rgb:
        return lambda values: _bytes(_rgba(values), opacity)
    low, high = (float(v) for v in layer.contrast_limits)
    gamma = float(layer.gamma)
    table = np.asarray(layer.colormap.map(np.linspace(0, 1, 256) ** gamma), float).reshape(-1, 4)

    def shade(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        share = (values.astype(np.float32) - low) / max(high - low, 1e-12)
        return _bytes(table[(255 * np.clip(np.nan_to_num(share), 0, 1)).astype(np.uint8)], opacity)

    return shade


def _rgba(values: npt.NDArray[Any]) -> Floats:
    """(…, 4) of 0 to 1 of an image in colour."""
    whole = values.dtype.kind in "ui"
    out = values.astype(float) / (float(np.iinfo(values.dtype).max) if whole else 1.0)
    if out.shape[-1] == 3:
        out = np.concatenate([out, np.ones((*out.shape[:-1], 1))], axis=-1)
    return np.clip(out, 0, 1)


def _bytes(colours: Floats, opacity: float) -> npt.NDArray[np.uint8]:
    colours = colours.copy()
    colours[..., 3] *= opacity
    return np.asarray(np.round(255 * colours), np.uint8)
