"""Random numbers that go with counts, not with the order of rows or the place of the frame.

The coins that split counts go with the genes' names and with all that a spot counted: the same
spots split alike wherever their rows, their genes and the section's frame are.

What a chain tosses for a cell goes with what its spot counted, with its rank within the spot and
with the sweep. So a tile, or what lies around a corrected nucleus, is answered as in the whole
section, but for what its rim does not see.

The mixing is that of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.methods.cell_typing._threads import over_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import scipy.sparse as sp

__all__ = ["cell_numbers", "count_numbers", "heads", "tosses"]

Keys = npt.NDArray[np.uint64]

_GOLDEN, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_BITS = 64
_VALUES_AT_ONCE = 1 << 16


def cell_numbers(spots: Keys, n_cells: npt.NDArray[np.integer]) -> Keys:
    """(cell,) a number for each cell, cells sorted by spot.

    Parameters
    ----------
    spots
        (spot,) numbers of the spots.
    n_cells
        (spot,) how many lie in each.
    """
    ends = np.cumsum(n_cells)
    rank = np.arange(int(n_cells.sum())) - np.repeat(ends - n_cells, n_cells)
    return _mixed(np.repeat(spots, n_cells) ^ _mixed(rank.astype(np.uint64)))


def tosses(cells: Keys, sweep: int) -> npt.NDArray[np.float32]:
    """(cell,) evenly spread in [0, 1)."""
    mixed = _mixed(cells + np.uint64(_GOLDEN * sweep % 2**64))
    return ((mixed >> np.uint64(40)).astype(np.float32)) * np.float32(2**-24)


def count_numbers(counts: sp.csr_matrix, genes: Sequence[str]) -> Keys:
    """(spot,) a number for each spot, of what it counted.

    Parameters
    ----------
    counts
        (spot, gene) integers.
    genes
        (gene,) names.
    """
    found = np.zeros(counts.shape[0], np.uint64)
    arrays = (counts.indptr, counts.indices, counts.data, _gene_numbers(genes))
    over_rows(_add_up, len(found), found, *arrays)
    return found


def heads(counts: sp.csr_matrix, genes: Sequence[str], seed: np.uint64) -> npt.NDArray[np.int32]:
    """(nonzero,) of each count how many of its coins, one for each molecule, show heads.

    Parameters
    ----------
    counts
        (spot, gene) integers.
    genes
        (gene,) names.
    seed
        Another one tosses other coins.
    """
    spots, columns = _mixed(count_numbers(counts, genes) ^ seed), _gene_numbers(genes)
    found = np.zeros(counts.nnz, np.int32)
    for first in range(0, counts.nnz, _VALUES_AT_ONCE):
        block = slice(first, min(first + _VALUES_AT_ONCE, counts.nnz))
        row = np.searchsorted(counts.indptr, np.arange(block.start, block.stop), "right") - 1
        keys = _mixed(spots[row] ^ columns[counts.indices[block]])
        found[block] = _heads_of(counts.data[block], keys)
    return found


def _heads_of(counts: npt.NDArray[np.number], keys: Keys) -> npt.NDArray[np.int32]:
    left, found = counts.astype(np.int64), np.zeros(len(keys), np.int32)
    some, word = np.flatnonzero(left > 0), 0
    while len(some):
        coins = _mixed(keys[some] + np.uint64(_GOLDEN * word % 2**64))
        spare = np.maximum(_BITS - left[some], 0).astype(np.uint64)
        found[some] += np.bitwise_count(coins >> spare)
        left[some] -= _BITS
        some, word = some[left[some] > 0], word + 1
    return found


@njit(cache=True, nogil=True)
def _add_up(first, last, found, indptr, indices, data, columns):  # type: ignore[no-untyped-def]
    """Sums of mixed values, modulo 2^64: in whichever order they come."""
    for i in range(first, last):
        for e in range(indptr[i], indptr[i + 1]):
            z = (columns[indices[e]] ^ np.uint64(data[e])) + np.uint64(_GOLDEN)
            z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
            z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
            found[i] += z ^ (z >> np.uint64(31))


def _gene_numbers(genes: Sequence[str]) -> Keys:
    said = (hashlib.blake2b(name.encode(), digest_size=8).digest() for name in genes)
    return np.array([int.from_bytes(one, "little") for one in said], np.uint64)


def _mixed(keys: Keys) -> Keys:
    z = keys + np.uint64(_GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    return np.asarray(z ^ (z >> np.uint64(31)))
