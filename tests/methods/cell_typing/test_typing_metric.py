"""The Gaussian evidence against dense algebra, and the labels it leads to."""

import itertools

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import nnls
from scipy.stats import multivariate_normal

from spotscope.methods.cell_typing._candidates import Candidates
from spotscope.methods.cell_typing._composition import Compositions
from spotscope.methods.cell_typing._continuous import Mixtures
from spotscope.methods.cell_typing._gibbs import posterior
from spotscope.methods.cell_typing._icm import Field, descend, evidence_only, total_energy
from spotscope.methods.cell_typing._likelihood import floors, table_for
from spotscope.methods.cell_typing._metric import Metric, quadratics
from spotscope.methods.cell_typing._moments import CellMoments
from spotscope.methods.cell_typing._potts import link_cells
from spotscope.methods.cell_typing._weigh import cell_weights, weigh

TAU = 0.1


def metric_of(seed=0, n_types=3, n_genes=12):
    rng = np.random.default_rng(seed)
    profiles = rng.gamma(1, 4, (n_types, n_genes))
    return Metric(
        profiles=profiles,
        poisson=profiles.mean(axis=0),
        between=rng.gamma(2, 2, n_genes),
        directions=rng.normal(0, 1, (n_genes, 2)),
        per_cell=float(profiles.mean(axis=0).sum()),
    )


def dense(metric):
    return np.diag(metric.poisson + metric.between) + metric.directions @ metric.directions.T


def toy(seed, n_cells, n_types=3):
    """Spots 100 µm apart in a row, their counts drawn from the metric's own profiles."""
    rng = np.random.default_rng(seed)
    metric = metric_of(seed, n_types)
    n_cells = np.asarray(n_cells, np.int64)
    n, owner = len(n_cells), np.repeat(np.arange(len(n_cells)), n_cells)
    truth = np.zeros((n, n_types))
    np.add.at(truth, (owner, rng.integers(0, n_types, len(owner))), 1.0)
    counts = sp.csr_matrix(rng.poisson(truth @ metric.profiles).astype(np.int32))
    candidates = Candidates(np.arange(n + 1) * n_types, np.tile(np.arange(n_types), n))
    expected = np.tile(n_cells[:, None] / n_types, (1, n_types))
    log_mix = np.log(np.arange(1, n_types + 1) / np.arange(1, n_types + 1).sum())
    umis = np.asarray(counts.sum(axis=1), float).ravel()
    mixtures = Mixtures(counts, umis, floors(umis), metric.profiles.astype(np.float32))
    kept = Compositions(
        mixtures,
        umis,
        n_cells,
        np.ones(n_types),
        candidates,
        table_for(0.5, 1.0, 1),
        quadratic=quadratics(metric, counts, expected, log_mix, candidates),
    )
    yx = np.stack([np.zeros(len(owner)), 100.0 * owner], axis=1)
    yx += rng.uniform(-20, 20, yx.shape)
    start = np.concatenate([[0], np.cumsum(n_cells)])
    return Field(start, owner, kept, link_cells(yx, 3, 150.0)), metric, counts, expected, log_mix


def starts(field, n_types=3):
    return [np.full(len(field.spot), k, np.int16) for k in range(n_types)]


def solve(field, nu):
    free = evidence_only(field, starts(field))
    return min((descend(field, s, nu) for s in [free, *starts(field)]), key=lambda s: s.energy)


def test_one_matrix_for_the_section_is_what_dense_algebra_gives():
    metric = metric_of()
    bend, weigh_ = metric.solved()
    inverse = np.linalg.inv(dense(metric))
    assert weigh_ == pytest.approx(metric.profiles @ inverse)
    assert bend == pytest.approx(metric.profiles @ inverse @ metric.profiles.T)


def test_compositions_cost_what_the_gaussian_says():
    field, metric, counts, expected, log_mix = toy(1, [4])
    seen = metric.cells_seen(counts)[0]
    have = expected[0]
    loose = np.diag(TAU * have) + np.outer(have, have)
    cover = seen * dense(metric) + metric.profiles.T @ loose @ metric.profiles
    y = counts.toarray()[0]
    found, exact = [], []
    for codes in itertools.combinations_with_replacement(range(3), 4):
        number = np.bincount(codes, minlength=3)
        exact.append(
            -multivariate_normal.logpdf(y, number @ metric.profiles, cover) - number @ log_mix
        )
        found.append(total_energy(field, np.array(codes, np.int16), 0.0))
    assert np.diff(found) == pytest.approx(np.diff(exact), rel=1e-6, abs=1e-8)


def test_weights_are_least_squares_with_that_variance():
    metric = metric_of(3)
    counts = sp.csr_matrix(np.random.default_rng(0).poisson(8, (5, 12)).astype(np.int32))
    root = np.linalg.cholesky(np.linalg.inv(dense(metric))).T
    for found, y in zip(cell_weights(metric, counts), counts.toarray(), strict=True):
        slow, _ = nnls(root @ metric.profiles.T, root @ y)
        assert found == pytest.approx(slow, abs=1e-4)


