"""Slices stacked into one section in space, and an answer on it taken apart again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import Membership, MethodError, Spots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.methods.cell_typing import CellTyping, FittedTyping
    from spotscope.model import Session, Transform

__all__ = ["Stack", "of_slice", "stack"]


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """Slices as one section.

    Parameters
    ----------
    spots
        Of all slices, on the genes that all have, places as the first slice has them.
    membership
        Cells of all slices.
    zyx_um
        (cell, 3) places; z is the slice's number times the distance across.
    first_spot, first_cell
        (slice + 1,) where each slice begins.
    names
        Of the samples.
    """

    spots: Spots
    membership: Membership
    zyx_um: npt.NDArray[np.float64]
    first_spot: npt.NDArray[np.int64]
    first_cell: npt.NDArray[np.int64]
    names: tuple[str, ...]


def stack(
    sessions: Sequence[Session],
    fits: Sequence[FittedTyping],
    transforms: Sequence[Transform],
    across_um: float,
) -> Stack:
    """Put slices on one another.

    Parameters
    ----------
    sessions, fits
        Typed alone: from the fits come the cells, wherever they came from.
    transforms
        Of each slice onto the first.
    across_um
        Between a slice and the next.

    Raises
    ------
    MethodError
        If the slices share no gene, or are of different lattices.
    """
    spots = [_spots(session) for session in sessions]
    pitches = {round(one.lattice.pitch_um, 1) for one in spots}
    if max(pitches) > 1.5 * min(pitches):
        raise MethodError(
            f"Expected slices of one assay, found spots {min(pitches):g} and {max(pitches):g} µm "
            "apart; type them one by one."
        )
    owner, places, first_spot, first_cell = [], [], [0], [0]
    for k, (fit, transform) in enumerate(zip(fits, transforms, strict=True)):
        own = np.asarray(fit.state.owner, np.int64)
        owner.append(np.where(own >= 0, own + first_spot[-1], -1))
        depth = np.full((len(own), 1), k * across_um)
        places.append(np.concatenate([depth, transform(fit.state.yx_um)], axis=1))
        first_spot.append(first_spot[-1] + spots[k].n)
        first_cell.append(first_cell[-1] + len(own))
    yx = [t(one.yx_um) for one, t in zip(spots, transforms, strict=True)]
    return Stack(
        Spots(_one_table(spots), np.concatenate(yx), spots[0].lattice),
        _membership(np.concatenate(owner), first_spot[-1]),
        np.concatenate(places),
        np.array(first_spot),
        np.array(first_cell),
        tuple(session.sample.name for session in sessions),
    )


def of_slice(stacked: Stack, typing: CellTyping, k: int) -> CellTyping:
    """The answer on slice ``k``; energy and what ν flipped stay those of the whole."""
    cells = slice(int(stacked.first_cell[k]), int(stacked.first_cell[k + 1]))
    rows = slice(int(stacked.first_spot[k]), int(stacked.first_spot[k + 1]))
    of_cells = ("codes", "source", "margin", "support")
    of_spots = ("weights", "proportions", "misfit")
    return replace(
        typing,
        **{name: getattr(typing, name)[cells] for name in of_cells},
        **{name: getattr(typing, name)[rows] for name in of_spots},
    )


def _one_table(spots: Sequence[Spots]):  # type: ignore[no-untyped-def]
    """(spot, gene) of all slices on the genes they share."""
    import pandas as pd
    import scipy.sparse as sp
    from anndata import AnnData

    shared = spots[0].table.var_names
    for one in spots:
        shared = shared[shared.isin(one.table.var_names) & ~shared.duplicated(keep=False)]
        shared = shared[~shared.isin(_twice(one))]
    if not len(shared):
        raise MethodError(
            "Expected slices that share genes, found none that all have; check that they are of "
            "one assay and name their genes alike."
        )
    counts = [one.counts[:, one.table.var_names.get_indexer(shared)] for one in spots]
    names = [f"{k}:{name}" for k, one in enumerate(spots) for name in one.table.obs_names]
    return AnnData(
        sp.vstack(counts).tocsr(), obs=pd.DataFrame(index=names), var=pd.DataFrame(index=shared)
    )


def _twice(spots: Spots):  # type: ignore[no-untyped-def]
    """Genes that a table names more than once."""
    names = spots.table.var_names
    return names[names.duplicated()]


def _membership(owner: npt.NDArray[np.int64], n_spots: int) -> Membership:
    import scipy.sparse as sp

    inside = np.flatnonzero(owner >= 0)
    ones = (np.ones(len(inside)), (owner[inside], inside))
    return Membership(sp.csr_matrix(ones, shape=(n_spots, len(owner))), owner.astype(np.int32))


def _spots(session: Session) -> Spots:
    assert session.sample.spots is not None
    return session.sample.spots
