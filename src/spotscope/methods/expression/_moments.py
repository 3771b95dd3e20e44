"""Types of the reference: mean counts of a cell, and how far cells of one type differ.

    m_kg = (Σ_c y_cg + α) / (n_k + α / π_g)         π_g the mean over types, 1/α its CV² over types

A gene not seen in a type is rare there, not absent: α is the evidence that the other types give.
Of the variance between a type's cells chance (Poisson) takes m; what is left is

    φ_kg = (Var_k y_g - m_kg) / m_kg²,

shrunk to the gene's and to all genes' value as far as few cells and few counts leave it unsure.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

__all__ = ["shrink_dispersion", "type_dispersion", "type_means", "type_sums"]

Floats = npt.NDArray[np.float64]

_LEAST, _MOST = 0.02, 5.0
_SMALLEST, _LARGEST = 0.05, 20.0
#: Cells that are added up at once: an atlas is not copied.
_AT_ONCE = 20_000


def type_sums(
    counts: sp.csr_matrix, codes: npt.NDArray[np.integer], n_types: int
) -> tuple[Floats, Floats]:
    """(type, gene) sums of counts and of squared counts, some cells at a time."""
    sums, squares = (np.zeros((n_types, counts.shape[1])) for _ in range(2))
    for first in range(0, counts.shape[0], _AT_ONCE):
        some = counts[first : first + _AT_ONCE].astype(np.float64)
        n = some.shape[0]
        kind = codes[first : first + n]
        picker = sp.csr_matrix((np.ones(n), (kind, np.arange(n))), shape=(n_types, n))
        sums += (picker @ some).toarray()
        squares += (picker @ some.multiply(some)).toarray()
    return sums, squares


def type_means(sums: Floats, cells: npt.NDArray[np.integer]) -> Floats:
    """(type, gene) mean counts of a cell, above 0 wherever the reference has the gene at all.

    Parameters
    ----------
    sums
        (type, gene) counts over all cells of the type.
    cells
        (type,) number of cells.
    """
    n = np.maximum(cells, 1)[:, None].astype(np.float64)
    raw = sums / n
    overall = raw.mean(axis=0)
    chance = (raw / n).mean(axis=0)
    between = raw.var(axis=0) - chance
    seen = overall > 0
    ratio = float(np.sum(between[seen]) / max(float(np.sum(overall[seen] ** 2)), 1e-300))
    alpha = float(np.clip(1.0 / max(ratio, 1e-3), _LEAST, _MOST))
    with np.errstate(divide="ignore"):
        return np.asarray((sums + alpha * seen) / (n + np.where(seen, alpha / overall, 0.0)))


def type_dispersion(
    sums: Floats, squares: Floats, means: Floats, cells: npt.NDArray[np.integer]
) -> Floats:
    """(type, gene) φ, the relative variance between the cells of a type beyond chance.

    Parameters
    ----------
    sums, squares
        (type, gene) of counts and of squared counts.
    means
        (type, gene) m.
    cells
        (type,) number of cells.
    """
    n = np.maximum(cells, 1)[:, None].astype(np.float64)
    spread = np.maximum(squares - sums**2 / n, 0.0) * n / np.maximum(n - 1, 1)
    return shrink_dispersion(spread - sums, n * means**2, means, n)


def shrink_dispersion(excess: Floats, weight: Floats, mean: Floats, cells: Floats) -> Floats:
    """(type, gene) dispersions from sums over cells, borrowing between types and genes.

    With v = r + φ r² the ratio excess / weight has variance about (v + 2 v²) / (n r⁴). Each is
    drawn to its gene's value, and that to the value of all genes, as a normal with a relative
    spread of 1 would.

    Parameters
    ----------
    excess
        Σ ((y - r)² - r), whose mean is φ Σ r².
    weight
        Σ r².
    mean
        r, on average.
    cells
        (type, 1) n.
    """
    overall = max(float(excess.sum() / max(float(weight.sum()), 1e-300)), 0.01)
    noise = mean + overall * mean**2
    sure = cells * mean**4 / np.maximum(noise + 2 * noise**2, 1e-300)
    raw = excess / np.maximum(weight, 1e-300)
    gene = (np.sum(sure * raw, axis=0) + 1 / overall) / (np.sum(sure, axis=0) + 1 / overall**2)
    gene = np.clip(gene, _SMALLEST * overall, _LARGEST)
    found = (sure * raw + 1 / gene) / (sure + 1 / gene**2)
    return np.asarray(np.clip(found, _SMALLEST * gene, _LARGEST))
