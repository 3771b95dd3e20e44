"""From labels to the cell table, and from there to the spot table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spotscope.methods.cell_typing import BeadKind
from spotscope.model import CellKey, Cells, SpotKey, is_estimated
from spotscope.pipeline.segmentation._thumbnail import is_thumbnail

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

__all__ = ["forget_types", "held_seen", "with_types"]


def with_types(session: Session, owner: npt.NDArray[np.int32], typing: CellTyping) -> Session:
    """The session with its cells, and with what the typing tells of its spots.

    Parameters
    ----------
    session
        With spots; it stays as it is.
    owner
        (cell,) index of the spot each cell belongs to, or -1.
    typing
        The labels.
    """
    cells = _cells(session, owner, typing)
    return replace(session, cells=cells).with_spots(_spots(session, owner, typing))


def _cells(session: Session, owner: npt.NDArray[np.int32], typing: CellTyping) -> Cells:
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
    return Cells(ad.AnnData(sp.csr_matrix((n, 0), dtype=np.float32), obs=obs), yx_um, nuclei)


def _seen_area(nuclei: StarConvex) -> npt.NDArray[np.float32]:
    """(nucleus,) areas in µm²; a cell that was counted has none."""
    area = nuclei.area_um2().astype(np.float32)
    area[is_estimated(nuclei)] = np.nan
    return area


def _spots(session: Session, owner: npt.NDArray[np.int32], typing: CellTyping) -> Spots:
    spots = session.sample.spots
    assert spots is not None
    index, columns = spots.table.obs_names, list(typing.types)
    weights = pd.DataFrame(typing.weights, index=index, columns=columns)
    proportions = pd.DataFrame(typing.proportions, index=index, columns=columns)
    held = np.bincount(owner[owner >= 0], minlength=spots.n)
    # cells that a spot has borrowed are no nuclei
    seen = held_seen(session, owner)
    misfit = typing.rejected if typing.misfit.size else np.zeros(spots.n, bool)
    kinds = spots.table.obs.get(SpotKey.BEAD_KIND.value)
    if kinds is not None:
        misfit = misfit | (kinds == BeadKind.REJECT).to_numpy(bool)
    judged = typing.misfit.size or kinds is not None
    return spots.told(
        obs={
            SpotKey.N_CELLS: held.astype(np.int32),
            SpotKey.NO_NUCLEI: (seen == 0) & ~spots.flagged(SpotKey.OUTSIDE_REGION),
            # what was not judged is not written down as fitting, nor kept from an earlier typing
            SpotKey.REJECTED: misfit if judged else None,
        },
        obsm={SpotKey.WEIGHTS: weights, SpotKey.PROPORTIONS: proportions},
    )


def held_seen(session: Session, owner: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """(spot,) nuclei it owns that were seen; its cells, where no image was looked at."""
    assert session.sample.spots is not None
    own = owner >= 0
    looked = session.sample.slide is not None and not is_thumbnail(session.sample)
    if looked and session.nuclei is not None:
        own &= ~is_estimated(session.nuclei)
    return np.bincount(owner[own], minlength=session.sample.spots.n)


def forget_types(session: Session) -> Session:
    """The session without what a typing told of its spots: the nuclei are no longer those."""
    spots = session.sample.spots
    if spots is None:
        return session
    return session.with_spots(
        spots.told(
            obs=dict.fromkeys(_OF_TYPING),
            obsm=dict.fromkeys((SpotKey.WEIGHTS, SpotKey.PROPORTIONS)),
        )
    )
