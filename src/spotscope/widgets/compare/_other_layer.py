"""What a layer of somebody else's shows in a part of the canvas, as pixels of the screen.

Of each kind of layer a thread is given what it needs, taken from the layer as it is now, and
paints it in the plane that is seen. Words beside points and shapes are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from napari.layers import Image, Labels, Points, Shapes, Surface, Tracks, Vectors

from spotscope.widgets.canvas._layer_data import KEY
from spotscope.widgets.compare._other_pixels import Pixels
from spotscope.widgets.compare._other_plane import TWIN, Grid
from spotscope.widgets.compare._other_points import Dots
from spotscope.widgets.compare._other_shapes import Outlines
from spotscope.widgets.compare._other_surface import Mesh
from spotscope.widgets.compare._other_tracks import Trails
from spotscope.widgets.compare._other_vectors import Arrows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    import numpy.typing as npt
    from napari.layers import Layer

    from spotscope.model import Task

__all__ = ["TWIN", "Grid", "Source", "can_show", "sample_task", "source_of"]


class Source(Protocol):
    """A layer as a thread may read it."""

    def task(self, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
        """(y, x, 4) colours of a part of the canvas; clear where the layer has nothing."""


_SOURCES: dict[type[Layer], Callable[[Layer, Sequence[float]], Source]] = {
    Image: Pixels.of,
    Labels: Pixels.of,
    Points: Dots.of,
    Shapes: Outlines.of,
    Surface: Mesh.of,
    Tracks: Trails.of,
    Vectors: Arrows.of,
}


def can_show(layer: Layer) -> bool:
    """Whether it is of a kind that can be painted, and not one of ours."""
    ours = KEY in layer.metadata or TWIN in layer.metadata
    return isinstance(layer, tuple(_SOURCES)) and not ours


def source_of(layer: Layer, point: Sequence[float]) -> Source:
    """Take what a thread needs; ``point`` is where the sliders of the viewer stand."""
    return next(take for kind, take in _SOURCES.items() if isinstance(layer, kind))(layer, point)


def sample_task(source: Source, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
    """(y, x, 4) colours of a layer in a part of the canvas; clear where it has nothing."""
    return (yield from source.task(grid))
