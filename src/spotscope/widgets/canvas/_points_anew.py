"""Other places for a layer of points that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    from napari.layers import Layer, Points
    from napari.utils.events import Event

__all__ = ["points_anew", "when_drawn"]

#: What is to be done with layers that are being drawn.
_waiting: WeakKeyDictionary[Layer, Callable[[], None]] = WeakKeyDictionary()


def points_anew(layer: Points, places: npt.ArrayLike) -> None:
    """Give a layer these places, and tell it at once which are seen.

    Where napari draws behind (asynchronous slicing) a layer goes on with the points it saw before
    until the new ones are drawn: of fewer points it then asks, for the mouse, some it has no more.
    """
    layer.data = places
    layer.set_view_slice()


def when_drawn(layer: Layer, deed: Callable[[], None]) -> None:
    """Do something with a layer once what is under way for it is drawn; of several the last.

    What napari slices behind comes back after a layer was given fewer points, and asks it for those
    it has no more. Where nothing is under way, as always without asynchronous slicing, it is done
    at once.
    """
    if layer.loaded:
        deed()
        return
    _waiting[layer] = deed
    layer.events.set_data.connect(_on_drawn)  # once, however often


def _on_drawn(event: Event) -> None:
    layer = event.source
    if layer.loaded and layer in _waiting:
        layer.events.set_data.disconnect(_on_drawn)
        _waiting.pop(layer)()
