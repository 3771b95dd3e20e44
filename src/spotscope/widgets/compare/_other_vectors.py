"""Vectors of others as pixels of the screen, in the three styles of napari."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from spotscope.model import Progress
from spotscope.widgets.compare._other_plane import Plane
from spotscope.widgets.compare._paint_pieces import Pieces, paint_task

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.model import Task
    from spotscope.widgets.compare._other_plane import Grid

    Floats = npt.NDArray[np.float64]

__all__ = ["Arrows"]

#: Of each corner: how far along the vector, and how many halves of its width aside.
_CORNERS = {
    "triangle": [(0.0, -1.0), (0.0, 1.0), (1.0, 0.0)],
    "arrow": [(0, -1), (0.75, -1), (0.75, -2), (1, 0), (0.75, 2), (0.75, 1), (0, 1)],
}


@dataclass(frozen=True, slots=True, eq=False)
class Arrows:
    """Vectors as a thread may read them: (vector, 2, axis) starts and directions."""

    data: npt.NDArray[Any]
    plane: Plane
    colours: npt.NDArray[Any]
    width: float
    length: float
    style: str
    opacity: float

    @classmethod
    def of(cls, layer: Layer, point: Sequence[float]) -> Self:
        """Take what a thread needs."""
        return cls(
            np.asarray(layer.data),
            Plane.of(layer, point),
            np.asarray(layer.edge_color),
            float(layer.edge_width),
            float(layer.length),
            str(layer.vector_style),
            float(layer.opacity),
        )

    def task(self, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
        """(y, x, 4) colours; clear where there is no vector."""
        yield Progress("reading a layer", 0, 1)
        seen = self.plane.holds(self.data[:, 0, :-2])
        starts = self.data[seen, 0, -2:].astype(float)
        ways = self.data[seen, 1, -2:].astype(float) * self.length
        colours = self.colours[seen] * np.array([1, 1, 1, self.opacity])
        n, none = len(starts), np.zeros((len(starts), 4))
        if self.style in _CORNERS:
            outlines = list(_bodies(starts, ways, self.width, self.style))
            # an edge of no width: Qt smooths the face itself
            pieces = Pieces(outlines, colours, none, np.zeros(n), np.ones(n, bool))
        else:
            lines = list(np.stack([starts, starts + ways], axis=1))
            pieces = Pieces(lines, none, colours, np.full(n, self.width), np.zeros(n, bool))
        return (yield from paint_task(pieces, self.plane, grid))


def _bodies(starts: Floats, ways: Floats, width: float, style: str) -> Floats:
    """(vector, corner, 2) places of triangles or arrows."""
    along, aside = np.array(_CORNERS[style], float).T
    long = np.linalg.norm(ways, axis=1, keepdims=True)
    normal = ways[:, ::-1] * (1, -1) / np.where(long > 0, long, 1)
    return np.asarray(
        starts[:, None]
        + along[None, :, None] * ways[:, None]
        + 0.5 * width * aside[None, :, None] * normal[:, None]
    )
