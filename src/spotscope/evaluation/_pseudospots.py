"""Pseudo-spots: single cells whose types are known, summed into spots.

A spot counts Y_sg = Σ_{c in s} X_cg over the cells whose centre lies in its disc (hex, free) or in
its square. Nothing is drawn and nothing is lost: every count was a cell's count, so what a method
should find is known exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.spatial import cKDTree

from spotscope.evaluation._lattice import hex_lattice
from spotscope.model import Lattice, MethodError, Spots

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PseudoSpots", "sum_into_spots"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PseudoSpots:
    """Spots, and the truth of them.

    Parameters
    ----------
    spots
        Summed counts on the lattice.
    owner
        (cell,) spot of each cell, or -1 between spots.
    types
        Names of the types.
    type_counts
        (spot, type) cells of each type.
    """

    spots: Spots
    owner: npt.NDArray[np.int32]
    types: tuple[str, ...]
    type_counts: npt.NDArray[np.int64]

    @property
    def proportions(self) -> Floats:
        """(spot, type) shares; rows sum to 1."""
        return self.type_counts / self.type_counts.sum(axis=1, keepdims=True)


def sum_into_spots(
    counts: sp.csr_matrix,
    yx_um: Floats,
    codes: npt.NDArray[np.integer],
    types: Sequence[str],
    genes: Sequence[str],
    *,
    layout: Literal["hex", "square"] = "hex",
    pitch_um: float = 100.0,
    diameter_um: float = 55.0,
    least_cells: int = 1,
    shift_um: tuple[float, float] = (0.0, 0.0),
) -> PseudoSpots:
    """Sum cells into spots.

    Parameters
    ----------
    counts
        (cell, gene) raw counts.
    yx_um
        (cell, 2) centres, (y, x).
    codes
        (cell,) index into ``types``.
    types, genes
        Names.
    layout
        ``hex``: discs of ``diameter_um`` on a hexagonal lattice; ``square``: bins that fill the
        plane, ``pitch_um`` a side, and ``diameter_um`` is not used.
    pitch_um, diameter_um
        Distance between neighbours and width of a spot.
    least_cells
        Spots with fewer cells are not made.
    shift_um
        (y, x) by which the lattice starts before the first cell, 0 to one pitch: another draw of
        spots from the same cells.

    Raises
    ------
    MethodError
        If discs would overlap, or no spot has enough cells.
    """
    if layout == "hex" and diameter_um > pitch_um:
        raise MethodError(
            f"Expected spots no wider than their pitch, found {diameter_um:g} µm on a pitch of "
            f"{pitch_um:g} µm; a cell would be counted twice: give a smaller diameter."
        )
    low = yx_um.min(axis=0) - np.asarray(shift_um, float)
    place = _in_discs if layout == "hex" else _in_squares
    centres, owner = place(yx_um - low, pitch_um, diameter_um)
    cells = np.bincount(owner[owner >= 0], minlength=len(centres))
    kept = np.flatnonzero(cells >= max(least_cells, 1))
    if not kept.size:
        raise MethodError(
            f"Expected spots with at least {least_cells} cells, found none (most: "
            f"{cells.max(initial=0)}); make the spots larger or ask for fewer cells."
        )
    renumbered = np.full(len(centres) + 1, -1, np.int32)
    renumbered[kept] = np.arange(len(kept))
    spot = renumbered[owner]  # -1 reads the last entry, which is -1
    members = _indicator(spot, len(kept))
    one_hot = _indicator(codes, len(types)).T
    width = diameter_um if layout == "hex" else pitch_um
    return PseudoSpots(
        spots=_table(
            members @ counts, centres[kept] + low, genes, Lattice(layout, pitch_um, width)
        ),
        owner=spot,
        types=tuple(types),
        type_counts=np.asarray((members @ one_hot).todense()).astype(np.int64),
    )


def _in_discs(
    yx: Floats, pitch_um: float, diameter_um: float
) -> tuple[Floats, npt.NDArray[np.intp]]:
    high = yx.max(axis=0) + pitch_um / 2
    centres, _ = hex_lattice((float(high[0]), float(high[1])), pitch_um)
    distance, nearest = cKDTree(centres).query(yx)
    return centres, np.where(np.asarray(distance) <= diameter_um / 2, nearest, -1)


def _in_squares(yx: Floats, pitch_um: float, _: float) -> tuple[Floats, npt.NDArray[np.intp]]:
    bins = np.floor(yx / pitch_um).astype(np.intp)
    shape = bins.max(axis=0) + 1
    grid = np.stack(np.unravel_index(np.arange(shape.prod()), shape), axis=1)
    owner = np.ravel_multi_index((bins[:, 0], bins[:, 1]), shape)
    return (grid.astype(np.float64) + 0.5) * pitch_um, owner


def _indicator(group: npt.NDArray[np.integer], n_groups: int) -> sp.csr_matrix:
    """(group, member) ones; members of -1 are in no group."""
    member = np.flatnonzero(group >= 0)
    ones = np.ones(len(member), np.int32)
    return sp.coo_matrix((ones, (group[member], member)), (n_groups, len(group))).tocsr()


def _table(counts: sp.csr_matrix, yx_um: Floats, genes: Sequence[str], lattice: Lattice) -> Spots:
    import pandas as pd
    from anndata import AnnData

    obs = pd.DataFrame(index=[f"pseudo_{i}" for i in range(len(yx_um))])
    table = AnnData(sp.csr_matrix(counts), obs=obs, var=pd.DataFrame(index=list(genes)))
    return Spots(table, yx_um, lattice)
