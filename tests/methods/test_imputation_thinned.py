"""Genes of which few counts are left: what others tell of them, and those counts, together."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.imputation import alike_cells, with_thinned


def test_a_gene_of_which_nothing_is_left_stays_as_it_was_told():
    told = np.array([[1.0, 4.0], [3.0, 2.0]])
    left = np.array([[0, 0], [0, 3]])
    found = with_thinned(told, left, sp.csr_matrix((2, 2)))
    assert found[:, 0] == pytest.approx(told[:, 0])
    assert found[1, 1] > told[1, 1]
    assert found[0, 1] < told[0, 1]


def test_one_gene_by_hand():
    """Told evenly, counted 0 and 8: e = 4, excess (16 + 16 - 8) / 32 = 3/4, so a = 4/3."""
    found = with_thinned(np.ones((2, 1)), np.array([[0], [8]]), sp.csr_matrix((2, 2)))
    shape = 4 / 3
    first = np.array([shape / (4 + shape), (8 + shape) / (4 + shape)])  # among alike cells: alone
    expected = 4 * first
    excess = ((np.array([0, 8]) - expected) ** 2 - expected).sum() / (expected**2).sum()
    again = 1 / np.clip(excess, 1e-3, 100)
    wanted = first * (np.array([0, 8]) + again) / (expected + again)
    assert found[:, 0] == pytest.approx(wanted)


def test_cells_that_are_alike_lend_each_other_their_counts():
    """Two kinds of cells told alike; only one kind has the gene, a count in four cells."""
    rng = np.random.default_rng(0)
    kind = np.repeat([0, 1], 200)
    left = rng.poisson(np.where(kind == 0, 0.25, 0.0))[:, None]
    same = sp.csr_matrix((kind[:, None] == kind) & ~np.eye(400, dtype=bool))
    found = with_thinned(np.ones((400, 1)), left, same)[:, 0]
    unseen = left[:, 0] == 0
    assert found[unseen & (kind == 0)].min() > 10 * found[kind == 1].max()


@pytest.mark.parametrize("wrong", [0.05, 0.5])
def test_together_they_beat_both(wrong):
    """Rates are what was told times a gamma ratio; little or much of it is wrong."""
    rng = np.random.default_rng(1)
    kinds = rng.gamma(1.0, 3.0, (5, 12))
    code = rng.integers(0, 5, 600)
    told = kinds[code] * rng.gamma(4, 1 / 4, (600, 12))
    rates = told * rng.gamma(1 / wrong, wrong, (600, 12))
    left = rng.poisson(0.3 * rates)
    alike = alike_cells(sp.csr_matrix(rng.poisson(3 * kinds[code])))
    found = with_thinned(told, left, alike)

    def r(answer):
        return np.mean([np.corrcoef(answer[:, g], rates[:, g])[0, 1] for g in range(12)])

    assert r(found) > max(r(told), r(left))
