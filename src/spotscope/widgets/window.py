"""A napari window of our own: what ``spotscope view OUT`` and ``spotscope demo`` open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import napari

from spotscope.widgets.dock._layer_panels import ROOMY_PX
from spotscope.widgets.jobs._garbage import leave_out_libraries
from spotscope.widgets.sample._reader import open_dock

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.widgets.dock._dock import SpotscopeWidget

__all__ = ["open_viewer", "show"]


def open_viewer(*paths: Path) -> tuple[napari.Viewer, SpotscopeWidget]:
    """Open napari with the dock, and in it a result folder or a sample if one is given.

    On a screen that is not wide napari's own panels are put away: the slide gets their room, and
    *Layers* in the Explore card brings them back.

    Parameters
    ----------
    *paths
        They are read on a thread, so nothing is there yet when this returns.
    """
    viewer = napari.Viewer(title="spotscope")
    dock = open_dock(viewer)
    leave_out_libraries("window")
    screen = dock.screen()
    if screen is not None and screen.availableGeometry().width() < ROOMY_PX:
        dock.office.panels.show(False)
    if paths:
        dock.open_paths(list(paths))
    return viewer, dock


def show(*paths: Path) -> None:
    """Open napari on a result folder or a sample, or empty, and stay until it is closed."""
    open_viewer(*paths)
    napari.run()
