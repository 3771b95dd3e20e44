"""What a spot expresses, in four numbers: its counts, and where it lies among the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["expression_axes"]

Floats = npt.NDArray[np.float64]
#: Genes of the highest counts that are looked at, and those of them that differ most.
_COUNTED, _DIFFERING = 2_000, 500
_COMPONENTS = 3


def expression_axes(counts: sp.csr_matrix) -> Floats:
    """The logarithm of a spot's counts, and its first principal components.

    Parameters
    ----------
    counts
        (spot, gene) raw counts.

    Returns
    -------
    (spot, 1 to 4): the counts of all genes, log(1 + n); then the three components of largest
    variance among the shares of single genes, log(1 + share of the median spot's counts).
    """
    total = np.asarray(counts.sum(axis=1), float).ravel()
    most = np.argsort(-np.asarray(counts.sum(axis=0)).ravel(), kind="stable")[:_COUNTED]
    shares = counts[:, np.sort(most)].astype(np.float32).tocsr()
    factor = np.median(total) / np.maximum(total, 1.0)
    shares.data = np.log1p(shares.data * np.repeat(factor, np.diff(shares.indptr)))
    mean = np.asarray(shares.mean(axis=0)).ravel()
    spread = np.asarray(shares.multiply(shares).mean(axis=0)).ravel() - mean**2
    differing = np.sort(np.argsort(-spread, kind="stable")[:_DIFFERING])
    levels = shares[:, differing].toarray().astype(float) - mean[differing]
    values, vectors = np.linalg.eigh(levels.T @ levels)
    told = vectors[:, ::-1][:, : min(_COMPONENTS, int((values > 1e-9 * len(levels)).sum()))]
    return np.column_stack([np.log1p(total), levels @ told])
