"""How many cells a spot holds, guessed from its counts alone: for data without an image.

Two guesses from a reference cell of average type: the counts, M = U_i / mean total; and the number
of different genes, which grows more slowly and is not fooled by depth,

    D(M) = Σ_g 1 - exp(-M m_g)       (m_g the mean count of gene g in a reference cell).

M is their geometric mean. Platforms catch different shares of a cell's RNA, so this is right to a
factor of two at best; an image, or a column of counts, is better.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import GeneSpace

if TYPE_CHECKING:
    from spotscope.model import Reference, Spots

__all__ = ["estimate_cell_counts"]

_FEWEST, _MOST = 1, 20


def estimate_cell_counts(spots: Spots, reference: Reference) -> npt.NDArray[np.int64]:
    """Guess the number of cells of every spot, 1 to 20.

    Parameters
    ----------
    spots, reference
        Raw counts; only shared genes are looked at.

    Returns
    -------
    (spot,) int64.

    Raises
    ------
    MethodError
        If no gene is shared.
    """
    space = GeneSpace.shared(spots.table, reference.table)
    counts = spots.counts @ space.left
    per_cell = np.asarray((reference.table.X @ space.right).mean(axis=0), float).ravel()
    by_counts = np.asarray(counts.sum(axis=1), float).ravel() / max(per_cell.sum(), 1e-9)
    grid = np.geomspace(0.05, 4 * _MOST, 100)
    different = (1 - np.exp(-grid[:, None] * per_cell)).sum(axis=1)
    by_genes = np.interp(np.asarray((counts > 0).sum(axis=1)).ravel(), different, grid)
    guess = np.sqrt(np.maximum(by_counts, 1e-9) * by_genes)
    return np.clip(np.rint(guess), _FEWEST, _MOST).astype(np.int64)
