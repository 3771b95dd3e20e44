"""Slices stacked into one section in space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods import cell_typing
from spotscope.model import Membership, MethodError, Spots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.methods.cell_typing import FittedTyping, SlicePlace
    from spotscope.model import Session, Transform

__all__ = ["Stack", "stack"]


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
    places
        Where each slice is among all.
    names
        Of the samples.
    """

    spots: Spots
    membership: Membership
    zyx_um: npt.NDArray[np.float64]
    places: tuple[SlicePlace, ...]
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
    owner, zyx, places, n_cells, n_spots = [], [], [], 0, 0
    for k, (fit, transform) in enumerate(zip(fits, transforms, strict=True)):
        own = np.asarray(fit.state.owner, np.int64)
        cells, rows = (n_cells, n_cells + len(own)), (n_spots, n_spots + spots[k].n)
        owner.append(np.where(own >= 0, own + n_spots, -1))
        places.append(cell_typing.SlicePlace(cells, rows, transform, k * across_um))
        zyx.append(places[-1].lifted(fit.state.yx_um))
        n_cells, n_spots = cells[1], rows[1]
    yx = [t(one.yx_um) for one, t in zip(spots, transforms, strict=True)]
    return Stack(
        Spots(_one_table(spots), np.concatenate(yx), spots[0].lattice),
        _membership(np.concatenate(owner), n_spots),
        np.concatenate(zyx),
        tuple(places),
        tuple(session.sample.name for session in sessions),
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
