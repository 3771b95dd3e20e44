"""A layer that has fewer points than a moment ago is asked for none that are gone."""

import numpy as np
import pytest
from napari.settings import get_settings

from spotscope.widgets.canvas._points_anew import points_anew

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
