"""Codes of inferred values: colour says how much, opacity how sure."""

import numpy as np
import pytest

from spotscope.layers import LEVELS, expression_codes, expression_colormap, expression_top

LABELS = np.array([1, 2, 3, 4])
GREYS = np.repeat(np.linspace(0, 1, LEVELS)[:, None], 3, axis=1)


def colour(code):
    return expression_colormap(GREYS)[code]


def test_more_is_brighter_and_nothing_is_no_colour():
    codes = expression_codes(4, LABELS, np.array([0.0, 1.0, 10.0, np.nan]), top=10.0)
    low, middle, high, unknown = (colour(code) for code in codes[1:])
    assert (low[0], high[0]) == (0, 1)
    assert middle[0] == pytest.approx(np.log(2) / np.log(11), abs=1 / LEVELS)
    assert low[3] == high[3] > unknown[3]
    assert (colour(codes[0]) == 0).all()


def test_the_less_sure_the_fainter_and_the_colour_stays():
    values = np.full(4, 3.0)
    sd = np.array([0.0, 4 * np.log(11) / 2, 4 * np.log(11), 100.0])
    codes = expression_codes(4, LABELS, values, sd, top=10.0)
    shown = np.array([colour(code) for code in codes[1:]])
    assert (shown[:, 0] == shown[0, 0]).all()
    assert shown[0, 3] > shown[1, 3] > shown[2, 3] == shown[3, 3]


def test_cells_no_spot_saw_are_faint_however_sure():
    prior = np.array([False, True, False, True])
    codes = expression_codes(4, LABELS, np.full(4, 2.0), np.zeros(4), from_prior=prior)
    shown = np.array([colour(code)[3] for code in codes[1:]])
    assert (shown[prior] < shown[~prior].min() / 1.5).all()


def test_labels_choose_the_entry_and_nuclei_without_a_cell_have_none():
    codes = expression_codes(5, np.array([5, 2]), np.array([7.0, 0.0]), top=7.0)
    assert codes[5] == 1 + LEVELS * 5 + LEVELS - 1
    assert codes[2] == 1 + LEVELS * 5
    assert codes[[1, 3, 4]].tolist() == [255] * 3


def test_the_scale_ends_below_a_single_outlier():
    values = np.concatenate([np.ones(999), [1e6]])
    assert expression_top(values) < 2
    assert expression_top(np.full(3, np.nan)) == 1
    codes = expression_codes(1, np.array([1]), np.array([0.0]), top=expression_top(np.zeros(3)))
    assert colour(codes[1])[0] == 0


def test_all_codes_are_told_apart_from_background_and_unknown():
    table = expression_colormap(GREYS)
    assert (table[1:253, 3] > 0.2).all()
    assert table[255, 3] < table[1:253, 3].min()
