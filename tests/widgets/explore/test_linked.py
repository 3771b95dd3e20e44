"""Plot and table by themselves; linked with the slide they are tested in the real dock."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QFontMetrics
from qtpy.QtTest import QTest

from spotscope.model import Edit, EditKind
from spotscope.widgets.explore._link_table import LinkTable
from spotscope.widgets.explore._linked_panel import LinkedPanel
from spotscope.widgets.explore._plot_key import KEY_ROWS, PlotKey, key_font, laid_names
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


def colours_in(plot, box):
    """Colours in a part of the plot, as bytes."""
    image, ratio = plot.grab().toImage(), plot.devicePixelRatioF()
    left, top, right, bottom = (round(v * ratio) for v in box)
    pixels = ((x, y) for x in range(left, right) for y in range(top, bottom))
    return {image.pixelColor(x, y).getRgb()[:3] for x, y in pixels}


def test_axes_and_colours_are_named_beside_the_points(plot):
    plot.resize(320, 300)
    plot.show_points(XY, RGB, PlotKey(("across", "up"), (("kind", (9, 99, 199)),)))
    box = plot.box
    assert box.left() > 0
    assert box.bottom() < 300
    np.testing.assert_allclose(plot.places()[0], (box.left() + MARGIN, box.bottom() - MARGIN))
    ground = colours_in(plot, (box.left() + 20, 20, box.left() + 22, 22))
    middle = box.left() + box.width() / 2
    under = (middle - 30, box.bottom() + 2, middle + 30, box.bottom() + 12)
    beside = (1, box.height() / 2 - 20, box.left() - 1, box.height() / 2 + 20)
    for words in (under, beside):
        assert len(colours_in(plot, words) - ground) > 3
    assert (9, 99, 199) in colours_in(plot, (0, box.bottom() + 4, 12, 300))


def test_a_legend_takes_few_rows_and_counts_what_has_no_room(plot):
    metrics = QFontMetrics(key_font(plot))
    names = tuple((f"A type of cell {n}", (n, n, n)) for n in range(30))
    laid = laid_names(PlotKey(names=names), metrics, 320)
    assert {row for _, row, _, _ in laid} == set(range(KEY_ROWS))
    assert laid[0][2] == "A type of cell 0"
    assert laid[-1][2] == f"+ {30 - (len(laid) - 1)} more"
    for x, _, name, colour in laid:
        assert x + metrics.horizontalAdvance(name) + 13 * (colour is not None) <= 320
    few = laid_names(PlotKey(names=names[:2]), metrics, 320)
    assert [name for _, _, name, _ in few] == ["A type of cell 0", "A type of cell 1"]


@pytest.mark.gui
def test_the_plot_says_its_axes_and_types_and_then_the_gene_that_is_searched_for(dock, qtbot):
    from deeds_room import rest, type_cells

    type_cells(qtbot, dock)
    dock.explore_card.linked.button.click()
    rest(qtbot, dock)
    plot, session = dock.explore_card.linked.plot, dock.workbench.session
    assert [name.split(" · ")[0] for name in plot.key.axes] == ["PC 1", "PC 2"]
    colours = dock.canvas.colours(session)
    names = [name for name, _ in plot.key.names]
    assert all(colour == colours[name] for name, colour in plot.key.names)
    shares = np.asarray(session.sample.spots.table.obsm["cell_type_proportions"])
    assert names[0] == session.cells.types[np.bincount(shares.argmax(axis=1)).argmax()]
    gene = str(session.sample.spots.table.var_names[0])
    dock.explorer.search(gene)
    rest(qtbot, dock)
    assert (plot.key.gene, plot.key.names) == (gene, ())
    counts = session.sample.spots.counts[:, 0].toarray().ravel()
    assert plot.key.top == counts.max()
    rows = np.flatnonzero(session.sample.spots.umis > 0)
    np.testing.assert_allclose(
        plot.rgb[int(np.argmax(counts[rows]))], plot.key.strip[-1].getRgb()[:3], atol=2
    )
    dock.explorer.search("")
    assert plot.key.names

    # a nucleus is corrected while cells stand in the colours of a gene: they are no longer theirs
    dock.expression_card.button.click()
    rest(qtbot, dock)
    panel = dock.explore_card.linked
    panel.what.setCurrentIndex(panel.what.findData("cells"))
    panel.button.click()
    dock.explorer.search(gene)
    rest(qtbot, dock)
    assert (panel.of, plot.key.gene) == ("cells", gene)
    assert len(plot.rgb) == dock.workbench.session.cells.n
    last = dock.workbench.session.nuclei.yx_um[-1]
    dock.check.correct(Edit.of(EditKind.DELETE, last))
    rest(qtbot, dock)
    assert dock.explorer.linked._found is None
    assert not panel.plot.isVisibleTo(panel)


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


def test_a_column_is_as_wide_as_its_words_and_tells_what_was_cut(qtbot):
    table = LinkTable()
    qtbot.addWidget(table)
    table.resize(340, 200)
    table.show()
    many = 300
    table.table.show_columns(
        {
            "spot": np.array(["10x21"] * many, object),
            "UMI": np.full(many, 12_020),
            "genes": np.full(many, 4_652),
            "mostly": np.array(["Stromal", "Tumor_epithelial"] * (many // 2), object),
        }
    )
    widths = [table.columnWidth(column) for column in range(4)]
    assert sum(widths) == table.viewport().width()
    words = table.fontMetrics().horizontalAdvance("Tumor_epithelial")
    assert widths[3] >= words + 8  # none is cut
    table.resize(220, 200)
    assert sum(table.columnWidth(column) for column in range(4)) == table.viewport().width()
    assert table.columnWidth(3) < words
    last = table.table.index(1, 3)
    assert table.table.data(last, Qt.ItemDataRole.ToolTipRole) == "Tumor_epithelial"
    assert table.table.data(table.table.index(1, 1), Qt.ItemDataRole.ToolTipRole) == "12,020"


def test_one_that_is_chosen_is_one(qtbot):
    panel = LinkedPanel()
    qtbot.addWidget(panel)
    panel.show_chosen(1, "cells")
    assert panel.chosen.text() == "1 cell chosen, marked on the slide"
    panel.show_chosen(1200, "spots")
    assert panel.chosen.text() == "1,200 spots chosen, marked on the slide"
