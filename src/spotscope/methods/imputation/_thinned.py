"""What was told of a gene, and the few counts that are left of it.

With m_c what others tell of the gene, and x_c ~ Poisson(τ λ_c) what is left, the rates λ are m
times a ratio, first one that alike cells share, then the cell's own, both gamma of mean 1 and
variance φ:

    e_c = m_c Σ x / Σ m,    ratio = (x + 1/φ) / (e + 1/φ)

over the sums of a cell and those alike, then over the cell itself with e · ratio. φ is what is left
by moments, Σ ((x - e)² - e) / Σ e², of each gene drawn to that of all by the weight of one gene. A
gene that is told well has φ near 0 and keeps m; one that is told badly follows its counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.methods.imputation._tables import Floats

__all__ = ["with_thinned"]

_LEAST, _MOST = 1e-3, 100.0


def with_thinned(
    told: npt.NDArray[np.floating], left: npt.NDArray[np.integer], alike: sp.csr_matrix
) -> Floats:
    """Expected counts from what others tell of genes and what is left of them.

    Parameters
    ----------
    told
        (cell, gene) expected counts from other genes.
    left
        (cell, gene) counts that are left.
    alike
        (cell, cell) cells that are alike, without themselves; only where it is not 0 matters.

    Returns
    -------
    (cell, gene) at the scale of ``told``; a gene of which nothing is left stays as it was told.
    """
    mean, counts = np.asarray(told, np.float64), np.asarray(left, np.float64)
    around = (alike != 0).astype(float)
    expected = mean * counts.sum(axis=0) / np.maximum(mean.sum(axis=0), 1e-12)
    shared = _ratio(counts + around @ counts, expected + around @ expected)
    return np.asarray(mean * shared * _ratio(counts, expected * shared))


def _ratio(counts: Floats, expected: Floats) -> Floats:
    """(cell, gene) ratio of the rate to what was expected."""
    excess = ((counts - expected) ** 2 - expected).sum(axis=0)
    size = (expected**2).sum(axis=0)
    spread = (excess + excess.mean()) / np.maximum(size + size.mean(), 1e-12)
    shape = 1 / np.clip(spread, _LEAST, _MOST)
    return np.asarray((counts + shape) / (expected + shape))
