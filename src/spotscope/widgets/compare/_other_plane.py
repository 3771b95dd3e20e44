"""Where a layer of somebody else's lies under the pixels of the screen.

A place p of the canvas is the layer's own place

    i = o + p_y · e_y + p_x · e_x,

as the layer itself says of three places (its scale, shift, turn and shear are an affine map).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    Floats = npt.NDArray[np.float64]

__all__ = ["TWIN", "Grid", "Plane"]

#: In the metadata of layers that we lay over others for a while.
TWIN = "spotscope twin"
#: What lies further from the plane that is seen is not shown, in units of the layer, as in napari.
_HALF = 0.5


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
class Plane:
    """The plane of a layer that is seen: (axis,) o, e_y and e_x."""

    origin: Floats
    along_y: Floats
    along_x: Floats

    @classmethod
    def of(cls, layer: Layer, point: Sequence[float]) -> Self:
        """Ask the layer; ``point`` is where the sliders of the viewer stand."""
        at = np.array(point, float)
        at[-2:] = 0.0
        origin = np.asarray(layer.world_to_data(at), float)
        steps = []
        for axis in (-2, -1):
            there = at.copy()
            there[axis] += 1.0
            steps.append(np.asarray(layer.world_to_data(there), float) - origin)
        return cls(origin, steps[0], steps[1])

    def holds(self, lead: npt.NDArray[np.floating], skip: int = 0) -> npt.NDArray[np.bool_]:
        """Whether places (n, axis but the last two, and but the first few) are in the plane."""
        return np.asarray((np.abs(lead - self.origin[skip:-2]) <= _HALF).all(axis=-1))

    def to_pixels(self, grid: Grid) -> tuple[Floats, Floats]:
        """A and b of pixel = A · (y, x) + b; whole numbers are the middles of pixels."""
        world = np.linalg.inv(np.stack([self.along_y[-2:], self.along_x[-2:]], axis=1))
        start = world @ -self.origin[-2:] - np.array(grid.top)
        return world / grid.step, start / grid.step
