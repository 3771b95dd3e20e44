"""Nuclei that no spot sees: how far their neighbours are followed, and what that wins."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from expression_toys import DIRECTION, cosine, draw_cells, spots_of, toy_means
from scipy.spatial import cKDTree

from spotscope.methods.expression import ExpressionParams, predict
from spotscope.methods.expression._between import around, lean
from spotscope.model import Membership, run

PARAMS = ExpressionParams(method="gaussian", rank=2, rounds=5)


def test_neighbours_are_of_the_type_the_nearest_and_not_of_the_own_spot():
    r"""Cells on a line; types A B A A, spots 0 0 1 2.

    x:  0 A·0   1 B·0   2 A·1   3 A·2
    """
    places = np.array([[0.0, x] for x in range(4)])
    codes, spots = np.array([0, 1, 0, 0]), np.array([0, 0, 1, 2])
    found = around(cKDTree(places), codes, places, codes, spots, spots).toarray()
    wanted = [[0, 0, 0.5, 0.5], [0, 0, 0, 0], [0.5, 0, 0, 0.5], [0.5, 0, 0.5, 0]]
    assert found == pytest.approx(np.array(wanted))
    beside = around(cKDTree(places), codes, np.array([[0.0, 9.0]]), np.array([1])).toarray()
    assert beside.tolist() == [[0, 1, 0, 0]]


def test_of_many_cells_the_fifteen_nearest_count():
    places = np.array([[0.0, x] for x in range(100)])
    found = around(cKDTree(places), np.zeros(100, int), np.array([[0.0, -1.0]]), np.zeros(1, int))
    assert np.flatnonzero(found.toarray()[0]).tolist() == list(range(15))


def test_neighbours_are_followed_as_far_as_they_foretell():
    """Two latents: the first is that of the place, the second of each cell alone."""
    rng = np.random.default_rng(0)
    places = rng.uniform(0, 1000, (900, 2))
    wave = np.sin(places[:, 0] / 150)
    z = np.stack([wave, rng.normal(0, 1, 900)], axis=1)
    codes = rng.integers(0, 2, 900)
    said = lean(z[:600], places[:600], codes[:600], np.arange(600), places[600:], codes[600:])
    assert np.corrcoef(said[:, 0], wave[600:])[0, 1] > 0.95
    assert np.abs(said[:, 1]).max() < 0.25
    nobody = lean(z[:0], places[:0], codes[:0], codes[:0], places[600:], codes[600:])
    assert (nobody == 0).all()


@pytest.fixture(scope="module")
def niche():
    """Forty spots of three cells in a wave of the direction; 60 cells between, of which no count.

    The reference has no wave, its cells vary along the direction by chance.
    """
    rng = np.random.default_rng(3)
    n = 180
    codes = np.arange(n) % 2
    places = np.zeros((n, 2))
    owner = np.repeat(np.arange(40), 3)
    places[:120, 1] = owner * 100.0 + np.tile([-5.0, 0.0, 5.0], 40)
    places[120:, 1] = rng.uniform(0, 4000, 60)
    way = 1.5 * np.sin(places[:, 1] / 400)
    rates = toy_means()[codes] * np.exp(way[:, None] * DIRECTION)
    counts = rng.poisson(rates)
    spots, members = spots_of(counts[:120], owner)
    overlap = sp.hstack([members.overlap, sp.csr_matrix((40, 60))]).tocsr()
    held = Membership(overlap, np.append(members.owner, np.full(60, -1, np.int32)))
    return spots, codes, held, places, rates


def test_cells_between_spots_are_told_better_with_places(toy_fit, niche):
    spots, codes, held, places, rates = niche
    plain = run(predict(toy_fit, spots, codes, held, PARAMS, rng=0))
    found = run(predict(toy_fit, spots, codes, held, PARAMS, yx_um=places, rng=0))
    assert found.from_prior[120:].all()
    by_type, leaning = (cosine(answer.mean[120:], rates[120:]) for answer in (plain, found))
    assert 1 - leaning.mean() < 0.4 * (1 - by_type.mean())
    assert (found.mean[:120] == plain.mean[:120]).all()  # those in spots are as they were
    assert (found.sd[120:] > 0).all()
    assert (found.explained[120:] == 0).all()


def test_without_a_niche_cells_between_stay_as_their_type_is(toy_fit, niche):
    _, codes, held, places, _ = niche
    rng = np.random.default_rng(5)
    counts, _, _ = draw_cells(120, rng)
    order = np.argsort(np.argsort(codes[:120], kind="stable"), kind="stable")
    drawn = counts[np.argsort(np.arange(120) % 2, kind="stable")][order]
    flat, _ = spots_of(drawn, held.owner[:120])
    plain = run(predict(toy_fit, flat, codes, held, PARAMS, rng=0))
    found = run(predict(toy_fit, flat, codes, held, PARAMS, yx_um=places, rng=0))
    ratio = found.mean[120:] / plain.mean[120:]
    assert np.abs(np.log(ratio)).mean() < 0.1
