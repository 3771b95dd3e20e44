"""Which types are considered for the cells of a spot."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["LARGEST_RANK", "Candidates", "choose_candidates"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: The rank of a composition among all (see :mod:`_composition`) must fit in 64 bits.
LARGEST_RANK = 2**61


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Types considered in every spot: ``codes[start[i] : start[i + 1]]``, heaviest first."""

    start: Ints
    codes: Ints


def choose_candidates(
    weights: Floats, n_cells: Ints, share: float, most: int, mix: Floats
) -> Candidates:
    """Keep types whose weight is above ``share`` of the spot's, or half a cell where that is less.

    Parameters
    ----------
    weights
        (spot, type) continuous fit.
    n_cells
        (spot,) M.
    share, most
        Cut, and most types of a spot. At least two are kept.
    mix
        (type,) of the whole section: decides where a spot has no weight at all.
    """
    total = weights.sum(axis=1, keepdims=True)
    shares = np.where(total > 0, weights / np.maximum(total, 1e-300), 0.0) + 1e-9 * mix
    cut = np.minimum(share, 0.5 / np.maximum(n_cells, 1))
    order = np.argsort(-shares, axis=1, kind="stable")
    kept = np.clip((shares > cut[:, None]).sum(axis=1), 2, most)
    kept = np.minimum(kept, weights.shape[1])
    for spot in np.flatnonzero(n_cells > 20):
        while math.comb(int(n_cells[spot] + kept[spot] - 1), int(kept[spot] - 1)) > LARGEST_RANK:
            kept[spot] -= 1
    codes = order[np.arange(order.shape[1]) < kept[:, None]]
    return Candidates(np.concatenate([[0], np.cumsum(kept)]), codes.astype(np.int64))
