"""Cells between spots: nothing was counted where they lie, so the typed cells around them vote.

Each of the nearest spot cells within reach votes for its type with weight exp(-½ (3 d / reach)²).
The votes are one sparse operator, made once: a new ν costs one pass over it. Where the looks of a
nucleus say something of its type, e^u, the votes for each type are multiplied by it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit
from scipy.spatial import cKDTree

from spotscope.methods.cell_typing._prior import NO_LOOKS
from spotscope.methods.cell_typing._threads import over_rows

__all__ = ["Voters", "find_voters"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Voters:
    """Voters of cell b are the spot cells ``other[start[b] : start[b + 1]]``, with ``weight``."""

    start: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]
    weight: Floats

    def vote(
        self,
        codes: npt.NDArray[np.int16],
        n_types: int,
        looks: npt.NDArray[np.float32] = NO_LOOKS,
    ) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.float32]]:
        """(between cell,) winning type, -1 where nobody voted, and its share of the votes.

        Parameters
        ----------
        codes
            (spot cell,) types of the voters.
        n_types
            Number of types; of types with as many votes the first wins.
        looks
            (between cell, type) u in nats, or (0, 0).
        """
        n = len(self.start) - 1
        won, share = np.full(n, -1, np.int16), np.zeros(n, np.float32)
        over_rows(
            _count,
            n,
            self.start,
            self.other,
            self.weight,
            codes,
            n_types,
            looks,
            won,
            share,
            at_least=2000,
        )
        return won, share


def find_voters(between_um: Floats, spot_cells_um: Floats, most: int, reach_um: float) -> Voters:
    """Find the voters of every cell between spots.

    Parameters
    ----------
    between_um, spot_cells_um
        (cell, 2) places.
    most
        Voters of a cell.
    reach_um
        Beyond it nobody votes.
    """
    n = len(between_um)
    if n == 0 or len(spot_cells_um) == 0:
        return Voters(np.zeros(n + 1, np.int64), np.zeros(0, np.int64), np.zeros(0))
    k = min(most, len(spot_cells_um))
    found = cKDTree(spot_cells_um).query(between_um, k=[*range(1, k + 1)])
    distance, near = np.asarray(found[0]), np.asarray(found[1])
    inside = distance <= reach_um
    start = np.concatenate([[0], np.cumsum(inside.sum(axis=1))]).astype(np.int64)
    weight = np.exp(-0.5 * (3 * distance[inside] / reach_um) ** 2)
    return Voters(start, near[inside].astype(np.int64), weight)


@njit(cache=True, nogil=True)
def _count(first, last, start, other, weight, codes, n_types, looks, won, share):  # type: ignore[no-untyped-def]
    votes = np.empty(n_types)
    for b in range(first, last):
        if start[b] == start[b + 1]:
            continue
        votes[:] = 0.0
        for e in range(start[b], start[b + 1]):
            votes[codes[other[e]]] += weight[e]
        for k in range(n_types if len(looks) else 0):
            votes[k] *= np.exp(looks[b, k])
        winner = np.argmax(votes)
        won[b] = winner
        share[b] = votes[winner] / votes.sum()
