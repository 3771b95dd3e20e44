"""What one pass over the reference's cells adds up, from which directions are improved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.expression._factors import prior_base
from spotscope.methods.expression._posterior import infer, log_variance, mean_rates
from spotscope.model import in_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.methods.expression._factors import Factors
    from spotscope.methods.expression._posterior import Latents, Loadings

__all__ = ["Sums", "add_up"]

Floats = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]
Some: TypeAlias = npt.NDArray[np.floating]

_CHUNK = 1 << 21
#: Sums of a piece are as large as all sums.
_THREADS = 4


@dataclass(slots=True)
class Sums:
    """What one pass over the cells adds up.

    Parameters
    ----------
    slope
        (gene, q) of (y - ρ) h / (1 + ψ ρ).
    unsure, known
        (gene, q (q + 1) / 2) upper halves of ρ V and of ρ h hᵀ, over 1 + ψ ρ.
    excess, weight
        (type, gene) of the squares beyond chance, and of what they are to be compared with.
    squares
        (type, q) of the latents.
    """

    slope: Some
    unsure: Some
    known: Some
    excess: Floats
    weight: Floats
    squares: Floats

    @classmethod
    def zero(cls, n_types: int, n_genes: int, loadings: Loadings) -> Sums:
        q, flat = loadings.q, loadings.products.shape[1]
        return cls(
            np.zeros((n_genes, q)),
            np.zeros((n_genes, flat)),
            np.zeros((n_genes, flat)),
            np.zeros((n_types, n_genes)),
            np.zeros((n_types, n_genes)),
            np.zeros((n_types, q)),
        )

    def add(self, other: Sums) -> None:
        """Add those of other cells."""
        for name in ("slope", "unsure", "known", "excess", "weight", "squares"):
            own = getattr(self, name)
            own += getattr(other, name)


def add_up(
    counts: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    means: Floats,
    factors: Factors,
    loadings: Loadings,
    latents: Floats,
    steps: int,
) -> Iterator[Sums]:
    """Infer all cells, from ``latents`` on and into them, some at a time; yield their sums."""
    bases = prior_base(_log(means), factors, np.arange(len(means)))
    at_once = max(16, _CHUNK // means.shape[1])

    def of_some(first: int) -> Sums:
        some = slice(first, first + at_once)
        latents[some], sums = _of_cells(
            counts[some], codes[some], bases, factors, loadings, latents[some], steps
        )
        return sums

    return in_threads(of_some, range(0, counts.shape[0], at_once), _THREADS)


def _log(means: Floats) -> F32:
    with np.errstate(divide="ignore"):
        return np.log(means).astype(np.float32)


def _of_cells(
    counts: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    bases: F32,
    factors: Factors,
    loadings: Loadings,
    start: Floats,
    steps: int,
) -> tuple[Floats, Sums]:
    """Infer some cells: their latents, and their sums; ``bases`` is b of each type."""
    y = counts.toarray().astype(np.float32)
    base = bases[codes][:, None]
    psi = factors.dispersion[codes][:, None]
    spread = factors.spread[codes][:, None]
    found = infer(base, y, psi, spread, loadings, steps=steps, start=start[:, None])
    rates = mean_rates(base, found, loadings)[:, 0]
    unsure = np.expm1(np.minimum(log_variance(found, loadings)[:, 0], 3.0))
    n_types = len(bases)
    picker = sp.csr_matrix(
        (np.ones(len(codes)), (codes, np.arange(len(codes)))), shape=(n_types, len(codes))
    )
    own = np.einsum("cjj->cj", found.of_cells()[:, 0])
    slope, doubtful, known = _of_genes(y, rates, psi[:, 0], found, loadings)
    sums = Sums(
        slope,
        doubtful,
        known,
        picker @ ((y - rates) ** 2 + rates**2 * unsure - rates).astype(np.float64),
        picker @ (rates**2 * (1 + unsure)).astype(np.float64),
        picker @ (found.mean[:, 0] ** 2 + own),
    )
    return found.mean[:, 0], sums


def _of_genes(
    y: F32, rates: F32, psi: F32, found: Latents, loadings: Loadings
) -> tuple[Some, Some, Some]:
    rows, columns = loadings.upper
    h = found.mean[:, 0].astype(np.float32)
    cov = found.of_cells()[:, 0][:, rows, columns].astype(np.float32)
    damp = 1 / (1 + psi * rates)
    weight = (damp * rates).T
    return (damp * (y - rates)).T @ h, weight @ cov, weight @ (h[:, rows] * h[:, columns])
