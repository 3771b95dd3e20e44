"""Typing metrics against answers worked out by hand."""

import numpy as np
import pytest

from spotscope.evaluation import (
    cell_error,
    composition_error,
    jensen_shannon,
    pcc,
    pcc_per_type,
    rmse,
)


def test_pcc_by_hand():
    # centred: (-1, 0, 1) and (-4, -1, 5) / 3; product 3, norms √2 and √(14/3)
    assert pcc([1, 2, 3], [1, 2, 4]) == pytest.approx(3 / np.sqrt(28 / 3))


def test_pcc_knows_sign_and_ignores_scale():
    truth = np.array([[0.2, 0.8], [0.5, 0.5]])
    assert pcc(3 * truth + 1, truth) == pytest.approx(1)
    assert pcc(-truth, truth) == pytest.approx(-1)


def test_pcc_of_a_constant_is_not_a_number():
    assert np.isnan(pcc([0.5, 0.5], [0.1, 0.9]))


def test_pcc_per_type_looks_down_the_columns():
    found = np.array([[0.0, 1.0, 0.2], [0.5, 0.5, 0.2], [1.0, 0.0, 0.2]])
    truth = np.array([[0.0, 0.0, 0.1], [0.5, 0.5, 0.2], [1.0, 1.0, 0.3]])
    one, minus_one, unknown = pcc_per_type(found, truth)
    assert (one, minus_one) == (pytest.approx(1), pytest.approx(-1))
    assert np.isnan(unknown)


def test_rmse_by_hand():
    # errors 0.3, -0.3, 0, 0.4 and 0: √((0.09 + 0.09 + 0 + 0.16) / 4)
    assert rmse([[0.8, 0.2], [0.5, 0.9]], [[0.5, 0.5], [0.5, 0.5]]) == pytest.approx(
        np.sqrt(0.34 / 4)
    )


def test_jensen_shannon_by_hand():
    found = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    truth = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.5, 0.5]])
    same, opposite, half, empty = jensen_shannon(found, truth)
    assert same == 0
    assert opposite == pytest.approx(1)
    # m = (3/4, 1/4): ½ log₂ 4/3 + ½ (½ log₂ 2/3 + ½ log₂ 2)
    assert half == pytest.approx(0.5 * np.log2(4 / 3) + 0.25 * np.log2(2 / 3) + 0.25)
    assert np.isnan(empty)


def test_jensen_shannon_is_symmetric():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(5), 20), rng.dirichlet(np.ones(5), 20)
    np.testing.assert_allclose(jensen_shannon(p, q), jensen_shannon(q, p))


def test_composition_error_leaves_out_spots_without_cells():
    truth = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    error = composition_error([[1, 0], [0, 1], [0.5, 0.5]], truth)
    assert (error.n_spots, error.n_left_out) == (2, 1)
    assert (error.pcc, error.pcc_median) == (pytest.approx(1), pytest.approx(1))
    assert error.rmse == error.js_mean == 0


def test_composition_error_takes_counts():
    error = composition_error([[2, 2], [9, 1]], [[0.5, 0.5], [0.9, 0.1]])
    assert error.rmse == pytest.approx(0)


def test_composition_error_of_nothing_is_not_a_number():
    error = composition_error(np.zeros((3, 2)), np.full((3, 2), 0.5))
    assert (error.n_spots, error.n_left_out) == (0, 3)
    assert np.isnan(error.rmse)


def test_toy_sample_against_itself_has_no_error(twelve_cell_sample):
    toy = twelve_cell_sample
    assert composition_error(toy.proportions, toy.proportions).rmse == 0


@pytest.mark.parametrize(
    ("found", "truth", "share"),
    [
        ([0, 1, 2, 2], [0, 1, 2, 1], 0.25),
        ([0, -1], [0, 1], 0.5),  # untyped is wrong
        ([0, 1], [0, -1], 0.0),  # truth not known: left out
    ],
)
def test_cell_error_by_hand(found, truth, share):
    assert cell_error(found, truth) == share
