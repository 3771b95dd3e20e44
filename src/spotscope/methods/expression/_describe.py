"""From what is known of the rates to a cell's counts: mean, spread, shares, and what data told.

Cells of a spot with rates λ_c (as the spot sees them) share its y counts as a multinomial, so cell
c has y λ_c / Σ λ of them. The residuals u given y are taken at their best linear estimate,

    λ̂_c = ρ_c + ψ_c ρ_c² (y - f) / v,

exact for one cell (gamma-Poisson). A spot sees the share a_c of a cell's body and, next to the
reference, κ̄ = min(κ, 1) of its counts; the rest was never counted and is inferred:

    mean_c = κ̄ y λ̂_c / (a_c Σ λ̂) · a_c + (1 - κ̄ a_c) Λ_c,        Λ_c = λ̂_c / a_c  (the whole cell).

With κ̄ = a = 1 the means of a spot's cells sum to its counts. Variances are carried through the
share to first order, with the multinomial's own and that of the counts never made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Cut", "Described", "describe"]

F32 = npt.NDArray[np.float32]

_LEAST = np.float32(0.02)


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Some spots with equally many cells, on the genes wanted.

    Parameters
    ----------
    counts
        (spot, gene) y; of no meaning where ``observed`` is False.
    observed
        (gene,) whether the spots have the gene.
    prior
        (spot, cell, gene) mean rates of the types, as the spot sees them.
    prior_variance
        (spot, cell, gene) relative variance between cells, without chance.
    psi
        (spot, cell, gene) the part of it that is each gene's own.
    seen
        (spot, cell) a.
    capture
        (spot,) κ̄.
    noise
        φ.
    """

    counts: F32
    observed: npt.NDArray[np.bool_]
    prior: F32
    prior_variance: F32
    psi: F32
    seen: F32
    capture: F32
    noise: float


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """(spot, cell, gene) mean, sd, explained and shares."""

    mean: F32
    sd: F32
    explained: F32
    shares: F32


def describe(cut: Cut, rates: F32, own: F32 | None = None, cross: F32 | None = None) -> Described:
    """Counts of cells from the posterior of their rates.

    Parameters
    ----------
    cut
        What is asked.
    rates
        (spot, cell, gene) ρ.
    own, cross
        (spot, cell, gene) posterior variance of ln ρ_c, and its covariance with f, divided by f:
        Σ_c' Cov(ln ρ_c, ln ρ_c') ρ_c'/f. None for rates taken as known: then ψ is not estimated
        either, and is all of the variance.
    """
    rates = rates + np.float32(1e-9) * cut.seen[..., None]
    f = rates.sum(axis=1, keepdims=True)
    residual = cut.psi * rates * rates
    v = f + cut.noise * f * f + residual.sum(axis=1, keepdims=True)
    gain = residual / v * cut.observed
    shares = rates / f
    # covariances of the rates: that of the residuals given y, and that of the latents
    of_cell = residual * (1 - gain)
    with_all = residual * (1 - gain.sum(axis=1, keepdims=True))
    known = own is None or cross is None
    if own is None or cross is None:
        best, total = rates, f
    else:  # a linear estimate can fall below 0 where a gene was not seen
        best = np.maximum(rates + gain * (cut.counts[:, None] - f), _LEAST * rates)
        total = best.sum(axis=1, keepdims=True)
        of_cell += rates * rates * np.expm1(np.minimum(own, 3.0)) * (1 + cut.psi)
        with_all += rates * f * cross
    of_all = with_all.sum(axis=1, keepdims=True)
    spread = of_cell - 2 * shares * with_all + shares * shares * of_all
    y = cut.counts[:, None]
    given = y * shares
    from_share = (y / total) ** 2 * np.maximum(spread, 0) + given * (1 - shares)
    return _whole_cells(cut, best, of_cell, given, from_share, shares, known)


def _whole_cells(
    cut: Cut,
    best: F32,
    of_cell: F32,
    given: F32,
    from_share: F32,
    shares: F32,
    known: bool,
) -> Described:
    """Add what the spot did not see of its cells."""
    seen, capture = cut.seen[..., None], cut.capture[:, None, None]
    body = best / seen
    unseen = 1 - capture * seen
    mean = np.where(cut.observed, given / seen if known else capture * given + unseen * body, body)
    latent = of_cell / seen**2
    chance = capture * body
    variance = np.where(
        cut.observed,
        capture**2 * from_share + unseen**2 * latent + unseen * chance,
        latent + chance,
    )
    prior = cut.prior / seen
    before = prior * prior * cut.prior_variance + capture * prior
    explained = 1 - variance / np.maximum(before, 1e-20)
    return Described(
        mean.astype(np.float32),
        np.sqrt(np.maximum(variance, 0)).astype(np.float32),
        np.clip(explained, 0, 1).astype(np.float32),
        shares.astype(np.float32),
    )
