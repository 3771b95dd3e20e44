"""Marks that we paint lie where the mouse is, whatever the screen's scale.

Run by ``test_scale.py`` at scales of 1, 1.5 and 2, each in a process of its own: Qt takes its scale
when it starts.
"""

from __future__ import annotations

import os

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QStyle, QStyleOptionSlider

from spotscope.widgets.cell_typing._nu_dial import NuDial
from spotscope.widgets.dock._state import Mark
from spotscope.widgets.explore._scatter import Scatter
from spotscope.widgets.nuclei._qc_histogram import BrushHistogram
from spotscope.widgets.parts._theme import is_dark, mark_colour

LEFT = Qt.MouseButton.LeftButton
SCALE = float(os.environ["QT_SCALE_FACTOR"])


def shown(qtbot, widget, width, height):
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    assert widget.devicePixelRatioF() == SCALE
    return widget


def drag(qtbot, widget, *places):
    qtbot.mousePress(widget, LEFT, pos=places[0])
    for place in places[1:]:
        qtbot.mouseMove(widget, place)
    qtbot.mouseRelease(widget, LEFT, pos=places[-1])


def painted(widget, x, y):
    """The colour at a place in pixels of the widget."""
    image = widget.grab().toImage()
    ratio = image.devicePixelRatio()
    return image.pixelColor(int(x * ratio), int(y * ratio))


def test_a_brush_ends_where_the_mouse_does(qtbot):
    histogram = shown(qtbot, BrushHistogram(), 360, 60)
    histogram.show_values(np.linspace(0, 1, 7200), (0.0, 1.0))
    full = painted(histogram, 122, 20)
    drag(qtbot, histogram, QPoint(120, 10), QPoint(180, 10), QPoint(240, 10))
    assert histogram.brush == pytest.approx((120 / 360, 240 / 360))
    assert painted(histogram, 122, 20) == full
    assert painted(histogram, 237, 20) == full
    assert painted(histogram, 117, 20) != full
    assert painted(histogram, 242, 20) != full


def test_points_are_painted_where_a_drag_finds_them(qtbot):
    plot = shown(qtbot, Scatter(), 300, 280)
    xy = np.array([[0, 0], [1, 0], [0.3, 0.7], [1, 1]], np.float32)
    rgb = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]], np.uint8)
    plot.show_points(xy, rgb)
    for (x, y), colour in zip(plot.places(), rgb.tolist(), strict=True):
        assert painted(plot, x, y) == QColor(*colour)
    x, y = map(round, plot.places()[2])
    around = [QPoint(x + dx, y + dy) for dx, dy in ((-6, -6), (6, -6), (6, 6), (-6, 6))]
    with qtbot.waitSignal(plot.selected) as sent:
        drag(qtbot, plot, *around)
    np.testing.assert_array_equal(sent.args[0], [False, False, True, False])


def test_the_dot_of_auto_lies_over_the_handle_of_its_nu(qtbot):
    dial = NuDial()
    dial.setStyleSheet(
        "QSlider::groove:horizontal { height: 6px; }"
        "QSlider::handle:horizontal { width: 16px; margin: -5px 0; }"  # as napari has them
    )
    shown(qtbot, dial, 360, 80)
    dial.scores.show_scores([0.0, 1.0, 4.0, 20.0], [3.0, 2.0, 1.0, 4.0], 4.0)
    dial.show_nu(4.0)
    qtbot.waitUntil(lambda: dial.scores.width() == dial.slider.width())
    colour = mark_colour(Mark.RUNNING, is_dark(dial.scores))
    image = dial.scores.grab().toImage()
    ratio = image.devicePixelRatio()
    row = int(3 * ratio)  # the best ν is the highest: the middle of its dot
    dot = [x / ratio for x in range(image.width()) if image.pixelColor(x, row) == colour]
    assert np.mean(dot) == pytest.approx(handle_of(dial.slider), abs=1)


def handle_of(slider):
    """The middle of a slider's handle."""
    option = QStyleOptionSlider()
    slider.initStyleOption(option)
    part = QStyle.SubControl.SC_SliderHandle
    box = slider.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, slider)
    return box.x() + box.width() / 2
