"""Several answers made one, averages over cells, and intervals: worked out by hand or recovered."""

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.imputation import (
    alike_cells,
    fit_blend,
    fit_conformal,
    inner_folds,
    nearby_cells,
    principal_impute,
)


def drawn(n=4000, genes=6):
    """Two members whose errors are independent: of variance 1 and 4 about a truth of variance 1."""
    rng = np.random.default_rng(0)
    truth = 10 + rng.standard_normal((n, genes))
    fine = truth + rng.standard_normal((n, genes))
    coarse = truth + 2 * rng.standard_normal((n, genes))
    return truth, {"fine": fine, "coarse": coarse}


def test_weights_are_those_of_least_squares():
    """z(x) on a/√2 and b/√5: normal equations 1, 1/√10; 1/√10, 1 | 1/√2, 1/√5."""
    truth, found = drawn()
    blend = fit_blend([found], [truth], ["fine", "coarse"], "fine")
    cross = 1 / np.sqrt(10)
    expected = np.linalg.solve([[1, cross], [cross, 1]], [1 / np.sqrt(2), 1 / np.sqrt(5)])
    np.testing.assert_allclose(blend.weights, expected, atol=0.02)


def correlation(a, b):
    return np.mean([np.corrcoef(x, y)[0, 1] for x, y in zip(a.T, b.T, strict=True)])


def test_the_blend_is_nearer_to_the_truth_than_its_members():
    truth, found = drawn()
    blend = fit_blend([found], [truth], ["fine", "coarse"], "fine")
    answer = blend.answer(found.items())
    assert correlation(answer, truth) > correlation(found["fine"], truth) + 0.02


def test_the_answer_has_the_level_and_spread_of_the_member_that_says_so():
    truth, found = drawn()
    blend = fit_blend([found], [truth], ["fine", "coarse"], "coarse")
    answer = blend.answer(found.items())
    np.testing.assert_allclose(answer.mean(axis=0), found["coarse"].mean(axis=0), rtol=1e-4)
    np.testing.assert_allclose(answer.std(axis=0), found["coarse"].std(axis=0), rtol=0.01)


def test_a_member_that_is_wrong_is_worth_nothing():
    truth, found = drawn()
    against = {"fine": found["fine"], "coarse": -truth}
    blend = fit_blend([against], [truth], ["fine", "coarse"], "fine")
    assert blend.weights[1] == 0
    assert blend.weights[0] > 0.5


def test_without_folds_all_are_worth_the_same_and_an_empty_cell_is_told_nothing():
    _, found = drawn(20)
    found = {name: np.maximum(values, 0) for name, values in found.items()}
    found["fine"][3] = 0
    blend = fit_blend([], [], ["fine", "coarse"], "fine")
    assert blend.weights[0] == blend.weights[1] > 0
    answer = blend.answer(found.items())
    assert (answer[3] == 0).all()
    assert (answer >= 0).all()


def test_every_gene_is_hidden_once():
    folds = inner_folds(11, 3, seed=0)
    assert sorted(np.concatenate(folds)) == list(range(11))
    assert inner_folds(4, 3, seed=0) == []


def test_nearest_cells_leave_themselves_out():
    places = np.array([[0, 0], [0, 1], [0, 3], [0, 3.5]])
    found = nearby_cells(places, 2).toarray()
    np.testing.assert_allclose(found[0], [0, 0.5, 0.5, 0])
    np.testing.assert_allclose(found[3], [0, 0.5, 0.5, 0])


@pytest.mark.parametrize("n", [1, 3])
def test_cells_in_one_place_have_others_or_only_themselves(n):
    found = nearby_cells(np.zeros((n, 2)), 2)
    np.testing.assert_allclose(np.asarray(found.sum(axis=1)).ravel(), 1)
    assert n == 1 or found.diagonal().sum() <= 1


def test_alike_cells_are_of_ones_own_kind():
    rng = np.random.default_rng(0)
    kind = np.arange(60) % 2
    rates = np.where(kind[:, None] == np.arange(10) % 2, 20, 2)
    found = alike_cells(sp.csr_matrix(rng.poisson(rates)), 10).toarray()
    assert (found[kind == 0][:, kind == 1].sum(), found[kind == 1][:, kind == 0].sum()) == (0, 0)


def test_principal_neighbours_do_not_see_what_only_one_table_has():
    """A batch effect over the panel's second half of genes leaves the shared program in sight."""
    rng = np.random.default_rng(1)

    def table(n, batch):
        level, nuisance = rng.gamma(2, 0.5, (n, 1)), rng.gamma(2, 0.5, (n, 1))
        rates = np.hstack(
            [8 * level * np.ones(10), 8 * (nuisance if batch else 1) * np.ones((n, 10))]
        )
        return sp.csr_matrix(rng.poisson(rates + 1)), sp.csr_matrix(rng.poisson(10 * level))

    learned, wanted = table(600, False)
    shared, truth = table(300, True)
    zeros = np.zeros(300, int), np.zeros(600, int)
    found = principal_impute(shared, zeros[0], learned, zeros[1], wanted)
    rate = found[:, 0] / np.asarray(shared.sum(axis=1)).ravel()
    assert np.corrcoef(rate, truth.toarray()[:, 0])[0, 1] > 0.5


def test_intervals_hold_nine_in_ten_at_every_level():
    rng = np.random.default_rng(0)
    told = rng.gamma(1, 3, 40_000)
    counted = rng.negative_binomial(2, 2 / (2 + told))
    learned = fit_conformal(told[:20_000], counted[:20_000])
    low, high = learned.interval(told[20_000:])
    held = (counted[20_000:] >= low) & (counted[20_000:] <= high)
    assert held.mean() == pytest.approx(0.9, abs=0.01)
    for part in np.array_split(np.argsort(told[20_000:]), 4):
        assert held[part].mean() == pytest.approx(0.9, abs=0.03)
    distance = (counted[20_000:] - told[20_000:]) ** 2
    assert (learned.sd(told[20_000:]) ** 2).mean() == pytest.approx(distance.mean(), rel=0.1)


def test_few_values_make_one_level():
    learned = fit_conformal(np.array([1.0, 2.0, 3.0]), np.array([1, 2, 5]))
    low, high = learned.interval(np.array([3.0]))
    assert low[0] <= 1 < 5 <= high[0] + 1e-4
