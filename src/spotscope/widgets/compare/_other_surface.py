"""Surfaces of others as pixels of the screen: the triangles that lie in the plane of the sliders.

Colours run from corner to corner, as in napari. Wire frames, normals and
textures are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from spotscope.model import Progress
from spotscope.widgets.compare._other_plane import Plane
from spotscope.widgets.compare._paint_marks import straight
from spotscope.widgets.compare._paint_triangles import paint_triangles

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.model import Task
    from spotscope.widgets.compare._other_plane import Grid

    Floats = npt.NDArray[np.float32]

__all__ = ["Mesh"]

#: Triangles between two places where a task can be stopped.
_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A surface as a thread may read it; ``values`` and ``colours`` may have more axes first."""

    vertices: npt.NDArray[Any]
    faces: npt.NDArray[Any]
    values: npt.NDArray[Any]
    colours: npt.NDArray[Any] | None
    plane: Plane
    limits: tuple[float, float]
    table: Floats
    opacity: float

    @classmethod
    def of(cls, layer: Layer, point: Sequence[float]) -> Self:
        """Take what a thread needs."""
        low, high = (float(v) for v in layer.contrast_limits)
        table = layer.colormap.map(np.linspace(0, 1, 256) ** float(layer.gamma))
        table = np.asarray(table, np.float32).reshape(-1, 4)
        return cls(
            np.asarray(layer.vertices),
            np.asarray(layer.faces),
            np.asarray(layer.vertex_values),
            layer.vertex_colors,
            Plane.of(layer, point),
            (low, high),
            table,
            float(layer.opacity),
        )

    def task(self, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
        """(y, x, 4) colours; clear where there is no triangle."""
        n = len(self.faces)
        yield Progress("reading a layer", 0, max(n, 1))
        canvas = np.zeros((*grid.shape, 4), np.float32)
        turn, start = self.plane.to_pixels(grid)
        places = self.vertices[:, -2:].astype(float) @ turn.T + start
        seen = self.plane.holds(self.vertices[:, :-2], self._more)
        colours = self._at_vertices()
        for first in range(0, n, _AT_ONCE):
            faces = self.faces[first : first + _AT_ONCE]
            corners = places[faces]
            inside = seen[faces].all(axis=1)
            inside &= (corners.max(axis=1) >= 0).all(axis=1)
            inside &= (corners.min(axis=1) < np.array(grid.shape)).all(axis=1)
            paint_triangles(canvas, corners[inside], colours[faces[inside]])
            yield Progress("reading a layer", first, n)
        return straight(canvas)

    @property
    def _more(self) -> int:
        """Axes of the layer that values have and vertices have not."""
        return self.values.ndim - 1

    def _at_vertices(self) -> Floats:
        """(vertex, 4) colours in the plane that is seen."""
        at = tuple(int(v) for v in self.plane.origin[: self._more])
        if self.colours is None:
            low, high = self.limits
            share = (self.values[at].astype(float) - low) / max(high - low, 1e-12)
            colours = self.table[np.round(255 * np.clip(np.nan_to_num(share), 0, 1)).astype(int)]
        else:
            colours = np.asarray(self.colours, np.float32)
            colours = colours[at] if colours.ndim > 2 else colours
            if colours.shape[1] == 3:
                colours = np.concatenate([colours, np.ones_like(colours[:, :1])], axis=1)
        return colours * np.array([1, 1, 1, self.opacity], np.float32)
