"""The Potts prior: neighbouring cells like to share a type.

    E(k) = Σ_i NLL_i(composition of spot i) + ν Σ_{edges ab} w_ab [k_a ≠ k_b],
    w_ab = (1/|N_a| + 1/|N_b|) / 2,

with N_a the neighbours of cell a. The weight is symmetric, so E is the energy of a proper Markov
random field, and a cell of any crowd pays about ν when all its neighbours differ.

Cells known only by their number stand all at the centre of their spot. Cells at one place are never
neighbours of one another; cell r of a place is linked to cell r (mod their number) of the places
around. As labels may move freely among the cells of a place, the prior then acts between spots.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.model import Spots

__all__ = ["Graph", "link_cells", "reach_of"]

Floats = npt.NDArray[np.float64]

_AUTO_REACH = 1.5


class Graph(NamedTuple):
    """Cell a has the neighbours ``other[start[a] : start[a + 1]]``; every edge stands twice."""

    start: npt.NDArray[np.int64]
    other: npt.NDArray[np.int64]
    weight: Floats


def link_cells(yx_um: Floats, n_neighbours: int, reach_um: float) -> Graph:
    """Link every cell with its nearest ones.

    Parameters
    ----------
    yx_um
        (cell, 2).
    n_neighbours
        Links that start at a cell; with those that end there it may have more.
    reach_um
        Longest link.
    """
    n = len(yx_um)
    if n == 0:
        return Graph(np.zeros(1, np.int64), np.zeros(0, np.int64), np.zeros(0))
    places, at = np.unique(yx_um, axis=0, return_inverse=True)
    at = at.ravel()
    by_place = np.argsort(at, kind="stable")
    number = np.bincount(at)
    first = np.cumsum(number) - number
    turn = np.empty(n, np.int64)
    turn[by_place] = np.arange(n) - np.repeat(first, number)
    k = min(n_neighbours + 1, len(places))
    found = cKDTree(places).query(places, k=[*range(1, k + 1)])
    distance, near = np.asarray(found[0]), np.asarray(found[1])[at]  # its own place among them
    cell, column = np.nonzero((distance[at] <= reach_um) & (near != at[:, None]))
    place = near[cell, column]
    other = by_place[first[place] + turn[cell] % number[place]]
    links = sp.csr_matrix((np.ones(len(cell)), (cell, other)), shape=(n, n))
    links = (links + links.T).tocsr()
    links.sort_indices()
    degree = np.diff(links.indptr)
    one_end = np.repeat(1 / np.maximum(degree, 1), degree)
    weight = (one_end + 1 / np.maximum(degree, 1)[links.indices]) / 2
    return Graph(links.indptr.astype(np.int64), links.indices.astype(np.int64), weight)


def reach_of(spots: Spots, params: CellTypingParams) -> float:
    """Longest link, in µm."""
    if params.reach_um == "auto":
        return _AUTO_REACH * spots.lattice.pitch_um
    return float(params.reach_um)
