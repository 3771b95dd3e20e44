"""The reader: what is dropped on napari, or given to ``viewer.open``, as a sample.

With a window, the dock opens it: reading goes on a thread, with progress and Cancel, and napari is
told that there are no layers to add. Without one (scripts, servers) the layers are returned.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope.widgets.dock._drop import is_ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.types import LayerData

    from spotscope.widgets.dock._dock import SpotscopeWidget

    Reader = Callable[[Any], list[LayerData]]

__all__ = ["get_reader", "open_dock"]

PLUGIN = "spotscope"


def get_reader(path: str | list[str]) -> Reader | None:
    """Return a reader if the path can be a sample, at once; None for all else.

    Parameters
    ----------
    path
        A file or folder; lists are stacks of images to napari, which samples are not.
    """
    if isinstance(path, list):
        if len(path) != 1:
            return None
        path = path[0]
    return _read if is_ours(Path(path)) else None


def open_dock(viewer: Any) -> SpotscopeWidget:
    """Open the dock in a viewer's window, or find it there."""
    _, widget = viewer.window.add_plugin_dock_widget(PLUGIN, PLUGIN)
    return widget


def _read(path: str | list[str]) -> list[LayerData]:
    from napari import current_viewer

    place = Path(path[0] if isinstance(path, list) else path)
    viewer = current_viewer()
    if viewer is not None and getattr(viewer, "window", None) is not None:
        open_dock(viewer).open_paths([place])
        return [(None,)]  # napari's word for "nothing to add"
    from spotscope.model import run
    from spotscope.pipeline import read_sample
    from spotscope.widgets.canvas._layer_data import sample_layers

    return sample_layers(run(read_sample(place)))
