"""Words have one size, the one that the reader needs; the dock has room for it."""

from __future__ import annotations

import pytest
from napari.settings import get_settings
from qtpy.QtWidgets import QLabel, QToolButton, QVBoxLayout, QWidget

from spotscope.widgets.cell_typing._legend import Legend, LegendRow
from spotscope.widgets.parts._dress import size_sheet
from spotscope.widgets.parts._mark import MarkSign
from spotscope.widgets.parts._number import NumberEdit
from spotscope.widgets.sample._reader import open_dock


@pytest.fixture
def root(qtbot):
    """A label, a tool button, a number, a sign and a legend, under one sheet."""
    root = QWidget()
    qtbot.addWidget(root)
    layout = QVBoxLayout(root)
    root.parts = QLabel("words"), QToolButton(), NumberEdit(0.0, 100.0), MarkSign(), Legend()
    root.parts[4].types.show_rows([LegendRow("B cell", (0, 0, 255), 3)])
    for part in root.parts:
        layout.addWidget(part)
    root.show()
    qtbot.waitExposed(root)
    return root


def test_sizes_that_agree_need_no_sheet():
    assert size_sheet(9, 9) == ""


@pytest.mark.parametrize(
    ("napari_pt", "system_pt", "words", "others"), [(9, 13, 13, 13), (13, 9, 14, 13)]
)
def test_the_larger_of_two_sizes_is_that_of_all(root, napari_pt, system_pt, words, others):
    root.setStyleSheet(size_sheet(napari_pt, system_pt))
    label, *rest = root.parts
    assert label.font().pointSizeF() == words
    assert {part.font().pointSizeF() for part in rest} == {others}


def test_what_was_sized_by_its_words_is_sized_again(root):
    _, _, number, sign, legend = root.parts
    before = number.width(), sign.height(), legend.sizeHint().height()
    root.setStyleSheet(size_sheet(18, 9))
    after = number.width(), sign.height(), legend.sizeHint().height()
    assert number.width() >= number.fontMetrics().horizontalAdvance("100.00") + 10
    assert sign.height() == sign.fontMetrics().height()
    assert all(new > old for new, old in zip(after, before, strict=True))


@pytest.mark.gui
def test_larger_words_in_naparis_settings_widen_the_dock(make_napari_viewer):
    dock = open_dock(make_napari_viewer())
    appearance = get_settings().appearance
    usual = appearance.font_size
    assert dock.minimumWidth() == 360
    try:
        appearance.font_size = 14
        assert dock.minimumWidth() == round(390 * 15 / (usual + 1))
        assert dock.sample_card.title.font().pointSizeF() == 15
    finally:
        appearance.font_size = usual
    assert dock.minimumWidth() == 360
    dock.shut()
