"""Shapes of others as pixels of the screen: faces and edges, in the plane of the sliders."""

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

__all__ = ["Outlines"]

_OPEN = {"line", "path"}
#: Corners of an ellipse.
_ROUND = 64


@dataclass(frozen=True, slots=True, eq=False)
class Outlines:
    """Shapes as a thread may read them, one after the other."""

    data: Sequence[npt.NDArray[Any]]
    plane: Plane
    kinds: Sequence[str]
    faces: npt.NDArray[Any]
    edges: npt.NDArray[Any]
    widths: Sequence[float]
    heights: Sequence[int]
    opacity: float

    @classmethod
    def of(cls, layer: Layer, point: Sequence[float]) -> Self:
        """Take what a thread needs."""
        return cls(
            layer.data,
            Plane.of(layer, point),
            layer.shape_type,
            np.array(layer.face_color, float),
            np.array(layer.edge_color, float),
            layer.edge_width,
            layer.z_index,
            float(layer.opacity),
        )

    def task(self, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
        """(y, x, 4) colours; clear where there is no shape."""
        yield Progress("reading a layer", 0, 1)
        # of shapes on one height the later one lies on top
        order = [int(k) for k in np.argsort(self.heights, kind="stable") if self._seen(int(k))]
        dim = np.array([1, 1, 1, self.opacity])
        pieces = Pieces(
            [_outline(self.data[k][:, -2:], self.kinds[k]) for k in order],
            self.faces.reshape(-1, 4)[order] * dim,
            self.edges.reshape(-1, 4)[order] * dim,
            np.array([self.widths[k] for k in order], float),
            np.array([self.kinds[k] not in _OPEN for k in order], bool),
        )
        return (yield from paint_task(pieces, self.plane, grid))

    def _seen(self, k: int) -> bool:
        """Whether a shape lies in the plane from end to end; a place is cut to a whole one."""
        lead = self.data[k][:, :-2]
        if not lead.shape[1]:
            return True
        ends = np.stack([lead.min(axis=0), lead.max(axis=0)]).astype(int)
        return bool((np.abs(ends - self.plane.origin[:-2]) < 0.5).all())


def _outline(corners: npt.NDArray[Any], kind: str) -> npt.NDArray[Any]:
    """(corner, 2): those of an ellipse run in its four corners."""
    if kind != "ellipse":
        return corners
    angle = np.linspace(0, 2 * np.pi, _ROUND, endpoint=False)[:, None]
    along, across = (corners[1] - corners[0]) / 2, (corners[3] - corners[0]) / 2
    return np.asarray(corners.mean(axis=0) + np.cos(angle) * along + np.sin(angle) * across)
