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

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.expression._moments import shrink_dispersion
from spotscope.methods.expression._posterior import (
    Latents,
    Loadings,
    infer,
    log_variance,
    mean_rates,
)
from spotscope.model import Progress

if TYPE_CHECKING:
    from spotscope.model import Task

__all__ = ["Factors", "fit_factors", "prior_base"]

Floats = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

_CHUNK = 1 << 21
#: A type's own variances count as much as this many cells' worth of the common ones.
_BORROWED = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Differences between cells of one type.

    Parameters
    ----------
    loadings
        (gene, q) W; the first column is 1 (depth).
    spread
        (type, q) s.
    dispersion
        (type, gene) ψ.
    doubt
        (gene, q) variance of the loadings, as far as the reference leaves them unsure.
    caution
        T, how many genes count as one piece of evidence; see ``_calibrate``.
    """

    loadings: F32
    spread: Floats
    dispersion: F32
    doubt: F32
    caution: float = 1.0


def prior_base(log_means: F32, factors: Factors, codes: npt.NDArray[np.integer]) -> F32:
    """(cell, gene) b of cells whose mean rates are e^log_means: mean kept, as e^h is skewed."""
    excess = 0.5 * (factors.spread @ (factors.loadings.astype(np.float64) ** 2).T)
    return log_means - excess.astype(np.float32)[codes]


@dataclass(slots=True)
class _Sums:
    """What one pass over the cells adds up."""

    slope: Floats
    information: Floats
    excess: Floats
    weight: Floats
    squares: Floats

    @classmethod
    def zero(cls, n_types: int, n_genes: int, loadings: Loadings) -> _Sums:
        q = loadings.q
        flat = loadings.products.shape[1]
        return cls(
            np.zeros((n_genes, q)),
            np.zeros((n_genes, flat)),
            np.zeros((n_types, n_genes)),
            np.zeros((n_types, n_genes)),
            np.zeros((n_types, q)),
        )


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
        sums = _Sums.zero(len(means), means.shape[1], loadings)
        steps = 6 if done == 0 else 3
        at_once = max(16, _CHUNK // means.shape[1])
        for first in range(0, counts.shape[0], at_once):
            some = slice(first, first + at_once)
            latents[some] = _add_cells(
                sums, counts[some], codes[some], means, factors, loadings, latents[some], steps
            )
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


def _add_cells(
    sums: _Sums,
    counts: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    means: Floats,
    factors: Factors,
    loadings: Loadings,
    start: Floats,
    steps: int,
) -> Floats:
    """Infer some cells and add their sums; returns their latents."""
    y = counts.toarray().astype(np.float32)
    with np.errstate(divide="ignore"):
        base = prior_base(np.log(means).astype(np.float32)[codes], factors, codes)[:, None]
    psi = factors.dispersion[codes][:, None]
    spread = factors.spread[codes][:, None]
    found = infer(base, y, psi, spread, loadings, steps=steps, start=start[:, None])
    rates = mean_rates(base, found, loadings)[:, 0]
    unsure = np.expm1(np.minimum(log_variance(found, loadings)[:, 0], 3.0))
    _add_genes(sums, y, rates, psi[:, 0], found, loadings)
    n_types = len(means)
    picker = sp.csr_matrix(
        (np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(n_types, len(codes))
    )
    sums.excess += picker @ ((y - rates) ** 2 + rates**2 * unsure - rates).astype(np.float64)
    sums.weight += picker @ (rates**2 * (1 + unsure)).astype(np.float64)
    own = np.einsum("cjj->cj", found.of_cells()[:, 0])
    sums.squares += picker @ (found.mean[:, 0] ** 2 + own)
    return found.mean[:, 0]


def _add_genes(
    sums: _Sums, y: F32, rates: F32, psi: F32, found: Latents, loadings: Loadings
) -> None:
    rows, columns = loadings.upper
    h = found.mean[:, 0].astype(np.float32)
    cov = found.of_cells()[:, 0][:, rows, columns].astype(np.float32)
    damp = 1 / (1 + psi * rates)
    weight = damp * rates
    spare = (weight.T @ cov).astype(np.float64)
    sums.slope += ((damp * (y - rates)).T @ h).astype(np.float64)
    sums.slope -= np.einsum("gij,gj->gi", loadings.square(spare), loadings.matrix)
    sums.information += (weight.T @ (h[:, rows] * h[:, columns])).astype(np.float64) + spare


def _improve(
    factors: Factors,
    sums: _Sums,
    loadings: Loadings,
    ridge: Floats,
    cells: Floats,
    means: Floats,
) -> tuple[Factors, Floats, Floats]:
    """One step of everything; also the scale by which latents were divided."""
    q = loadings.q
    old = loadings.matrix[:, 1:].astype(np.float64)
    information = loadings.square(sums.information)[:, 1:, 1:] + np.diag(1 / ridge)
    inverse = np.linalg.inv(information)
    step = np.einsum("gij,gj->gi", inverse, sums.slope[:, 1:] - old / ridge)
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
