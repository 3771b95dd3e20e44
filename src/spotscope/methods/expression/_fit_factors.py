"""How cells of one type differ: directions shared by all types, learned without their noise.

Counts of a reference cell are those of a spot of one cell (see ``_posterior``). Directions W and
cells' latents are fitted to each other: given W each cell has its posterior N(h, V); given those
each gene's loadings take a Newton step of the expected log-likelihood,

    ∇ = Σ_c [(y - ρ) h - ρ V w] / (1 + ψ ρ) - w / t²,   I = Σ_c ρ (h hᵀ + V) / (1 + ψ ρ) + 1 / t²,

t_j² being the mean square of direction j over genes, so that directions that nothing supports
vanish. s_k (variance of the latents in type k) and ψ follow from the same sums; since V enters
everywhere, sampling noise is not mistaken for a difference between cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.expression._factor_sums import Sums, add_up
from spotscope.methods.expression._factors import Factors
from spotscope.methods.expression._moments import shrink_dispersion
from spotscope.methods.expression._posterior import Loadings
from spotscope.model import Progress

if TYPE_CHECKING:
    from spotscope.model import Task

__all__ = ["fit_factors"]

Floats = npt.NDArray[np.float64]

#: A type's own variances count as much as this many cells' worth of the common ones.
_BORROWED = 20.0


def fit_factors(
    counts: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    means: Floats,
    dispersion: Floats,
    rank: int,
    rounds: int,
    rng: np.random.Generator,
) -> Task[Factors]:
    """Fit directions, variances and dispersions.

    Parameters
    ----------
    counts
        (cell, gene) of the reference.
    codes
        (cell,) types.
    means, dispersion
        (type, gene) m, and φ to begin with.
    rank
        Number of directions beside depth.
    rounds
        Passes over the cells.
    rng
        Of the randomised singular vectors to begin with.
    """
    yield Progress("learning how cells differ", 0, rounds + 1)
    factors = _begin(counts, codes, means, dispersion, rank, rng)
    latents = np.zeros((counts.shape[0], factors.loadings.shape[1]))
    cells = np.bincount(codes, minlength=len(means))[:, None].astype(np.float64)
    ridge = np.full(rank, float((factors.loadings[:, 1:] ** 2).mean()) + 1e-3)
    for done in range(rounds):
        loadings = Loadings(factors.loadings, factors.doubt)
        sums = Sums.zero(len(means), means.shape[1], loadings)
        steps = 6 if done == 0 else 3
        for some in add_up(counts, codes, means, factors, loadings, latents, steps):
            sums.add(some)
            yield Progress("learning how cells differ", done + 1, rounds + 1)
        factors, ridge, scale = _improve(factors, sums, loadings, ridge, cells, means)
        latents /= scale
    return factors


def _begin(
    counts: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    means: Floats,
    dispersion: Floats,
    rank: int,
    rng: np.random.Generator,
) -> Factors:
    """Singular vectors of standardised residuals, by random projection and two power steps."""
    n, n_genes = counts.shape
    depth = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel() / means.sum(axis=1)[codes]
    noise = 1 / np.sqrt(means + dispersion * means**2 + 1e-12)
    picker = sp.csr_matrix((np.ones(n), (np.arange(n), codes)), shape=(n, len(means)))
    # z = (y - d m) / sd is sparse minus low rank: it is never made dense
    scaled = counts.astype(np.float64)
    scaled.data *= noise[np.repeat(codes, np.diff(counts.indptr)), counts.indices]
    expected = means * noise

    def times(right: Floats) -> Floats:
        return np.asarray(scaled @ right - depth[:, None] * (picker @ (expected @ right)))

    def transposed(left: Floats) -> Floats:
        return np.asarray(scaled.T @ left - expected.T @ (picker.T @ (depth[:, None] * left)))

    probe = times(rng.normal(size=(n_genes, min(rank + 10, n_genes))))
    for _ in range(2):
        probe = times(transposed(np.linalg.qr(probe)[0]))
    basis = np.linalg.qr(probe)[0]
    _, values, right = np.linalg.svd(transposed(basis).T, full_matrices=False)
    loadings = np.zeros((n_genes, rank + 1), np.float32)
    loadings[:, 0] = 1
    found = min(rank, len(values))
    share = np.bincount(codes, minlength=len(means)) / n
    mean = share @ means
    unit = np.sqrt(share @ (1 / noise**2)) / np.maximum(mean, 1e-12)
    trust = mean / (mean + 0.5)
    loadings[:, 1 : found + 1] = (
        (right[:found].T * values[:found] / np.sqrt(n)) * (unit * trust)[:, None]
    ).clip(-1, 1)
    loadings[:, found + 1 :] = rng.normal(0, 0.05, (n_genes, rank - found))
    log_depth = np.log(np.maximum(depth, 1e-2))
    spread = np.ones((len(means), rank + 1))
    spread[:, 0] = max(float(np.var(log_depth)), 0.01)
    return Factors(loadings, spread, (0.5 * dispersion).astype(np.float32), np.zeros_like(loadings))


def _improve(
    factors: Factors,
    sums: Sums,
    loadings: Loadings,
    ridge: Floats,
    cells: Floats,
    means: Floats,
) -> tuple[Factors, Floats, Floats]:
    """One step of everything; also the scale by which latents were divided."""
    q = loadings.q
    old = loadings.matrix[:, 1:].astype(np.float64)
    slope = sums.slope - np.einsum("gij,gj->gi", loadings.square(sums.unsure), loadings.matrix)
    information = loadings.square(sums.known + sums.unsure)[:, 1:, 1:] + np.diag(1 / ridge)
    inverse = np.linalg.inv(information)
    step = np.einsum("gij,gj->gi", inverse, slope[:, 1:] - old / ridge)
    size = np.sqrt((step**2).sum(axis=1, keepdims=True))
    new = old + step * np.minimum(1.0, 1.0 / np.maximum(size, 1e-12))
    unsure = np.einsum("gjj->gj", inverse)
    ridge = (new**2 + unsure).mean(axis=0) + 1e-8
    common = sums.squares.sum(axis=0) / cells.sum()
    spread = (sums.squares + _BORROWED * common) / (cells + _BORROWED)
    scale = np.ones(q)
    scale[1:] = np.sqrt(common[1:])
    matrix = np.ones_like(loadings.matrix)
    matrix[:, 1:] = new * scale[1:]
    doubt = np.zeros_like(matrix)
    doubt[:, 1:] = unsure * scale[1:] ** 2
    dispersion = shrink_dispersion(sums.excess, sums.weight, means, np.maximum(cells, 1.0))
    made = Factors(matrix, spread / scale**2, dispersion.astype(np.float32), doubt)
    return made, ridge * scale[1:] ** 2, scale
