"""A layer that has fewer points than a moment ago is asked for none that are gone."""

from concurrent.futures import Executor, Future
from functools import partial

import numpy as np
import pytest
from napari.settings import get_settings

from spotscope.widgets.canvas._points_anew import points_anew, when_drawn

pytestmark = pytest.mark.gui


@pytest.fixture(params=[False, True], ids=["drawn at once", "drawn behind"])
def behind(request, viewer):
    settings = get_settings().experimental
    before, settings.async_ = settings.async_, request.param
    yield
    settings.async_ = before


def test_fewer_points_are_found_under_the_mouse_at_once(qtbot, viewer, behind):
    layer = viewer.add_points(np.arange(10.0).reshape(5, 2), size=1)
    qtbot.waitUntil(lambda: layer.get_value((8.0, 9.0)) == 4)
    points_anew(layer, [[3.0, 1.0], [5.0, 6.0]])
    assert layer.get_value((5.0, 6.0)) == 1
    assert layer.get_value((8.0, 9.0)) is None
    qtbot.waitUntil(lambda: layer.loaded)  # what is drawn behind holds the window until it is done


class Later(Executor):
    """Does what napari slices behind when it is told to, here: no thread comes in between."""

    def __init__(self):
        self.asked = []

    def submit(self, call, /, *given, **named):
        future = Future()
        self.asked.append((future, partial(call, *given, **named)))
        return future

    def go_on(self):
        while self.asked:
            future, call = self.asked.pop(0)
            if future.set_running_or_notify_cancel():
                future.set_result(call())


@pytest.fixture
def later(viewer, monkeypatch):
    monkeypatch.setattr(get_settings().experimental, "async_", True)
    slicer = viewer._layer_slicer
    slicer._executor.shutdown()
    slicer._executor = Later()
    return slicer._executor


def test_what_is_sliced_of_more_points_asks_for_none_that_are_gone(viewer, later):
    layer = viewer.add_points(np.zeros((3, 2)), size=1)
    later.go_on()
    points_anew(layer, np.arange(20.0).reshape(10, 2))
    assert not layer.loaded
    when_drawn(layer, lambda: points_anew(layer, np.zeros((7, 2))))
    when_drawn(layer, lambda: points_anew(layer, [[3.0, 1.0], [5.0, 6.0]]))
    assert len(layer.data) == 10
    later.go_on()  # the slice of the ten comes; asked of two it would fail
    assert layer.loaded
    np.testing.assert_array_equal(layer.data, [[3.0, 1.0], [5.0, 6.0]])
    assert layer.get_value((5.0, 6.0)) == 1
    when_drawn(layer, lambda: points_anew(layer, [[1.0, 1.0]]))  # nothing is under way
    assert len(layer.data) == 1
    later.go_on()
