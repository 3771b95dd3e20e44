"""A napari window of our own: what ``spotscope view OUT`` and ``spotscope demo`` open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari

from spotscope.widgets._reader import open_dock

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.widgets._dock import SpotscopeWidget

__all__ = ["open_viewer", "show"]


def open_viewer(*paths: Path) -> tuple[napari.Viewer, SpotscopeWidget]:
    """Open napari with the dock, and in it a result folder or a sample if one is given.

    Parameters
    ----------
    *paths
        They are read on a thread, so nothing is there yet when this returns.
    """
    viewer = napari.Viewer(title="spotscope")
    dock = open_dock(viewer)
    if paths:
        dock.open_paths(list(paths))
    return viewer, dock


def show(*paths: Path) -> None:
    """Open napari on a result folder or a sample, or empty, and stay until it is closed."""
    open_viewer(*paths)
    napari.run()
