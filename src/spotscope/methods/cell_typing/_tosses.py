"""Random numbers that go with places and with counts, not with the order of rows.

What a chain tosses for a cell is a function of where the cell lies, of its rank within its spot
(cells that are known by their number alone lie in one place), and of the sweep. So a tile, or what
lies around a corrected nucleus, is answered as in the whole section, but for what its rim does not
see.

The coins that split counts go with the genes' names and with all that a spot counted: the same
spots split alike wherever their rows, their genes and the section's frame are.

The mixing is that of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
"""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    import scipy.sparse as sp

__all__ = ["count_numbers", "heads", "place_numbers", "tosses"]

Keys = npt.NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_BITS = 64
_VALUES_AT_ONCE = 1 << 16


def place_numbers(yx_um: npt.NDArray[np.floating], n_cells: npt.NDArray[np.integer]) -> Keys:
    """(cell,) a number for each cell.

    Parameters
    ----------
    yx_um
        (cell, 2) or (cell, 3) places, cells sorted by spot.
    n_cells
        (spot,) how many lie in each.
    """
    ends = np.cumsum(n_cells)
    first = np.repeat(ends - n_cells, n_cells)
    found = _mixed((np.arange(len(yx_um)) - first).astype(np.uint64))
    for column in np.ascontiguousarray(yx_um.T, np.float64):
        found = _mixed(found ^ (column + 0.0).view(np.uint64))  # -0 and 0 are one place
    return found


def tosses(places: Keys, sweep: int) -> npt.NDArray[np.float32]:
    """(cell,) evenly spread in [0, 1)."""
    mixed = _mixed(places + np.uint64(_GOLDEN * sweep % 2**64))
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
    columns, found = _gene_numbers(genes), np.zeros(counts.shape[0], np.uint64)
    for spot, (first, last) in enumerate(itertools.pairwise(counts.indptr)):
        said = columns[counts.indices[first:last]] ^ counts.data[first:last].astype(np.uint64)
        found[spot] = _mixed(said).sum()  # in whichever order, modulo 2^64
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


def _gene_numbers(genes: Sequence[str]) -> Keys:
    said = (hashlib.blake2b(name.encode(), digest_size=8).digest() for name in genes)
    return np.array([int.from_bytes(one, "little") for one in said], np.uint64)


def _mixed(keys: Keys) -> Keys:
    z = keys + np.uint64(_GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
