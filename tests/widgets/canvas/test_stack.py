"""A layer of the sample is called after what it shows."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope.model import Sample
from spotscope.widgets.canvas._stack import Stack

pytestmark = pytest.mark.gui


@pytest.fixture
def layer(viewer, twelve_cell_sample):
    """Of nuclei, in a stack of its own."""
    stack = Stack(viewer)
    stack.turn_to(Sample("toy", spots=twelve_cell_sample.spots))
    yield stack, stack.put("nuclei", _called("nuclei"))
    stack.close(None)


def _called(what):
    return np.zeros((4, 4), np.uint8), {"name": f"toy · {what}", "metadata": {}}, "image"


def test_a_layer_is_called_after_what_it_shows_now(layer):
    stack, shown = layer
    assert shown.name == "toy · nuclei"
    assert stack.put("nuclei", _called("cells")) is shown
    assert shown.name == "toy · cells"
    stack.call("nuclei", "nuclei")
    assert shown.name == "toy · nuclei"
    stack.call("spots", "spots")  # there is none


def test_a_name_that_a_hand_gave_stays(layer):
    stack, shown = layer
    shown.name = "mine"
    stack.put("nuclei", _called("cells"))
    assert shown.name == "mine"


def test_layers_that_were_given_up_go_all_at_once(layer, viewer, twelve_cell_sample):
    stack, _ = layer
    stack.put("spots", (np.zeros((3, 2)), {"name": "toy · spots", "metadata": {}}, "points"))
    users = viewer.add_points(np.zeros((1, 2)))
    stale = stack.turn_to(Sample("another", spots=twelve_cell_sample.spots))
    assert len(stale) == 2
    viewer.layers.remove(stale[1])  # by a hand, meanwhile
    stale.insert(0, stack.put("spots", (np.zeros((3, 2)), {"name": "", "metadata": {}}, "points")))
    said = []
    for name in ("begin_batch", "removed", "end_batch"):
        viewer.layers.events[name].connect(lambda event: said.append(event.type))
    stack.drop(stale)
    assert said == ["begin_batch", "removed", "removed", "end_batch"]
    assert list(viewer.layers) == [users]
    stack.drop(stale)
    assert len(said) == 4
