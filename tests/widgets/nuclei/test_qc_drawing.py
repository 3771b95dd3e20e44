"""Lines that are drawn while nuclei are corrected."""

from __future__ import annotations

import numpy as np
import pytest
from deeds_room import box, rest

from spotscope.layers import SELECTION, rgba

pytestmark = pytest.mark.gui


def test_lines_are_as_thick_on_the_screen_from_near(dock, qtbot):
    camera, stack = dock.canvas.viewer.scene.camera, dock.canvas.stack
    dock.check.tools.show([box(100, 300)])
    rest(qtbot, dock)
    qtbot.waitUntil(lambda: "drawing" in stack and len(stack["drawing"].data) == 1)
    layer, drawn = stack["drawing"], []
    np.testing.assert_allclose(layer.edge_color, [rgba(SELECTION)], atol=1e-6)
    wide = layer.edge_width[0] * camera.zoom
    layer.events.set_data.connect(lambda _: drawn.append(layer.edge_width[0]))
    camera.zoom *= 6
    # what the canvas was told last
    assert drawn[-1:] == [pytest.approx(wide / camera.zoom)]
