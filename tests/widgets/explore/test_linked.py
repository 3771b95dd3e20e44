"""Plot and table by themselves; linked with the slide they are tested in the real dock."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtTest import QTest

from spotscope.widgets.explore._link_table import LinkTable
from spotscope.widgets.explore._scatter import MARGIN, Scatter

XY = np.array([[0, 0], [10, 0], [0, 10], [10, 10]], np.float32)
RGB = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]], np.uint8)


@pytest.fixture
def plot(qtbot):
    plot = Scatter()
    qtbot.addWidget(plot)
    plot.resize(116, 116)
    plot.show_points(XY, RGB)
    plot.show()
    return plot


def test_points_stand_in_the_corners_in_their_colours(plot):
    np.testing.assert_allclose(plot.places()[0], (MARGIN, 116 - MARGIN))
    np.testing.assert_allclose(plot.places()[3], (116 - MARGIN, MARGIN))
    seen = plot.grab().toImage()
    ratio = plot.devicePixelRatioF()
    for place, colour in zip(plot.places(), RGB, strict=True):
        pixel = seen.pixelColor(QPoint(*(round(v * ratio) for v in place)))
        np.testing.assert_allclose((pixel.red(), pixel.green(), pixel.blue()), colour, atol=3)


def test_a_drag_around_points_chooses_them_and_a_click_none(plot, qtbot):
    corners = [(0, 60), (60, 60), (60, 115), (0, 115)]  # the first point alone
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(*corners[0]))
    for corner in corners[1:]:
        QTest.mouseMove(plot, QPoint(*corner))
    with qtbot.waitSignal(plot.selected) as chosen:
        QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=QPoint(*corners[-1]))
    np.testing.assert_array_equal(chosen.args[0], [True, False, False, False])
    with qtbot.waitSignal(plot.selected) as chosen:
        QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPoint(90, 90))
    assert chosen.args == [None]
    assert plot.chosen is None


def test_no_points_are_no_trouble(plot):
    plot.show_points(np.zeros((0, 2), np.float32), np.zeros((0, 3), np.uint8))
    plot.grab()
    plot.show_points(XY[:1], RGB[:1])
    plot.grab()
    assert np.isfinite(plot.places()).all()


@pytest.fixture
def table(qtbot):
    table = LinkTable()
    qtbot.addWidget(table)
    table.table.show_columns(
        {"name": np.array(["b", "a", "c", "a"], object), "n": np.array([4, 9, 4, 1])}
    )
    return table


def test_a_table_is_sorted_and_equals_keep_their_order(table):
    model = table.table
    model.sort(1)
    np.testing.assert_array_equal(model.order, [3, 0, 2, 1])
    model.sort(1, Qt.SortOrder.DescendingOrder)
    np.testing.assert_array_equal(model.order, [1, 0, 2, 3])
    model.sort(0)
    np.testing.assert_array_equal(model.order, [1, 3, 0, 2])
    assert model.data(model.index(0, 1)) == "9"


def test_a_table_shows_what_is_chosen_and_chooses(table, qtbot):
    table.table.sort(0)
    table.table.show_chosen(np.array([True, False, True, False]))
    np.testing.assert_array_equal(table.table.order, [0, 2])
    with qtbot.waitSignal(table.rows_chosen) as chosen:
        table.selectRow(1)
    np.testing.assert_array_equal(chosen.args[0], [2])
    table.table.show_chosen(None)
    assert table.table.rowCount() == 4