def test_half_the_counts_have_half_the_profile_and_tell_less():
    metric = metric_of(4)
    half = metric.thinned(0.5)
    assert half.profiles == pytest.approx(metric.profiles / 2)
    whole, part = np.diag(metric.solved()[0]), np.diag(half.solved()[0])
    assert (part < whole).all()
    assert (part > 0.5 * whole - 1e-9).all()  # what cells differ in is not lost by counting less


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("nu", [0.0, 1.0, 4.0])
def test_labels_reach_the_lowest_energy_of_all(seed, nu):
    field = toy(seed, [[2, 3, 2], [1, 1, 1, 1, 1, 1], [4, 3], [2, 2, 2, 1]][seed % 4])[0]
    every = itertools.product(range(3), repeat=len(field.spot))
    lowest = min(total_energy(field, np.array(codes, np.int16), nu) for codes in every)
    assert solve(field, nu).energy == pytest.approx(lowest, abs=1e-6)


def test_the_energy_never_rises():
    field = toy(5, [5, 8, 3, 0, 12, 7, 1, 2])[0]
    rng = np.random.default_rng(1)
    for nu in (0.0, 0.5, 5.0, 50.0):
        found = descend(field, rng.integers(0, 3, len(field.spot)).astype(np.int16), nu)
        assert (np.diff(found.trace) <= 1e-9).all()
        assert found.trace[-1] == pytest.approx(found.energy, rel=1e-9)


def test_the_posterior_is_that_of_all_labellings():
    field = toy(6, [3, 2])[0]
    weights, marginal = [], np.zeros((5, 3))
    for codes in itertools.product(range(3), repeat=5):
        weights.append(np.exp(-total_energy(field, np.array(codes, np.int16), 0.0)))
        marginal[np.arange(5), codes] += weights[-1]
    marginal /= sum(weights)
    chance = posterior(field, solve(field, 0.0).codes, 0.0, sweeps=4000)
    assert chance.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert chance == pytest.approx(marginal, abs=0.02)


def test_neighbours_share_out_the_types_of_a_spot():
    """Of two cells in the middle spot, the one near type 0 is likelier of it than the other."""
    field, *_ = toy(7, [3, 2, 3])
    evidence = field.compositions.evidence  # the sides are sure, the middle has one or the other
    evidence.bend[:] = 0.0
    evidence.pull[:] = [20, 0, 0, 0, 0, -20, 0, 20, 0]
    codes = np.array([0, 0, 0, 0, 1, 1, 1, 1], np.int16)
    yx = np.array([[0, 0], [0, 1], [0, 2], [0, 40], [0, 160], [0, 200], [0, 201], [0, 202.0]])
    near = Field(field.start, field.spot, field.compositions, link_cells(yx, 3, 60.0))
    chance = posterior(near, codes, 3.0)
    assert chance[3, 0] > chance[4, 0]
    assert (posterior(near, codes, 3.0) == chance).all()


def moments_of(profiles):
    small = 0.05 * profiles**2
    return CellMoments(
        profiles,
        profiles,
        small,
        np.zeros((profiles.shape[1], 1)),
        np.ones(len(profiles)),
        np.full(len(profiles), 100.0),
    )


@pytest.mark.parametrize(("width", "corrected"), [(0.0, False), (1.2, True)])
def test_genes_are_corrected_only_where_platforms_differ(width, corrected):
    rng = np.random.default_rng(8)
    profiles = rng.gamma(1, 3, (4, 150)) + 0.2
    effects = np.exp(rng.normal(0, width, 150))
    cells = rng.multinomial(4, np.full(4, 0.25), 200)
    counts = sp.csr_matrix(rng.poisson(cells @ (profiles * effects)))
    n_cells = np.full(200, 4)
    even = np.full((200, 4), 0.25)
    found = weigh(counts, n_cells, moments_of(profiles), even, even[0], np.full(150, 1e4))
    assert found.corrected == corrected
    ratio = np.log(found.metric.profiles[0] / profiles[0])
    assert np.std(ratio) == pytest.approx(0.8 * width, abs=0.3 * width + 1e-9)
    if corrected:
        assert np.corrcoef(ratio, np.log(effects))[0, 1] > 0.95


def test_misfit_is_the_residual_by_dense_algebra():
    metric = metric_of(9)
    rng = np.random.default_rng(0)
    counts = sp.csr_matrix(rng.poisson(8, (4, 12)).astype(np.int32))
    weights = rng.uniform(0, 2, (4, 3))
    left = counts.toarray() - weights @ metric.profiles
    slow = (left @ np.linalg.inv(dense(metric)) * left).sum(axis=1)
    slow = slow / metric.cells_seen(counts) / 12
    assert metric.misfit(counts, weights) == pytest.approx(slow)
