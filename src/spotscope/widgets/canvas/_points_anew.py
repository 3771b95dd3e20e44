"""Other places for a layer of points that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy.typing as npt
    from napari.layers import Points

__all__ = ["points_anew"]


def points_anew(layer: Points, places: npt.ArrayLike) -> None:
    """Give a layer these places, and tell it at once which are seen.

    Where napari draws behind (asynchronous slicing) a layer goes on with the points it saw before
    until the new ones are drawn: of fewer points it then asks, for the mouse, some it has no more.
    """
    layer.data = places
    layer.set_view_slice()
