"""Nuclei coloured by a number or by what was corrected; labels that change under a layer."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from spotscope.layers import (
    MARK_COLOURS,
    LookupPyramid,
    mark_codes,
    mark_colormap,
    measure_codes,
    measure_colormap,
    measure_ramp,
)
from spotscope.model import EditMark

LABELS = np.array([2, 3, 7], np.uint32)


def test_a_number_is_a_code_between_the_ends_of_the_scale():
    codes = measure_codes(LABELS, np.array([0.0, 0.5, 1.0]), (0.0, 1.0))
    assert codes.tolist() == [0, 0, 1, 127, 0, 0, 0, 254]


def test_beyond_the_scale_is_its_end_and_unknown_is_grey():
    codes = measure_codes(LABELS, np.array([-5.0, np.nan, 99.0]), (0.0, 1.0))
    assert codes[LABELS].tolist() == [1, 255, 254]


def test_what_lies_outside_the_brush_is_not_drawn():
    codes = measure_codes(LABELS, np.array([0.2, np.nan, 0.9]), (0.0, 1.0), (0.5, np.inf))
    assert codes[LABELS].tolist() == [0, 0, 229]


def test_colours_run_from_low_to_high_and_background_is_clear():
    ramp = np.linspace(0, 1, 254)[:, None] * np.ones(3)
    table = measure_colormap(ramp)
    assert table.shape == (256, 4)
    assert table[0, 3] == 0
    assert table[1, 0] == 0
    assert table[254, 0] == 1
    assert 0 < table[255, 3] < table[254, 3]


def test_every_mark_has_its_colour_and_those_left_alone_are_pale():
    codes = mark_codes(LABELS, np.array([EditMark.NONE, EditMark.SPLIT, EditMark.DRAWN], "u1"))
    table = mark_colormap()
    drawn = table[codes[LABELS]]
    assert np.allclose(drawn[1, :3] * 255, MARK_COLOURS[EditMark.SPLIT], atol=1)
    assert drawn[0, 3] < drawn[1, 3]
    assert len({tuple(colour) for colour in MARK_COLOURS.values()}) == len(EditMark)
    assert mark_codes(np.zeros(0, np.uint32), np.zeros(0, "u1")).tolist() == [0]


class Counted:
    """A dask array of labels that counts which tiles are read."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.read = array, array.shape, array.dtype, []

    def __getitem__(self, key):
        self.read.append((key[0].start, key[1].start))
        return self.array[key]


@pytest.fixture
def slide():
    rng = np.random.default_rng(0)
    return rng.integers(0, 4, (1200, 1200)).astype(np.uint32)


def test_other_labels_show_where_they_differ_and_nothing_else_is_read_again(slide):
    pyramid = LookupPyramid([da.from_array(slide), slide[::2, ::2]], np.arange(4, dtype=np.uint8))
    layer = pyramid.levels[0]
    layer[:, :]
    edited = slide.copy()
    edited[600:620, 30:50] = 5
    fresh = Counted(edited)
    box = (600, 30, 620, 50)
    pyramid.renew([fresh, edited[::2, ::2]], np.arange(6, dtype=np.uint8), [box])
    assert np.array_equal(layer[:, :], edited)
    assert fresh.read == [(600, 30)]


@pytest.mark.parametrize("n", [1, 4, 60])
def test_after_an_edit_every_level_shows_what_a_fresh_pyramid_shows(slide, n):
    """From afar labels are a pixel wider: there a box reaches further than it is."""
    rng, table, edited = np.random.default_rng(n), np.arange(9, dtype=np.uint8), slide.copy()

    def levels(labels):
        return [da.from_array(np.ascontiguousarray(labels[::k, ::k])) for k in (1, 2, 4)]

    pyramid = LookupPyramid(levels(slide), table, thick_step=2)
    for level in pyramid.levels:
        level[:, :]
    low = np.minimum(rng.integers(0, 300, (n, 2)) * 4, 1184)
    boxes = [(int(y), int(x), int(y) + 16, int(x) + 16) for y, x in [*low, (1184, 1184)]]
    for y0, x0, y1, x1 in boxes:
        edited[y0:y1, x0:x1] = rng.integers(0, 9, (16, 16))
    pyramid.renew(levels(edited), table, boxes)
    fresh = LookupPyramid(levels(edited), table, thick_step=2)
    for mine, other in zip(pyramid.levels, fresh.levels, strict=True):
        assert np.array_equal(mine[:, :], other[:, :])


def test_other_labels_come_with_what_is_marked_and_forget_what_was(slide):
    table, marked = np.arange(4, dtype=np.uint8), np.array([False, True, False, False])
    pyramid, other = LookupPyramid([slide], table), LookupPyramid([slide[::-1]], table)
    pyramid.renew([slide[::-1]], table, marked=marked)
    other.recolour(table, marked)
    assert np.array_equal(pyramid.levels[0][:, :], other.levels[0][:, :])
    pyramid.renew([slide], table)
    assert np.array_equal(pyramid.levels[0][:, :], slide)


def test_without_boxes_everything_is_read_again(slide):
    pyramid = LookupPyramid([da.from_array(slide)], np.arange(4, dtype=np.uint8))
    pyramid.levels[0][:, :]
    other = slide[::-1]
    pyramid.renew([da.from_array(other)], np.arange(4, dtype=np.uint8))
    assert np.array_equal(pyramid.levels[0][:, :], other)


def test_the_array_handed_out_for_looking_from_afar_follows(slide):
    pyramid = LookupPyramid([slide], np.arange(4, dtype=np.uint8))
    kept = np.asarray(pyramid.levels[-1])
    edited = slide.copy()
    edited[0, 0] = 5
    pyramid.renew([edited], np.arange(6, dtype=np.uint8), [(0, 0, 1, 1)])
    assert kept[0, 0] == 5


@pytest.mark.parametrize("kind", ["sure", "amount"])
def test_no_colour_of_a_number_is_that_of_a_stained_nucleus(kind):
    """Haematoxylin is blue to violet: bluer than it is green. A ramp never is, from end to end."""
    colours = measure_ramp(kind, 254)
    assert colours.shape == (254, 3)
    assert (colours[:, 1] - colours[:, 2] > 0.05).all()
    # neighbours are alike, and the ends are not
    assert np.abs(np.diff(colours, axis=0)).max() < 0.03
    assert np.abs(colours[0] - colours[-1]).max() > 0.4


def test_amounts_are_told_by_brightness_alone():
    bright = measure_ramp("amount", 20) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(bright) < 0).all()
