"""Counts brought to a form in which two techniques can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Floats", "neighbour_shares", "shares", "standard", "totals"]

Floats = npt.NDArray[np.float64]
_SPREAD = 4.0
_BLOCK = 256


def totals(counts: sp.csr_matrix) -> Floats:
    """(cell,) counts."""
    return np.asarray(counts.sum(axis=1, dtype=float)).ravel()


def shares(learned: sp.csr_matrix, wanted: sp.csr_matrix) -> Floats:
    """(reference cell, wanted gene) counts over the cell's total of shared genes."""
    return np.asarray(wanted.todense(), float) / np.maximum(totals(learned), 1)[:, None]


def standard(counts: sp.csr_matrix) -> Floats:
    """(cell, gene) logarithms at one depth, columns of mean 0 and deviation 1, cut at ±4."""
    sums = totals(counts)
    depth = np.median(sums[sums > 0]) if (sums > 0).any() else 1.0
    logged = np.log1p(counts.toarray() * (depth / np.maximum(sums, 1))[:, None])
    sd = logged.std(axis=0)
    z = (logged - logged.mean(axis=0)) / np.where(sd > 0, sd, 1)
    return np.clip(z, -_SPREAD, _SPREAD)


def neighbour_shares(
    cells: Floats,
    others: Floats,
    k: int,
    weigh: Callable[[Floats], Floats],
    learned: sp.csr_matrix,
    wanted: sp.csr_matrix,
) -> Floats:
    """(cell, wanted gene) shares of the k reference cells of the largest inner product.

    Parameters
    ----------
    cells, others
        (cell, n) and (reference cell, n), of length 1.
    k
        Number of neighbours.
    weigh
        Weights of neighbours (cell, k) from their inner products.
    learned, wanted
        (reference cell, shared gene) and (reference cell, wanted gene).
    """
    k = min(k, len(others))
    scale = 1 / np.maximum(totals(learned), 1)
    there, wanted = others.T.astype(np.float32), wanted.tocsr()
    found = np.zeros((len(cells), wanted.shape[1]))
    for start in range(0, len(cells), _BLOCK):
        alike = cells[start : start + _BLOCK].astype(np.float32) @ there
        near = np.argpartition(-alike, k - 1, axis=1)[:, :k]
        weight = weigh(np.take_along_axis(alike, near, axis=1).astype(float))
        weight /= np.maximum(weight.sum(axis=1, keepdims=True), 1e-12)
        rows = np.repeat(np.arange(len(near)), k)
        shape = (len(near), len(others))
        picker = sp.csr_matrix(((weight * scale[near]).ravel(), (rows, near.ravel())), shape=shape)
        found[start : start + _BLOCK] = (picker @ wanted).toarray()
    return found
