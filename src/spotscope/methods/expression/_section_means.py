"""Mean cells of the section's own types: what the reference leaves unsure, its spots decide.

A reference of few cells, or of few counts a cell, knows its types' means to within the relative
variance d_kg (``FittedExpression.doubt``). The section has thousands of cells of the same types,
seen in sums only. With A_sk = κ_s Σ_{c in s, k} a_c,

    Y_sg ~ (f_sg, v_sg),   f_sg = Σ_k A_sk e^θ_kg m_kg,   θ_kg ~ N(0, ln(1 + d_kg)),
    v_sg = f + φ f² + Σ_k ψ_kg (κ_s e^θ_kg m_kg)² ((1 - r) Σ_c a_c² + r (Σ_c a_c)²),

r how alike cells of one spot differ from their types. θ is gone to by Fisher scoring, all types of
a gene together, as types that share their spots have to share what is seen:

    u_k = e^θ_k m_k Σ_s A_sk (Y - f) / v - θ_k / ln(1 + d_k),
    I_kl = e^{θ_k + θ_l} m_k m_l Σ_s A_sk A_sl / v + δ_kl / ln(1 + d_k).

How far a mean may move is how little the reference knows of it, and nothing is to be chosen: means
that many cells have taught stay. A wider prior, for tissue that differs from its reference by more
than chance, was tried; then what cells have in common with their surroundings is taken for their
type, and cells come out worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import in_threads

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["section_means"]

Floats = npt.NDArray[np.float64]

_ROUNDS, _LONGEST = 3, 1.0
#: Products of a spot, a gene and two types in one round: more spots are added up to rows.
_MOST = 500_000_000
#: Numbers in one working array.
_CHUNK = 1 << 21


def section_means(
    counts: sp.csr_matrix,
    weights: sp.csr_matrix,
    squares: sp.csr_matrix,
    depth: Floats,
    means: Floats,
    dispersion: Floats,
    doubt: Floats,
    noise: float,
) -> Floats:
    """(type, gene) e^θ, by which the section's means are the reference's.

    Parameters
    ----------
    counts
        (spot, gene) Y on shared genes.
    weights, squares
        (spot, type) Σ a of the cells seen, and (1 - r) Σ a² + r (Σ a)².
    depth
        (spot,) κ.
    means, dispersion
        (type, gene) m, times the effects of genes, and ψ.
    doubt
        (type, gene) d.
    noise
        φ.
    """
    here = np.flatnonzero(np.asarray(weights.sum(axis=0)).ravel() > 0)
    found = np.ones(means.shape)
    if not here.size:
        return found
    whole = weights[:, here].toarray() * depth[:, None]
    squared = squares[:, here].toarray() * depth[:, None] ** 2
    together = 1 + len(whole) * means.shape[1] * len(here) ** 2 // _MOST
    pool = _alike(whole, together)
    whole, squared, summed = pool @ whole, pool @ squared, (pool @ counts).tocsc()
    at_once = max(1, _CHUNK // len(whole))

    def of_some(first: int) -> None:
        genes = np.arange(first, min(first + at_once, means.shape[1]))
        part = np.ix_(here, genes)
        theta = _mode(
            summed[:, genes].toarray(), whole, squared,
            means[part], dispersion[part], np.log1p(doubt[part]), noise / together,
        )  # fmt: skip
        found[part] = np.exp(theta)

    for _ in in_threads(of_some, range(0, means.shape[1], at_once)):
        pass
    return found


def _alike(whole: Floats, together: int) -> sp.csr_matrix:
    """(row, spot) sums of so many spots of like make-up; spots without cells are in none."""
    import scipy.sparse as sp

    total = whole.sum(axis=1)
    share = whole / np.maximum(total, 1e-300)[:, None]
    main = share.argmax(axis=1)
    order = np.lexsort((share.max(axis=1), main))
    order = order[total[order] > 0]
    row = np.arange(len(order)) // together
    shape = (int(row[-1]) + 1, len(whole))
    return sp.csr_matrix((np.ones(len(order)), (row, order)), shape=shape)


def _mode(
    y: npt.NDArray[np.number],
    whole: Floats,
    squared: Floats,
    means: Floats,
    dispersion: Floats,
    prior: Floats,
    noise: float,
) -> Floats:
    """(type, gene) θ of some genes."""
    n_types, n_genes = means.shape
    one, other = np.triu_indices(n_types)
    pairs = (whole[:, one] * whole[:, other]).astype(np.float32)
    told = np.empty((n_genes, n_types, n_types))
    theta = np.zeros(means.shape)
    for _ in range(_ROUNDS):
        own = np.exp(theta) * means
        f = whole @ own
        v = f + noise * f * f + squared @ (dispersion * own * own) + 1e-12
        slope = own * (whole.T @ ((y - f) / v)) - theta / prior
        told[:, one, other] = told[:, other, one] = (1 / v).astype(np.float32).T @ pairs
        system = told * (own.T[:, :, None] * own.T[:, None, :])
        system[:, np.arange(n_types), np.arange(n_types)] += 1 / prior.T
        step = np.linalg.solve(system, slope.T[..., None])[..., 0].T
        theta = theta + np.clip(step, -_LONGEST, _LONGEST)
    return theta
