"""Random numbers that go with places, not with the order of cells.

What a chain tosses for a cell is a function of where the cell lies, of its rank within its spot
(cells that are known by their number alone lie in one place), and of the sweep. So a tile, or what
lies around a corrected nucleus, is answered as in the whole section, but for what its rim does not
see.

The mixing is that of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["place_numbers", "tosses"]

Keys = npt.NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15


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


def _mixed(keys: Keys) -> Keys:
    z = keys + np.uint64(_GOLDEN)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
