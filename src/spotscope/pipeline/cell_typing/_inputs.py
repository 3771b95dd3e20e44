"""What the Cell types step works on: the spots, their cells, and what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import cell_typing
from spotscope.model import Membership, Problem
from spotscope.pipeline._fingerprint import of_outlines, of_text
from spotscope.pipeline.cell_typing._beads import no_beads

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.cell_typing import CellTypingParams
    from spotscope.model import Reference, Session, Spots

__all__ = ["check_typing", "membership_of", "of_cells", "spots_of"]


def membership_of(
    session: Session, n_cells: npt.NDArray[np.int64] | None = None
) -> tuple[Membership, npt.NDArray[np.float64]]:
    """Say which cell lies in which spot, and where: from outlines, else from counts of cells.

    Parameters
    ----------
    n_cells
        (spot,) number of cells, for samples without nuclei.

    Returns
    -------
    The membership, and (cell, 2) centres in µm.
    """
    spots = spots_of(session)
    if session.nuclei is not None:
        return Membership.from_discs(session.nuclei, spots), session.nuclei.yx_um
    assert n_cells is not None
    membership = Membership.from_counts(n_cells)
    return membership, spots.yx_um[membership.owner]


def check_typing(
    session: Session,
    reference: Reference,
    params: CellTypingParams,
    n_cells: npt.NDArray[np.int64] | None = None,
) -> list[Problem]:
    """What stands in the way of typing; nothing is fitted."""
    if session.sample.spots is None:
        return [
            Problem(
                f"Expected spots to type cells from, found an image alone in "
                f"{session.sample.name}; open the spots (a Space Ranger folder or an h5ad)."
            )
        ]
    if params.mode == "doublet":
        spots = spots_of(session)
        each = Membership.from_counts(np.ones(spots.n, np.int64))
        return [*no_beads(session), *cell_typing.check(spots, reference, each, params)]
    if session.nuclei is None and n_cells is None:
        return [
            Problem(
                "Expected nuclei, found none yet; run the Nuclei step first, "
                "or type without an image (spotscope type)."
            )
        ]
    membership, _ = membership_of(session, n_cells)
    return cell_typing.check(session.sample.spots, reference, membership, params)


def spots_of(session: Session) -> Spots:
    """The spots of a session that has some."""
    assert session.sample.spots is not None
    return session.sample.spots


def of_cells(session: Session, membership: Membership) -> str:
    """Fingerprint of the cells: of their outlines, else of how many each spot has."""
    if session.nuclei is not None:
        return of_outlines(session.nuclei)
    return of_text(str(membership.cells_per_spot.tolist()))
