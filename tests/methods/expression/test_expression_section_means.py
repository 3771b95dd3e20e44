"""Means of the section: a thin reference learns from the spots, a thorough one stays."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from expression_toys import (
    DIRECTION,
    GAUSSIAN,
    cosine,
    draw_cells,
    reference_of,
    spots_of,
    toy_means,
)
from scipy.optimize import brentq, minimize

from spotscope.methods.expression import _section_means, compare_section, fit, impute, predict
from spotscope.methods.expression._section_means import section_means
from spotscope.model import run, update

#: Mean of e^h over cells, depth and direction: what the toy's cells count on average.
TRUE = toy_means() * np.exp(0.5 * (0.3**2 + DIRECTION**2))


def asked(y, weights, means, doubt, *, dispersion=0.0, noise=0.0, depth=None):
    """e^θ of spots (spot, gene) of whole cells."""
    whole = sp.csr_matrix(weights)
    means = np.asarray(means, float)
    return section_means(
        sp.csr_matrix(y), whole, whole, np.ones(len(y)) if depth is None else depth,
        means, np.full(means.shape, dispersion), np.full(means.shape, doubt), noise,
    )  # fmt: skip


@pytest.fixture(scope="module")
def thin():
    """A reference of 8 cells a type, and 300 spots of three cells."""
    counts, codes, _ = draw_cells(16, np.random.default_rng(101))
    fitted = run(fit(reference_of(counts, codes), update(GAUSSIAN, rank=1), rng=0))
    cells, types, _ = draw_cells(900, np.random.default_rng(1))
    spots, membership = spots_of(cells, np.repeat(np.arange(300), 3))
    return fitted, cells, types, spots, membership


def error(section, means):
    """Of ln m, the depth of the section set aside."""
    at = np.log(section.scene.depth).mean()
    return float(np.sqrt(((np.log(means * section.scene.effects / TRUE) + at) ** 2).mean()))


def test_a_thin_reference_learns_its_means_from_the_section(thin):
    fitted, _, codes, spots, membership = thin
    section = compare_section(fitted, spots.table, codes, membership, GAUSSIAN)
    assert error(section, section.means) < 0.65 * error(section, fitted.means)


def test_spots_added_up_to_rows_teach_nearly_as_much(thin, monkeypatch):
    fitted, _, codes, spots, membership = thin
    monkeypatch.setattr(_section_means, "_MOST", 60 * 60 * 4)  # so five spots make a row
    section = compare_section(fitted, spots.table, codes, membership, GAUSSIAN)
    assert error(section, section.means) < 0.75 * error(section, fitted.means)


def test_cells_of_a_thin_reference_come_out_nearer_to_the_truth(thin):
    fitted, cells, codes, spots, membership = thin
    section = compare_section(fitted, spots.table, codes, membership, GAUSSIAN)
    before = replace(section, means=fitted.means)
    found = [
        run(predict(fitted, spots, codes, membership, GAUSSIAN, section=known, rng=0)).mean
        for known in (before, section)
    ]
    first, second = (cosine(mean, cells).mean() for mean in found)
    assert second > first + 0.003


def test_one_type_moves_as_far_as_its_counts_outweigh_the_doubt():
    # 20 spots of one cell that should count 2 each and count 3: 60 (1 - 2/3 e^θ) = θ / ln 1.1
    theta = brentq(lambda t: 60 - 40 * np.exp(t) - t / np.log(1.1), -1, 1)
    found = asked(np.full((20, 1), 3), np.ones((20, 1)), [[2.0]], 0.1)
    assert np.log(found[0, 0]) == pytest.approx(theta, abs=1e-3)
    assert 0.2 < theta < np.log(1.5)


def test_types_that_share_their_spots_share_what_is_seen_as_the_likelihood_does():
    rng = np.random.default_rng(0)
    weights = rng.multinomial(5, [0.5, 0.3, 0.2], 60).astype(float)
    depth = rng.uniform(0.5, 1.5, 60)
    means = np.array([[4.0], [2.0], [1.0]])
    y = rng.poisson((weights * depth[:, None]) @ (means * [[0.6], [1.5], [2.5]]))
    prior = np.log1p(0.3)

    def minus_log_posterior(theta):
        f = (weights * depth[:, None]) @ (means[:, 0] * np.exp(theta))
        return (f - y[:, 0] * np.log(f)).sum() + 0.5 * (theta**2).sum() / prior

    best = minimize(minus_log_posterior, np.zeros(3), tol=1e-10).x
    found = np.log(asked(y, weights, means, 0.3, depth=depth)[:, 0])
    np.testing.assert_allclose(found, best, atol=0.01)
    assert found[0] < -0.2
    assert found[2] > 0.3


def test_means_that_the_reference_knows_stay():
    y = np.full((200, 2), 6)
    found = asked(y, np.ones((200, 1)), [[2.0, 2.0]], 1e-9)
    np.testing.assert_allclose(found, 1, atol=1e-4)


def test_cells_that_vary_and_noisy_spots_teach_less():
    y, one = np.full((10, 1), 8), np.ones((10, 1))
    plain = asked(y, one, [[4.0]], 0.1)
    assert 1 < asked(y, one, [[4.0]], 0.1, dispersion=1.0)[0, 0] < plain[0, 0]
    assert 1 < asked(y, one, [[4.0]], 0.1, noise=1.0)[0, 0] < plain[0, 0]


def test_spots_that_are_alike_teach_the_same_when_added_up(monkeypatch):
    y, one = np.full((12, 1), 8), np.ones((12, 1))
    apart = asked(y, one, [[4.0]], 0.1, dispersion=0.5, noise=0.3)
    monkeypatch.setattr(_section_means, "_MOST", 4)  # so four spots make a row
    together = asked(y, one, [[4.0]], 0.1, dispersion=0.5, noise=0.3)
    np.testing.assert_allclose(together, apart, rtol=1e-5)


def test_types_and_genes_that_are_not_there_stay():
    weights = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 0.0]])  # no cell of the second type
    found = asked(np.array([[9, 0], [18, 0], [5, 5]]), weights, [[3.0, 0.0], [3.0, 0.0]], 0.5)
    assert found[0, 0] > 1.5
    np.testing.assert_array_equal(found[1], 1)
    np.testing.assert_array_equal(found[:, 1], 1)  # the reference never counted the second gene
    nobody = asked(np.array([[9, 0]]), np.zeros((1, 2)), np.ones((2, 2)), 0.5)
    np.testing.assert_array_equal(nobody, 1)


def test_a_panels_own_means_stay_the_references(thin):
    """So that what all cells of a type have beyond the reference goes on to genes not seen."""
    fitted, cells, codes, _, _ = thin
    first = [f"G{g}" for g in range(30)]
    some = (cells[:120, :30], first, codes[:120], GAUSSIAN)
    found = run(impute(fitted, *some, genes=["G40"], rng=0))
    spots, membership = spots_of(cells[:120, :30], np.arange(120))
    ways = [
        run(
            predict(
                fitted, spots, codes[:120], membership, GAUSSIAN,
                genes=["G40"], own_means=own_means, rng=0,
            )
        ).mean
        for own_means in (False, True)
    ]  # fmt: skip
    np.testing.assert_array_equal(found.mean, ways[0])
    assert np.abs(found.mean / ways[1] - 1).max() > 0.005
