"""The strip that says what the colours of a gene mean."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from napari.utils.colormaps import ensure_colormap

from spotscope.layers import Eyes
from spotscope.widgets.canvas._colour_scale import STRIP_PX, ColourScale, amount, ticks_of


@pytest.fixture
def scale(qtbot):
    scale = ColourScale()
    qtbot.addWidget(scale)
    scale.resize(300, scale.sizeHint().height())
    return scale


@pytest.mark.parametrize(
    ("top", "ticks"),
    [(0.4, [0, 0.4]), (7.4, [0, 1, 7.4]), (10, [0, 1, 10]), (323, [0, 1, 10, 100, 323])],
)
def test_numbers_stand_at_none_at_powers_of_ten_and_at_the_most(top, ticks):
    assert ticks_of(top) == ticks


def test_counts_are_read_as_one_reads_them():
    assert [amount(value) for value in (0.0, 0.04, 7.4, 10.6, 1234.0)] == [
        "0",
        "0.04",
        "7.4",
        "11",
        "1,234",
    ]


def test_numbers_lie_where_their_colour_is_and_never_over_one_another(scale):
    scale.show_top(99.0)
    places = scale.places(ticks_of(99.0))
    assert [words for _, words in places] == ["0", "1", "10", "99"]
    wide = scale.fontMetrics().horizontalAdvance
    middle = {words: left + wide(words) / 2 for left, words in places}
    assert middle["10"] == pytest.approx(300 * np.log(11) / np.log(100), abs=1)
    scale.resize(60, scale.height())
    narrow = scale.places(ticks_of(99.0))
    assert (narrow[0][1], narrow[-1][1]) == ("0", "99")
    for (left, words), (after, _) in pairwise(narrow):
        assert left + wide(words) < after


def test_the_strip_has_the_colours_of_the_canvas_as_other_eyes_see_them_too(scale):
    scale.show_top(10.0)
    assert scale.isVisibleTo(scale.parentWidget())

    def at(x):
        return np.array(scale.grab().toImage().pixelColor(x, STRIP_PX // 2).getRgb()[:3])

    for x in (1, 150, 298):
        wanted = 255 * np.asarray(ensure_colormap("viridis").map([x / 300]))[0, :3]
        np.testing.assert_allclose(at(x), wanted, atol=6)
    before = at(298)
    scale.see_with(Eyes.NO_GREEN)
    assert np.abs(at(298) - before).max() > 10
    scale.show_top(None)
    assert not scale.isVisibleTo(scale.parentWidget())
