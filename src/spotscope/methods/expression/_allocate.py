"""Whole counts for the cells of a spot: they sum to what the spot counted, exactly.

The expected share s_c of y counts gives each cell floor(y s_c); the counts left over go to the
cells with the largest remainders (Hamilton's rule), or all counts are drawn from a multinomial.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["draw_counts", "largest_remainder"]

Floats = npt.NDArray[np.floating]
Ints = npt.NDArray[np.int32]


def largest_remainder(counts: npt.NDArray[np.integer], shares: Floats) -> Ints:
    """Give out whole counts as near to the shares as can be.

    Parameters
    ----------
    counts
        (spot, gene).
    shares
        (spot, cell, gene), summing to 1 over the cells.

    Returns
    -------
    (spot, cell, gene); of equal remainders the earlier cell's comes first.
    """
    given = np.zeros(shares.shape, np.int32)
    spot, gene = np.nonzero(counts)  # most genes of a spot have nothing to give
    counted = counts[spot, gene][:, None]
    wanted = counted * shares[spot, :, gene].astype(np.float64)
    whole = np.floor(wanted + 1e-6)
    order = np.argsort(whole - wanted, axis=1, kind="stable")
    rank = np.empty_like(order)
    np.put_along_axis(rank, order, np.arange(order.shape[1])[None], axis=1)
    more = rank < counted - whole.sum(axis=1, keepdims=True)
    given[spot, :, gene] = whole.astype(np.int32) + more
    return given


def draw_counts(counts: npt.NDArray[np.integer], shares: Floats, rng: np.random.Generator) -> Ints:
    """Draw whole counts of one spot from a multinomial.

    Parameters
    ----------
    counts
        (gene,).
    shares
        (cell, gene), summing to 1 over the cells.
    rng
        Of this spot alone, so that a region is drawn as it is in the whole.

    Returns
    -------
    (cell, gene).
    """
    chances = shares.T.astype(np.float64)
    chances /= chances.sum(axis=1, keepdims=True)
    return rng.multinomial(counts, chances).T.astype(np.int32)
