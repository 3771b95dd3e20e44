"""The nuclei of a spot: every probability is seen, names give way."""

from __future__ import annotations

from itertools import permutations, product

import pytest
from qtpy.QtGui import QFont, QFontMetrics, QTextLayout
from qtpy.QtWidgets import QStyleOptionViewItem

from spotscope.widgets.spots._nuclei_list import NucleiList, NucleusRow

pytestmark = pytest.mark.gui

THREE = (("Stromal", 0.38), ("Macrophages", 0.22), ("Tumor_epithelial", 0.2), ("Plasma", 0.1))
NAMES = ("Endothelial", "Adipocytes", "Tumor_epithelial", "Macrophages", "Stromal", "T_Cells")
COLOURS = {"Stromal": (0, 150, 110)}


@pytest.fixture
def nuclei(qtbot):
    nuclei = NucleiList()
    qtbot.addWidget(nuclei)
    nuclei.show_nuclei(
        [NucleusRow(7, THREE), NucleusRow(8, (("Stromal", 1.0),), held=True), NucleusRow(9, ())],
        COLOURS,
        can_hold=True,
    )
    nuclei.show()
    return nuclei


def drawn(nuclei: NucleiList, row: int) -> str:
    """The words of a row as they are drawn."""
    rows = nuclei.rows
    option = QStyleOptionViewItem()
    rows.initViewItemOption(option)
    item = rows.item(row)
    option.rect = rows.visualItemRect(item)
    rows.itemDelegate().initStyleOption(option, rows.indexFromItem(item))
    return option.text


def test_where_there_is_room_all_is_said(nuclei):
    nuclei.resize(900, 300)
    whole = "1  Stromal 0.38 · Macrophages 0.22 · Tumor_epithelial 0.20"
    assert drawn(nuclei, 0) == whole
    assert drawn(nuclei, 1) == "2  Stromal · held"
    assert drawn(nuclei, 2) == "3  no type"


def test_the_type_a_cell_was_given_is_said_first_however_likely(qtbot):
    nuclei = NucleiList()
    qtbot.addWidget(nuclei)
    unlikely = (("Stromal", 0.01), ("Plasma", 0.6), ("Macrophages", 0.01))
    nuclei.show_nuclei([NucleusRow(7, unlikely)], COLOURS, can_hold=True)
    assert nuclei.rows.item(0).text() == "1  Stromal 0.01 · Plasma 0.60"
    painted = nuclei.rows.item(0).icon().pixmap(12, 12).toImage().pixelColor(6, 6)
    assert painted.getRgb()[:3] == COLOURS["Stromal"]


def test_a_row_that_just_fits_is_not_cut_where_it_is_drawn():
    font, most = QFont(), 0.0
    for number, three in product((1, 14), permutations(NAMES, 3)):
        row = NucleusRow(7, tuple((name, 0.17) for name in three))
        said = row.fitted(number, QFontMetrics(font), 300)
        layout = QTextLayout(said, font)  # a list cuts what this says is too wide
        layout.beginLayout()
        line = layout.createLine()
        layout.endLayout()
        assert line.naturalTextWidth() <= 300, said
        most = max(most, line.naturalTextWidth())
    assert most > 299


@pytest.mark.parametrize("width", [360, 330, 280])
def test_in_a_narrow_dock_names_are_cut_and_no_probability(nuclei, width):
    nuclei.resize(width, 300)
    said = drawn(nuclei, 0)
    assert "…" in said
    assert [part.split(" ")[-1] for part in said.split(" · ")] == ["0.38", "0.22", "0.20"]
    rows = nuclei.rows
    taken = rows.fontMetrics().horizontalAdvance(said) + rows.iconSize().width()
    assert taken <= rows.viewport().width()
    # read aloud and under the mouse it is whole
    whole = "1  Stromal 0.38 · Macrophages 0.22 · Tumor_epithelial 0.20"
    assert rows.item(0).toolTip() == rows.item(0).text() == whole
