"""Weights of the fast block solver against a slow one, spot by spot."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import minimize
from typing_toys import profiles_of

from spotscope.methods.cell_typing._continuous import Mixtures, fit_weights, nonnegative_steps
from spotscope.methods.cell_typing._likelihood import floors, nll_of, table_for
from spotscope.model import NotConvergedWarning, run


def mixed_spots(n=12, n_types=5, umis=3000, seed=3):
    rng = np.random.default_rng(seed)
    mu = profiles_of(rng, n_types, 150)
    shares = rng.dirichlet(np.full(n_types, 0.5), n)
    depth = rng.lognormal(np.log(umis), 0.3, n)
    counts = rng.poisson(depth[:, None] * (shares @ mu) * np.exp(rng.normal(0, 0.4, (n, 150))))
    mixtures = Mixtures(
        sp.csr_matrix(counts.astype(np.int32)), depth, floors(depth), mu.astype(np.float32)
    )
    return mixtures, shares


def slow_weights(mixtures, table, spot):
    counts = mixtures.counts[spot].toarray()
    n, floor, mu = mixtures.umis[spot], mixtures.floor[spot : spot + 1], mixtures.profiles

    def nll(w):
        return nll_of(counts, (n * (w @ mu))[None], floor, table)[0]

    start = np.full(len(mu), 1 / len(mu))
    best = minimize(
        nll, start, method="L-BFGS-B", bounds=[(0, 3)] * len(mu), options={"eps": 1e-3}
    ).x
    # L-BFGS-B stops early on float32 slopes: polish one weight at a time
    for step in (1e-2, 3e-3, 1e-3, 3e-4):
        moved = True
        while moved:
            moved = False
            for k in range(len(mu)):
                for sign in (1, -1):
                    tried = best.copy()
                    tried[k] = max(0.0, tried[k] + sign * step)
                    if nll(tried) < nll(best) - 1e-5:
                        best, moved = tried, True
    return best


def test_weights_agree_with_a_slow_solver():
    mixtures, _ = mixed_spots()
    table = table_for(0.4, 3000, 400)
    fast = run(fit_weights(mixtures, table, "test"))
    slow = np.array([slow_weights(mixtures, table, i) for i in range(12)])
    assert np.abs(fast - slow).max() < 5e-3


def test_weights_find_the_truth():
    mixtures, shares = mixed_spots(n=60, umis=20_000)
    weights = run(fit_weights(mixtures, table_for(0.4, 20_000, 4000), "test"))
    weights /= weights.sum(axis=1, keepdims=True)
    assert np.abs(weights - shares).mean() < 0.03


def test_blocks_do_not_matter(monkeypatch):
    from spotscope.methods.cell_typing import _continuous

    mixtures, _ = mixed_spots(n=40)
    table = table_for(0.4, 3000, 400)
    whole = run(fit_weights(mixtures, table, "test"))
    monkeypatch.setattr(_continuous, "_MAX_ROWS", 16)
    assert np.abs(run(fit_weights(mixtures, table, "test")) - whole).max() < 2e-3


def test_spots_that_still_move_at_the_last_step_are_told(monkeypatch):
    from spotscope.methods.cell_typing import _continuous

    mixtures, _ = mixed_spots(n=40)
    monkeypatch.setattr(_continuous, "_MAX_STEPS", 1)
    monkeypatch.setattr(_continuous, "_MAX_ROWS", 16)
    with pytest.warns(NotConvergedWarning, match="within 1 steps, found 40 of 40 spots"):
        weights = run(fit_weights(mixtures, table_for(0.4, 3000, 400), "test"))
    assert (weights.sum(axis=1) > 0).all()


def test_a_spot_without_counts_has_no_weight():
    mixtures, _ = mixed_spots(n=3)
    counts = mixtures.counts.tolil()
    counts[1] = 0
    umis = mixtures.umis.copy()
    umis[1] = 0
    silent = Mixtures(sp.csr_matrix(counts), umis, floors(umis), mixtures.profiles)
    weights = run(fit_weights(silent, table_for(0.4, 3000, 400), "test"))
    assert (weights[1] == 0).all()
    assert (weights[[0, 2]].sum(axis=1) > 0.5).all()


def test_a_step_stops_at_zero_weight():
    # minimise -4 d0 + 4 d1 + d0² + d1²: free minimum (2, -2), but w1 = 0.5 allows only -0.5
    upper = np.triu_indices(2)
    move = nonnegative_steps(
        np.array([[2.0, 0.0, 2.0]]), np.array([[-4.0, 4.0]]), np.array([[1.0, 0.5]]), upper
    )
    assert np.allclose(move, [[2.0, -0.5]], atol=1e-5)
