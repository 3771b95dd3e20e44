"""The simplest imputations: answers worked out by hand, and structure recovered."""

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.imputation import (
    FLOORS,
    knn_impute,
    ridge_impute,
    type_mean_impute,
)


def test_the_type_mean_is_the_types_rate_at_the_cells_depth():
    learned = sp.csr_matrix([[2, 2], [6, 2], [1, 3]])
    wanted = sp.csr_matrix([[4], [8], [1]])
    shared = sp.csr_matrix([[5, 1], [2, 2]])
    found = type_mean_impute(shared, np.array([0, 1]), learned, np.array([0, 0, 1]), wanted)
    # type 0: 12 counts of 12 shared ones; type 1: 1 of 4
    assert found.ravel() == pytest.approx([6 * 12 / 12, 4 * 1 / 4])


@pytest.fixture
def programs():
    """Two programs; each shows in ten shared genes and rules one hidden gene."""
    rng = np.random.default_rng(0)

    def draw(n):
        level = rng.gamma(2, 0.5, (n, 2))
        rates = np.repeat(level, 10, axis=1) * 8 + 1
        return sp.csr_matrix(rng.poisson(rates)), sp.csr_matrix(rng.poisson(level * 10))

    return draw(600), draw(200)


@pytest.mark.parametrize("impute", [knn_impute, ridge_impute])
def test_hidden_genes_follow_their_programs(programs, impute):
    (learned, wanted), (shared, truth) = programs
    nothing = np.zeros(600, int), np.zeros(200, int)
    found = impute(shared, nothing[1], learned, nothing[0], wanted)
    flat = type_mean_impute(shared, nothing[1], learned, nothing[0], wanted)
    truth = truth.toarray()
    for gene in range(2):
        r = np.corrcoef(found[:, gene], truth[:, gene])[0, 1]
        assert r > 0.7
        assert r > np.corrcoef(flat[:, gene], truth[:, gene])[0, 1] + 0.1
    assert found.mean() == pytest.approx(truth.mean(), rel=0.2)


@pytest.mark.parametrize("impute", FLOORS.values(), ids=FLOORS)
def test_a_cell_without_counts_is_told_nothing_and_none_is_negative(programs, impute):
    (learned, wanted), (shared, _) = programs
    shared = shared.tolil()
    shared[3] = 0
    found = impute(shared.tocsr(), np.zeros(200, int), learned, np.zeros(600, int), wanted)
    assert (found[3] == 0).all()
    assert (found >= 0).all()
    assert np.isfinite(found).all()


def test_a_gene_one_technique_catches_better_makes_no_difference_to_neighbours(programs):
    (learned, wanted), (shared, truth) = programs
    scaled = shared.tocsc()
    scaled[:, 0] = scaled[:, 0] * 9
    found = knn_impute(scaled.tocsr(), np.zeros(200, int), learned, np.zeros(600, int), wanted)
    assert np.corrcoef(found[:, 1], truth.toarray()[:, 1])[0, 1] > 0.65
