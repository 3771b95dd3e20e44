"""Many cells of few types: the short way equals dense algebra over all of them."""

import numpy as np
import pytest
import scipy.sparse as sp
from expression_toys import GAUSSIAN, draw_cells, spots_of

from spotscope.methods.expression import predict
from spotscope.methods.expression._evidence import gather
from spotscope.methods.expression._gaussian import GaussianCells, cross_covariance
from spotscope.methods.expression._posterior import Loadings, infer, log_variance
from spotscope.methods.expression._together import TypesInSpots, infer_together
from spotscope.model import Membership, run

F32 = np.float32
N_TYPES, N_GENES, Q = 4, 50, 3

#: Spots of seven cells: all types, one type alone, and three in no order.
CODES = np.array([[0, 1, 2, 3, 0, 1, 0], [2, 2, 2, 2, 2, 2, 2], [3, 0, 3, 1, 1, 3, 0]])


def world(seen, counts_scale=1.0):
    rng = np.random.default_rng(0)
    loadings = Loadings(rng.normal(0, 0.5, (N_GENES, Q)), rng.uniform(0, 0.05, (N_GENES, Q)))
    means = rng.gamma(1.0, 3.0, (N_TYPES, N_GENES))
    spread = rng.uniform(0.1, 0.8, (N_TYPES, Q))
    psi = rng.uniform(0.05, 0.5, (N_TYPES, N_GENES)).astype(F32)
    rates = seen[..., None] * means[CODES]
    counts = rng.poisson(counts_scale * rates.sum(axis=1)).astype(F32)
    return loadings, means, spread, psi, rates, counts


def both(seen, *, alike=0.5, noise=0.1, caution=2.0, counts_scale=1.0):
    loadings, means, spread, psi, rates, counts = world(seen, counts_scale)
    base = np.log(rates) - 0.5 * (spread @ (loadings.matrix.astype(float) ** 2).T)[CODES]
    options = {"caution": caution, "alike": alike}
    dense = infer(
        base.astype(F32), counts, psi[CODES], spread[CODES], loadings, noise, steps=1, **options
    )
    groups = TypesInSpots.of(CODES, seen)
    short = infer_together(
        means[groups.types].astype(F32), counts, psi[groups.types], spread[groups.types], groups,
        loadings, noise, **options,
    )  # fmt: skip
    return loadings, rates.astype(F32), dense, short


@pytest.mark.parametrize("alike", [0.0, 0.5])
@pytest.mark.parametrize("equal", [True, False])
def test_short_and_dense_are_one_posterior(equal, alike):
    shape = CODES.shape
    seen = np.ones(shape) if equal else np.random.default_rng(1).uniform(0.1, 1, shape)
    loadings, rates, dense, short = both(seen, alike=alike)
    way = dense.mean.astype(F32) @ loadings.matrix.T
    np.testing.assert_allclose(short.way(loadings), way, atol=1e-5)
    own = log_variance(dense, loadings)
    np.testing.assert_allclose(short.log_variance(loadings), own, atol=1e-5)
    cross = cross_covariance(rates, dense, loadings)
    np.testing.assert_allclose(short.covariance_with_sum(rates, loadings), cross, atol=1e-5)
    assert np.abs(way).max() > 0.1


def test_a_leap_is_shortened_as_far():
    """Ten times the counts that are expected: two prior deviations is as far as one step goes."""
    seen = np.random.default_rng(1).uniform(0.1, 1, CODES.shape)
    loadings, _, dense, short = both(seen, counts_scale=10.0)
    spread = world(seen)[2][CODES]
    assert np.abs(dense.mean / np.sqrt(spread)).max() == pytest.approx(2.0)
    way = dense.mean.astype(F32) @ loadings.matrix.T
    np.testing.assert_allclose(short.way(loadings), way, atol=1e-5)


def test_genes_in_pieces_are_genes_at_once(monkeypatch):
    seen = np.random.default_rng(1).uniform(0.1, 1, CODES.shape)
    loadings, rates, _, short = both(seen)
    whole = short.covariance_with_sum(rates, loadings)
    monkeypatch.setattr("spotscope.methods.expression._together._MOST", 3 * 4 * Q * 7)
    close = 1e-6 * np.abs(whole).max()  # sums of another order, near zero too
    np.testing.assert_allclose(short.covariance_with_sum(rates, loadings), whole, atol=close)


def test_types_find_their_slots():
    groups = TypesInSpots.of(CODES, np.full(CODES.shape, 0.5))
    np.testing.assert_array_equal(groups.per_cell(groups.types), CODES)
    np.testing.assert_array_equal(groups.power(1)[0], [1.5, 1.0, 0.5, 0.5])
    np.testing.assert_array_equal(groups.power(2)[1], [1.75, 0, 0, 0])


def test_a_section_of_crowded_spots_is_answered_as_by_dense_algebra(toy_fit):
    """Thirty cells a spot, some of them partly in it; two genes are evidence and not asked for."""
    rng = np.random.default_rng(4)
    counts, codes, _ = draw_cells(90, rng, level=2.0)
    spots, membership = spots_of(rng.binomial(counts, 0.5), np.repeat(np.arange(3), 30))
    overlap = sp.csr_matrix(membership.overlap.multiply(rng.uniform(0.2, 1, 90)))
    membership = Membership(overlap, membership.owner)
    genes = [f"G{g}" for g in range(2, 60)]
    found = run(
        predict(toy_fit, spots, codes, membership, GAUSSIAN, spots_wanted=[0, 1, 2], genes=genes)
    )
    evidence = gather(toy_fit, spots.table, codes, membership, GAUSSIAN, genes, None)
    cells = GaussianCells(evidence)
    for some, members in evidence.arrangement.groups(np.arange(3), 90):
        y = evidence.counts_of(some)
        cut = evidence.cut(some, members, y, cells.psi, cells.variance)
        dense = cells.describe(cut, some, members, cells.latents(some, members, y))
        for name in ("mean", "sd", "explained"):
            ours = getattr(found, name)[members]
            np.testing.assert_allclose(ours, getattr(dense, name), rtol=1e-4, atol=1e-5)
