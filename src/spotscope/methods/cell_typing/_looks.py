"""What a nucleus' looks say of its type, learned from spots whose mix of types is known.

Expression cannot say which of a spot's nuclei has which of its types; size, shape and stain may.
Given π_mk, what the counts say of the spot of nucleus m, its features x_m (normal scores, so that
any rising transform of a feature is the same) are a mixture

    p(x_m) = Σ_k π_mk N(x_m; μ_k, Σ_k),

whose parts are found by expectation-maximisation. No spot need be pure, but pure ones tell most:
their π is their type. Σ_k is held to the common one as if by 30 nuclei, μ_k to the common mean by
10. What is used is

    u_mk = λ (ln N(x_m; μ_k, Σ_k) - ln Σ_l π̄_l N(x_m; μ_l, Σ_l)),

with the λ between 0 and 1 that predicts best how looks follow π in spots that were left out,
Σ_m ln Σ_k π_mk e^{u_mk}; where no λ does better than nothing by two standard errors, looks are not
used. No truth is needed. (Mixtures with known proportions: Quadrianto et al. 2009.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp, ndtri
from scipy.stats import rankdata

__all__ = ["Looks", "learn_looks"]

Floats = npt.NDArray[np.float64]

_HELD_SPREAD, _HELD_MEAN = 30.0, 10.0
_ROUNDS, _FOLDS = 30, 5
_GRID = (0.25, 0.5, 0.75, 1.0)
_LARGEST = 6.0
_FEWEST_CELLS = 100


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """What was learned.

    Parameters
    ----------
    nats
        (cell, type) float32 u; rows of 0 where a feature is not known.
    trust
        λ; 0 where looks say nothing.
    gain
        Nats a cell by which looks of left-out spots were foretold, and its standard error.
    """

    nats: npt.NDArray[np.float32]
    trust: float
    gain: tuple[float, float]


def learn_looks(
    features: Floats, owner: npt.NDArray[np.int32], shares: Floats, mix: Floats
) -> Looks:
    """Learn from the cells of spots; say it of all.

    Parameters
    ----------
    features
        (cell, feature), NaN where not known; any unit.
    owner
        (cell,) spot, or -1.
    shares
        (spot, type) π, rows that sum to 1.
    mix
        (type,) π̄.
    """
    nothing = Looks(np.zeros((len(owner), len(mix)), np.float32), 0.0, (0.0, 0.0))
    known = np.isfinite(features).all(axis=1)
    varied = [column for column in features[known].T if len(column) and np.ptp(column) > 0]
    inside = known & (owner >= 0)
    if not varied or inside.sum() < _FEWEST_CELLS:
        return nothing
    scores = np.stack([ndtri((rankdata(c) - 0.5) / len(c)) for c in varied], axis=1)
    x = np.zeros((len(owner), len(varied)))
    x[known] = scores
    cells = np.flatnonzero(inside)
    pi = shares[owner[cells]]
    trust, gain = _trust(x[cells], owner[cells], pi, mix)
    if trust == 0:
        return Looks(nothing.nats, 0.0, gain)
    parts = _fit(x[cells], pi)
    nats = np.zeros(nothing.nats.shape)
    nats[known] = trust * _ratios(x[known], parts, mix)
    return Looks(np.clip(nats, -_LARGEST, _LARGEST).astype(np.float32), trust, gain)


def _trust(
    x: Floats, spot: npt.NDArray[np.int32], pi: Floats, mix: Floats
) -> tuple[float, tuple[float, float]]:
    """λ, and the gain with its standard error, over spots left out in turn."""
    each = np.zeros((len(_GRID), len(x)))
    for fold in range(_FOLDS):
        out = spot % _FOLDS == fold
        if not out.any() or out.all():
            continue
        nats = _ratios(x[out], _fit(x[~out], pi[~out]), mix)
        for row, trust in enumerate(_GRID):
            u = np.clip(trust * nats, -_LARGEST, _LARGEST)
            # u is a ratio to the section's mix only at λ = 1: weigh it by that again
            each[row, out] = logsumexp(u, axis=1, b=pi[out]) - logsumexp(u, axis=1, b=mix)
    best = int(each.mean(axis=1).argmax())
    _, at = np.unique(spot, return_inverse=True)
    by_spot = np.bincount(at, each[best])
    gain = float(each[best].mean())
    error = float(by_spot.std() * np.sqrt(len(by_spot)) / len(x))
    return (_GRID[best] if gain > 2 * error else 0.0), (gain, error)


def _fit(x: Floats, pi: Floats) -> tuple[Floats, Floats]:
    """μ (type, feature) and Σ (type, feature, feature)."""
    share = pi.copy()
    centre = x.mean(axis=0)
    for _ in range(_ROUNDS):
        n = share.sum(axis=0)
        mean = (share.T @ x + _HELD_MEAN * centre) / (n + _HELD_MEAN)[:, None]
        away = x[:, None, :] - mean
        spread = np.einsum("mk,mki,mkj->kij", share, away, away)
        common = spread.sum(axis=0) / n.sum() + 1e-3 * np.eye(x.shape[1])
        spread = (spread + _HELD_SPREAD * common) / (n + _HELD_SPREAD)[:, None, None]
        log = _log_normal(x, (mean, spread)) + np.log(pi + 1e-9)
        share = np.exp(log - logsumexp(log, axis=1, keepdims=True))
    return mean, spread


def _ratios(x: Floats, parts: tuple[Floats, Floats], mix: Floats) -> Floats:
    """(cell, type) ln N_k less that of the section's mix."""
    log = _log_normal(x, parts)
    return np.asarray(log - logsumexp(log, axis=1, b=mix / mix.sum(), keepdims=True))


def _log_normal(x: Floats, parts: tuple[Floats, Floats]) -> Floats:
    """(cell, type) ln N(x; μ_k, Σ_k) without its constant."""
    mean, spread = parts
    found = np.empty((len(x), len(mean)))
    for k in range(len(mean)):
        root = np.linalg.cholesky(spread[k])
        z = np.linalg.solve(root, (x - mean[k]).T)
        found[:, k] = -0.5 * (z**2).sum(axis=0) - np.log(np.diag(root)).sum()
    return found
