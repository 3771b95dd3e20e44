"""Libraries are left out of the search for garbage; what might hold somebody's data is not."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope.widgets import SpotscopeWidget
from spotscope.widgets.jobs import _garbage
from spotscope.widgets.jobs._garbage import leave_out_libraries

pytestmark = pytest.mark.gui
LONG = 120_000


@pytest.fixture
def left_out(monkeypatch):
    """How often what is there was left out; it is not, or this test's window would never go."""
    times: list[None] = []
    monkeypatch.setattr(_garbage, "_done", set())
    monkeypatch.setattr(_garbage.gc, "freeze", lambda: times.append(None))
    return times


def open_and_wait(qtbot, viewer, *paths):
    """A dock, and files it is given at once; until all is loaded and open."""
    dock = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(dock, name="spotscope")
    with qtbot.waitSignal(dock.workbench.beside.warmed, timeout=LONG):
        dock.open_paths(list(paths))
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    dock.shut()


def test_a_moment_is_taken_once(left_out):
    for moment in ("a", "b", "a"):
        leave_out_libraries(moment)
    assert len(left_out) == 2


def test_an_empty_window_leaves_libraries_out_once_all_is_loaded(viewer, qtbot, left_out):
    open_and_wait(qtbot, viewer)
    assert len(left_out) == 2  # of samples, and of networks


def test_layers_that_are_there_before_the_dock_can_still_be_given_back(viewer, qtbot, left_out):
    viewer.add_image(np.zeros((4, 4)))
    open_and_wait(qtbot, viewer)
    assert left_out == []


def test_so_can_a_sample_that_is_opened_at_once(viewer, qtbot, left_out, demo_files):
    open_and_wait(qtbot, viewer, demo_files["spots"])
    assert left_out == []


def test_a_window_of_our_own_leaves_out_what_it_has_loaded(qtbot, left_out, monkeypatch, viewer):
    from spotscope.widgets import window

    monkeypatch.setattr(window.napari, "Viewer", lambda **_: viewer)
    _, dock = window.open_viewer()
    assert len(left_out) == 1
    dock.shut()
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
