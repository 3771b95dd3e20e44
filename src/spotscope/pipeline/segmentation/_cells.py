"""From labels to the cell table, and from there to the spot table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spotscope.methods.cell_typing import BeadKind
from spotscope.model import CellKey, Cells, SpotKey, is_estimated

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.cell_typing import CellTyping
    from spotscope.model import Session, Spots, StarConvex

#: Columns of the spot table that a typing writes.
_OF_TYPING = (
    SpotKey.N_CELLS,
    SpotKey.NO_NUCLEI,
    SpotKey.REJECTED,
    SpotKey.BEAD_KIND,
    SpotKey.BEAD_FIRST,
    SpotKey.BEAD_SECOND,
    SpotKey.BEAD_SHARE,
)

__all__ = ["cells_of", "forget_types", "held_seen"]


def cells_of(session: Session, owner: npt.NDArray[np.int32], typing: CellTyping) -> Cells:
    """Build the cell table, and write the weights and proportions to the spot table.

    Parameters
    ----------
    session
        With spots.
    owner
        (cell,) index of the spot each cell belongs to, or -1.
    typing
        The labels.
    """
    import anndata as ad
    import scipy.sparse as sp

    spots = session.sample.spots
    assert spots is not None
    nuclei = session.nuclei
    n = len(typing.codes)
    yx_um = nuclei.yx_um if nuclei is not None else spots.yx_um[owner]
    names = spots.table.obs_names.to_numpy(str)
    spot_id = np.where(owner >= 0, names[np.maximum(owner, 0)], "")
    labels = nuclei.label_id if nuclei is not None else np.arange(1, n + 1, dtype=np.uint32)
    obs = pd.DataFrame(
        {
            CellKey.LABEL_ID.value: labels,
            CellKey.AREA.value: (_seen_area(nuclei) if nuclei is not None else np.float32(np.nan)),
            CellKey.PROBABILITY.value: (
                nuclei.probability if nuclei is not None else np.float32(np.nan)
            ),
            CellKey.SPOT_ID.value: pd.Categorical(spot_id),
            CellKey.CELL_TYPE.value: pd.Categorical.from_codes(
                typing.codes.astype(np.int64), categories=pd.Index(typing.types)
            ),
            CellKey.MARGIN.value: typing.margin,
            CellKey.SUPPORT.value: typing.support,
            CellKey.SOURCE.value: pd.Categorical(np.asarray(typing.source, dtype=str)),
        },
        index=pd.Index(labels.astype(str), name="cell"),
    )
    _write_to_spots(session, owner, typing)
    return Cells(ad.AnnData(sp.csr_matrix((n, 0), dtype=np.float32), obs=obs), yx_um, nuclei)


def _seen_area(nuclei: StarConvex) -> npt.NDArray[np.float32]:
    """(nucleus,) areas in µm²; a cell that was counted has none."""
    area = nuclei.area_um2().astype(np.float32)
    area[is_estimated(nuclei)] = np.nan
    return area


def _write_to_spots(session: Session, owner: npt.NDArray[np.int32], typing: CellTyping) -> None:
    spots = session.sample.spots
    assert spots is not None
    index, columns = spots.table.obs_names, list(typing.types)
    weights = pd.DataFrame(typing.weights, index=index, columns=columns)
    proportions = pd.DataFrame(typing.proportions, index=index, columns=columns)
    spots.table.obsm[SpotKey.WEIGHTS.value] = weights
    spots.table.obsm[SpotKey.PROPORTIONS.value] = proportions
    held = np.bincount(owner[owner >= 0], minlength=spots.n)
    spots.table.obs[SpotKey.N_CELLS.value] = held.astype(np.int32)
    # cells that a spot has borrowed are no nuclei
    seen = held_seen(session, owner)
    spots.flag(SpotKey.NO_NUCLEI, (seen == 0) & ~spots.flagged(SpotKey.OUTSIDE_REGION))
    misfit = typing.rejected if typing.misfit.size else np.zeros(spots.n, bool)
    kinds = spots.table.obs.get(SpotKey.BEAD_KIND.value)
    if kinds is not None:
        misfit = misfit | (kinds == BeadKind.REJECT).to_numpy(bool)
    if typing.misfit.size or kinds is not None:
        spots.flag(SpotKey.REJECTED, misfit)
    else:  # what was not judged is not written down as fitting, nor kept from an earlier typing
        spots.table.obs.drop(columns=SpotKey.REJECTED.value, errors="ignore", inplace=True)


def held_seen(session: Session, owner: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """(spot,) nuclei it owns that were seen; its cells, where no image was looked at at all."""
    assert session.sample.spots is not None
    own = owner >= 0
    if session.sample.slide is not None and session.nuclei is not None:
        own &= ~is_estimated(session.nuclei)
    return np.bincount(owner[own], minlength=session.sample.spots.n)


def forget_types(spots: Spots) -> None:
    """Take out of the spot table what an earlier typing wrote: its nuclei are no longer there."""
    for key in (SpotKey.WEIGHTS, SpotKey.PROPORTIONS):
        spots.table.obsm.pop(key.value, None)
    stale = [key.value for key in _OF_TYPING]
    for column in stale:
        if column in spots.table.obs:
            del spots.table.obs[column]
