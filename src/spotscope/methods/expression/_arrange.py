"""Which cells make up which spot, as the tensor programs want it: ragged lists of cells.

A spot sees the share a_c of each of its cells (the overlap A). Every cell has one home, the spot
that sees most of it; what other spots see of it is left to their own cells. Discs of a lattice lie
further apart than a nucleus is wide, so this matters only where spots touch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.model import Membership

__all__ = ["Arrangement", "arrange"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """Cells by spot.

    Parameters
    ----------
    home
        (cell,) spot, or -1.
    seen
        (cell,) share of the cell its home sees, 0 to 1.
    cells
        Typed cells that have a home, sorted by it, then by number.
    start
        (spot + 1,) where each spot's cells begin in ``cells``.
    """

    home: Ints
    seen: Floats
    cells: Ints
    start: Ints

    @property
    def n_cells(self) -> Ints:
        """(spot,) cells of each spot."""
        return np.diff(self.start)

    def groups(self, spots: Ints, most: int) -> Iterator[tuple[Ints, Ints]]:
        """Spots with equally many cells, some at a time.

        Parameters
        ----------
        spots
            Those wanted.
        most
            At most so many (cell, spot) at once; one spot is never divided.

        Yields
        ------
        spots
            (b,)
        cells
            (b, m)
        """
        sizes = self.n_cells[spots]
        for m in np.unique(sizes[sizes > 0]):
            alike = spots[sizes == m]
            at_once = max(1, most // int(m))
            for first in range(0, len(alike), at_once):
                some = alike[first : first + at_once]
                yield some, self.cells[self.start[some][:, None] + np.arange(m)]

    def type_weights(
        self, codes: npt.NDArray[np.integer], n_types: int, exponent: int = 1
    ) -> sp.csr_matrix:
        """(spot, type) sum of the shares seen of the cells of each type, or of their powers."""
        place = (self.home[self.cells], codes[self.cells])
        shape = (len(self.start) - 1, n_types)
        return sp.coo_matrix((self.seen[self.cells] ** exponent, place), shape=shape).tocsr()


def arrange(membership: Membership, codes: npt.NDArray[np.integer]) -> Arrangement:
    """Give every cell its home.

    Parameters
    ----------
    membership
        Which cell lies in which spot, and how much of it.
    codes
        (cell,) types; cells without one (-1) are in no spot's list.
    """
    overlap = membership.overlap.tocsc()
    n_spots, n_cells = overlap.shape
    home, seen = np.full(n_cells, -1, np.int64), np.zeros(n_cells)
    cell = np.repeat(np.arange(n_cells), np.diff(overlap.indptr))
    order = np.argsort(overlap.data, kind="stable")  # the largest is written last
    order = order[overlap.data[order] > 0]
    home[cell[order]] = overlap.indices[order]
    seen[cell[order]] = np.minimum(overlap.data[order], 1.0)
    inside = np.flatnonzero((home >= 0) & (codes >= 0))
    cells = inside[np.argsort(home[inside], kind="stable")]
    start = np.searchsorted(home[cells], np.arange(n_spots + 1))
    return Arrangement(home, seen, cells, start.astype(np.int64))
