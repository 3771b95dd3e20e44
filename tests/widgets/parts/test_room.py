"""Words where there is little room: columns share it, names are cut and numbers are not."""

from __future__ import annotations

from itertools import permutations

import pytest
from qtpy.QtGui import QFont, QFontMetrics, QTextLayout

from spotscope.widgets.parts._room import cut_names, shared_out

PARTS = [("Stromal", " 0.38"), ("Macrophages", " 0.22"), ("Tumor_epithelial", " 0.20")]


@pytest.fixture
def metrics(qapp):
    return QFontMetrics(QFont())


@pytest.mark.parametrize(
    ("needs", "room", "widths"),
    [
        ([10, 20, 30], 90, [20, 30, 40]),  # room to spare: as much for each
        ([50, 40, 40, 130], 200, [50, 40, 40, 70]),  # the widest gives
        ([130, 20, 150], 200, [90, 20, 90]),  # two that are too wide are as wide
        ([5, 5, 5], 16, [5, 5, 6]),
        ([40], 100, [100]),
        ([], 100, []),
    ],
)
def test_columns_have_what_they_need_and_the_widest_give(needs, room, widths):
    assert shared_out(needs, room) == widths


def test_words_that_fit_are_left_alone(metrics):
    whole = "Stromal 0.38 · Macrophages 0.22 · Tumor_epithelial 0.20"
    assert cut_names(PARTS, " · ", metrics, metrics.horizontalAdvance(whole) + 1) == whole
    assert cut_names([], " · ", metrics, 100) == ""


def test_the_longest_names_are_cut_and_every_number_stays(metrics):
    whole = "Stromal 0.38 · Macrophages 0.22 · Tumor_epithelial 0.20"
    room = metrics.horizontalAdvance(whole) * 5 // 6
    said = cut_names(PARTS, " · ", metrics, room)
    assert metrics.horizontalAdvance(said) <= room
    assert [part.split(" ")[1] for part in said.split(" · ")] == ["0.38", "0.22", "0.20"]
    assert said.startswith("Stromal 0.38 · ")
    assert "Tumor_e" in said
    assert "…" in said
    # and no more is cut than need be
    assert room - metrics.horizontalAdvance(said) < metrics.horizontalAdvance("mm")


def test_what_fits_is_not_cut_once_more_where_it_is_drawn(metrics):
    names = ("Endothelial", "Adipocytes", "Tumor_epithelial", "Macrophages", "Stromal", "T_Cells")
    just = 0
    for three in permutations(names, 3):
        parts = [(name, " 0.17") for name in three]
        said = cut_names(parts, " · ", metrics, 290)
        layout = QTextLayout(said, QFont())  # a list cuts what this says is too wide
        layout.beginLayout()
        line = layout.createLine()
        layout.endLayout()
        assert line.naturalTextWidth() <= 290, said
        just += metrics.horizontalAdvance(said) >= 289
    assert just > 10


def test_where_not_even_numbers_fit_they_are_said_all_the_same(metrics):
    said = cut_names(PARTS, " · ", metrics, 1)
    assert [part.split(" ")[1] for part in said.split(" · ")] == ["0.38", "0.22", "0.20"]
