"""What a layer of somebody else's shows in a part of the canvas, as pixels of the screen.

Images and labels alone, in the plane that is seen: a place p of the canvas is the pixel

    i = o + p_y · e_y + p_x · e_x,

as the layer itself says of three places (its scale, shift and turn are an affine map). It is read
at the coarsest level that is as fine as the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.layers import Image, Labels

from spotscope.model import Progress
from spotscope.widgets._layer_data import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.model import Task

    Floats = npt.NDArray[np.float64]

__all__ = ["TWIN", "Grid", "Source", "can_show", "sample_task", "source_of"]

#: In the metadata of layers that we lay over others for a while.
TWIN = "spotscope twin"


@dataclass(frozen=True, slots=True)
class Grid:
    """Pixels of the screen: first one's place (y, x), how far apart they are, how many (y, x)."""

    top: tuple[float, float]
    step: float
    shape: tuple[int, int]

    @property
    def axes(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """(y, 1) and (1, x) places."""
        y, x = (
            (first + self.step * np.arange(n)).astype(np.float32)
            for first, n in zip(self.top, self.shape, strict=True)
        )
        return y[:, None], x[None, :]


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A layer as a thread may read it: its levels, where its pixels lie, how they are painted."""

    levels: Sequence[Any]
    origin: Floats
    along_y: Floats
    along_x: Floats
    is_rgb: bool
    paint: Callable[[npt.NDArray[Any]], npt.NDArray[np.uint8]]


def can_show(layer: Layer) -> bool:
    """Whether it is an image or labels, and not one of ours."""
    ours = KEY in layer.metadata or TWIN in layer.metadata
    return isinstance(layer, Image | Labels) and not ours


def source_of(layer: Layer, point: Sequence[float]) -> Source:
    """Take what a thread needs; ``point`` is where the sliders of the viewer stand."""
    at = np.array(point, float)
    at[-2:] = 0.0
    origin = np.asarray(layer.world_to_data(at), float)
    steps = []
    for axis in (-2, -1):
        there = at.copy()
        there[axis] += 1.0
        steps.append(np.asarray(layer.world_to_data(there), float) - origin)
    levels = list(layer.data) if layer.multiscale else [layer.data]
    rgb = isinstance(layer, Image) and bool(layer.rgb)
    return Source(levels, origin, steps[0], steps[1], rgb, _painter(layer))


def sample_task(source: Source, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
    """(y, x, 4) colours of a layer in a part of the canvas; clear where it has no pixel."""
    yield Progress("reading a layer", 0, 1)
    y, x = grid.axes
    shape = np.array(source.levels[0].shape[: len(source.origin)], float)
    fine = max(abs(source.along_y[-2:]).max(), abs(source.along_x[-2:]).max()) * grid.step
    sides = [float(shape[-1]) / level.shape[len(source.origin) - 1] for level in source.levels]
    chosen = max((k for k, side in enumerate(sides) if side <= max(fine, 1.0)), default=0)
    level, scale = source.levels[chosen], sides[chosen]
    size = level.shape[: len(source.origin)]
    lead = [round(value) for value in source.origin[:-2]]
    blank = np.zeros((*grid.shape, 4), np.uint8)
    if any(not 0 <= k < n for k, n in zip(lead, size[:-2], strict=True)):
        return blank
    found, inside = [], np.ones(grid.shape, bool)
    for axis in (-2, -1):
        place = source.origin[axis] + y * source.along_y[axis] + x * source.along_x[axis]
        # pixel i of a coarser level has its middle at (i + ½) s - ½ of the finest
        index = np.floor((place + 0.5) / scale).astype(np.int64)
        inside &= (index >= 0) & (index < size[axis])
        found.append(index)
    if not inside.any():
        return blank
    low = [int(index[inside].min()) for index in found]
    high = [int(index[inside].max()) + 1 for index in found]
    part = np.asarray(level[(*lead, slice(low[0], high[0]), slice(low[1], high[1]))])
    rows, columns = (np.where(inside, i - first, 0) for i, first in zip(found, low, strict=True))
    colours = source.paint(part[rows, columns])
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
