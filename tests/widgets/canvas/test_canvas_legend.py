"""The legend over the canvas: what is named, where it lies, and what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QWidget

from spotscope.widgets.canvas._canvas_legend import (
    MOST,
    CanvasLegend,
    Entry,
    canvas_around,
    most_frequent,
)
from spotscope.widgets.parts._theme import contrast

RED, BLUE = (200, 0, 0), (0, 0, 200)
TWO = (Entry("B cell", RED, 5), Entry("T cell", BLUE, 7))


@pytest.fixture
def canvas(qtbot):
    canvas = QWidget()
    qtbot.addWidget(canvas)
    canvas.resize(600, 400)
    canvas.show()
    return canvas


@pytest.fixture
def legend(canvas):
    legend = CanvasLegend(canvas)
    legend.wear("dark")
    legend.put_on(canvas)
    return legend


def words(legend):
    return [said for said, _ in legend.said]


def test_the_most_frequent_stay_in_their_order():
    entries = [Entry(str(n), RED, n % 5) for n in range(10)]
    assert [e.name for e in most_frequent(entries, 3)] == ["3", "4", "9"]
    assert most_frequent(entries, 10) == entries


def test_names_and_colours_are_painted_in_the_lower_left_corner(canvas, legend):
    legend.show_types(TWO)
    assert legend.isVisible()
    assert legend.geometry().left() == canvas.height() - legend.geometry().bottom() - 1 == 8
    picture = legend.grab().toImage()
    seen = {
        picture.pixelColor(x, y).getRgb()[:3]
        for x in range(picture.width())
        for y in range(picture.height())
    }
    assert {RED, BLUE} <= seen


def test_no_types_or_no_canvas_show_nothing(qtbot, canvas, legend):
    legend.show_types(TWO)
    legend.show_types([])
    assert not legend.isVisible()
    alone = CanvasLegend(canvas)
    alone.show_types(TWO)
    assert not alone.isVisible()
    assert alone.said == ()


def test_of_many_types_the_rest_is_counted(canvas, legend):
    canvas.resize(600, 900)
    many = [Entry(f"type {n}", RED, 100 - n) for n in range(MOST + 3)]
    legend.show_types(many)
    assert words(legend) == [*(e.name for e in many[:MOST]), "and 3 more"]
    canvas.resize(600, 150)
    assert 1 <= len(words(legend)) < 7
    assert legend.geometry().top() > 0


def test_it_keeps_to_the_corner_of_a_canvas_that_grows(canvas, legend):
    legend.show_types(TWO)
    canvas.resize(800, 700)
    assert canvas.height() - legend.geometry().bottom() - 1 == 8


def test_a_long_name_is_cut_and_told_whole_to_those_who_listen(legend):
    name = "regulatory CD4 positive, CD25 positive alpha-beta T cell of the skin"
    legend.show_types([Entry(name, RED, 1)])
    assert legend.width() < 280
    assert name in legend.accessibleDescription()


def test_clicks_fall_through_to_the_canvas(canvas, legend):
    legend.show_types(TWO)
    assert canvas.childAt(legend.geometry().center()) is None
    assert legend.geometry().contains(QPoint(20, canvas.height() - 20))


def test_other_numbers_of_the_same_types_lay_nothing_out_anew(legend, monkeypatch):
    legend.show_types(TWO)
    laid = []
    monkeypatch.setattr(legend, "resize", lambda *size: laid.append(size))
    for count in range(50):
        legend.show_types([Entry("B cell", RED, 1 + count), TWO[1]])
    assert laid == []
    legend.show_types([Entry("Lymphocyte", RED, 1), TWO[1]])
    assert len(laid) == 1


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_words_are_read_on_any_tissue_in_both_themes(legend, theme):
    legend.wear(theme)
    ground, ink = legend.colours
    part = ground.alpha() / 255
    for tissue in ((0, 0, 0), (120, 60, 130), (255, 255, 255)):
        over = np.rint(part * np.array(ground.getRgb()[:3]) + (1 - part) * np.array(tissue))
        assert contrast(QColor(*over.astype(int).tolist()), ink) >= 4.5


def test_a_widget_in_no_napari_window_has_no_canvas(canvas):
    assert canvas_around(canvas) is None
