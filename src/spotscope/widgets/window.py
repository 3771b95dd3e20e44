"""A napari window of our own: what ``spotscope view OUT`` and ``spotscope demo`` open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari

from spotscope.widgets._reader import open_dock

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.widgets._dock import SpotscopeWidget

__all__ = ["open_viewer", "show"]


def open_viewer(out: Path | None = None) -> tuple[napari.Viewer, SpotscopeWidget]:
    """Open napari with the dock, and in it a result folder if one is given.

    Parameters
    ----------
    out
        The folder; it is read on a thread, so it is not there yet when this returns.
    """
    viewer = napari.Viewer(title="spotscope")
    dock = open_dock(viewer)
    if out is not None:
        dock.open_paths([out])
    return viewer, dock


def show(out: Path) -> None:
    """Open napari on a result folder and stay until it is closed."""
    open_viewer(out)
    napari.run()
