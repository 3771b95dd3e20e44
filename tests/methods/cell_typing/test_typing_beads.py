"""Doublet mode: pairs against brute force, the rule on scores written by hand, and recovery."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import minimize
from typing_toys import profiles_of, reference_of, table

from spotscope.methods.cell_typing import BeadKind, CellTypingParams, find_beads
from spotscope.methods.cell_typing._beads import judge
from spotscope.methods.cell_typing._candidates import Candidates
from spotscope.methods.cell_typing._continuous import Mixtures
from spotscope.methods.cell_typing._likelihood import floors, nll_of, table_for
from spotscope.methods.cell_typing._pair_fits import PairFits, fit_pairs
from spotscope.model import Lattice, MethodError, Spots, run

TYPES = ("a", "b", "c")


def beads(mu, rng, umis=600, n=40):
    """Half the beads of one type, half of two different ones; (bead, type) truth."""
    truth = np.zeros((2 * n, len(mu)))
    for i in range(2 * n):
        some = rng.permutation(len(mu))[: 1 if i < n else 2]
        truth[i, some] = 1 / len(some)
    counts = rng.poisson(umis * truth @ mu * np.exp(rng.normal(0, 0.2, (2 * n, mu.shape[1]))))
    names = [f"G{g}" for g in range(mu.shape[1])]
    places = rng.uniform(0, 500, (2 * n, 2))
    return Spots(
        table(counts, [f"b{i}" for i in range(2 * n)], names), places, Lattice("free", 10, 10)
    ), truth


def test_every_pair_is_as_likely_as_brute_force_makes_it():
    rng = np.random.default_rng(3)
    mu = profiles_of(rng, 4, 50, fold=4)
    spots, _ = beads(mu, rng, umis=150, n=4)
    umis = spots.umis.astype(float)
    mixtures = Mixtures(spots.counts, umis, floors(umis), mu.astype(np.float32))
    noise = table_for(0.4, 500.0, int(spots.counts.max()))
    everything = Candidates(np.arange(0, 4 * spots.n + 1, 4), np.tile(np.arange(4), spots.n))
    start = np.full((spots.n, 4), 0.25)
    fits = run(fit_pairs(mixtures, start, everything, noise, "pairs"))
    dense = spots.counts.toarray()

    def lowest(i, some):
        def nll(w):
            rate = umis[i] * np.maximum(w, 0) @ mu[list(some)]
            return float(nll_of(dense[i : i + 1], rate[None], mixtures.floor[i : i + 1], noise)[0])

        starts = [np.eye(len(some))[k] + 0.02 for k in range(len(some))] + [np.full(len(some), 0.5)]
        found = [minimize(nll, s, method="Nelder-Mead", options={"xatol": 1e-5}) for s in starts]
        edges = [nll(np.maximum(f.x, 0)) for f in found]
        return min(edges)

    for i in range(spots.n):
        for k in range(4):
            assert fits.one[i, k] == pytest.approx(lowest(i, (k,)), abs=0.02)
        for k, other in itertools.combinations(range(4), 2):
            truth = lowest(i, (k, other))
            assert fits.two[i, k, other] == pytest.approx(truth, abs=0.02)
            assert fits.two[i, other, k] == fits.two[i, k, other]
            assert fits.share[i, k, other] + fits.share[i, other, k] == pytest.approx(1.0)


def by_hand(one, ab, ac, bc):
    """One bead of three candidates, its scores given; 0.75 of each pair is its first type."""
    two = np.full((1, 3, 3), np.inf)
    share = np.zeros((1, 3, 3))
    for (k, other), score in (((0, 1), ab), ((0, 2), ac), ((1, 2), bc)):
        two[0, k, other] = two[0, other, k] = score
        share[0, k, other], share[0, other, k] = 0.75, 0.25
    fits = PairFits(np.array([one], float), two, share)
    return judge(fits, Candidates(np.array([0, 3]), np.arange(3)), TYPES, doubt=10, gain=25)


@pytest.mark.parametrize(
    ("one", "pairs", "kind", "first", "second", "share"),
    [
        # ab is best, no other pair within 10, and each alone is 30 or more behind
        ((140, 135, 200), (100, 130, 128), BeadKind.CERTAIN, 1, 0, 0.25),
        # ac comes near too: a is in both, b is not
        ((140, 150, 200), (100, 105, 140), BeadKind.UNCERTAIN, 0, 1, 0.75),
        # bc comes near: now b is the sure one, though a alone would be better
        ((140, 150, 200), (100, 140, 105), BeadKind.UNCERTAIN, 1, 0, 0.25),
        # each of the three pairs explains it: nothing is sure, though a alone is only 10 behind
        ((110, 150, 160), (100, 104, 105), BeadKind.REJECT, -1, -1, 0.0),
        # a alone is 24 behind: one type, whichever pair was best
        ((124, 150, 160), (100, 140, 140), BeadKind.SINGLET, 0, -1, 1.0),
        # 25 behind is not less than 25
        ((125, 150, 160), (100, 140, 140), BeadKind.CERTAIN, 0, 1, 0.75),
        # 10 behind is not within 10
        ((140, 150, 200), (100, 110, 110), BeadKind.CERTAIN, 0, 1, 0.75),
    ],
)
def test_the_rule_on_scores_written_by_hand(one, pairs, kind, first, second, share):
    found = by_hand(one, *pairs)
    assert found.kind[0] == kind
    assert (found.first[0], found.second[0]) == (first, second)
    assert found.share[0] == pytest.approx(share)
    assert found.gain[0] == pytest.approx(min(one) - min(pairs))
    assert found.n_cells[0] == (first >= 0) + (second >= 0)
    assert found.counts_per_kind()[str(kind)] == 1


def test_simulated_beads_are_found_out():
    rng = np.random.default_rng(5)
    mu = profiles_of(rng, 5, 150, fold=10)
    spots, truth = beads(mu, rng, umis=800)
    found = run(find_beads(spots, reference_of(rng, mu), CellTypingParams()))
    named = [{k for k in (a, b) if k >= 0} for a, b in zip(found.first, found.second, strict=True)]
    right = [some == set(np.flatnonzero(row)) for some, row in zip(named, truth, strict=True)]
    assert np.mean(right) > 0.95
    doublets = found.n_cells == 2
    assert np.abs(found.share[doublets] - 0.5).mean() < 0.15


def test_more_gain_asked_for_never_finds_more_doublets():
    rng = np.random.default_rng(6)
    mu = profiles_of(rng, 5, 150, fold=6)
    spots, _ = beads(mu, rng, umis=200)
    reference = reference_of(rng, mu)
    number = [
        int((run(find_beads(spots, reference, CellTypingParams(bead_gain=g))).n_cells == 2).sum())
        for g in (5, 25, 60)
    ]
    assert number == sorted(number, reverse=True)
    assert number[0] > number[-1]


def test_beads_without_counts_are_refused():
    rng = np.random.default_rng(7)
    mu = profiles_of(rng, 3, 40)
    spots, _ = beads(mu, rng, n=3)
    spots.table.X = spots.table.X * 0
    with pytest.raises(MethodError, match="Expected counts"):
        run(find_beads(spots, reference_of(rng, mu), CellTypingParams()))
