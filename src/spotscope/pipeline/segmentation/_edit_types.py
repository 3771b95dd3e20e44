"""Types of the nuclei as they are now, from a fit that was made before some of them were edited.

The answer is a function of the fit, ν and the nuclei alone: the spots whose nuclei differ from
those that were fitted are solved anew, all others held. In which order the edits were made, and
which were taken back, makes no difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods import cell_typing
from spotscope.methods.segmentation import same_outlines
from spotscope.model import EditLog, Membership, run
from spotscope.pipeline.cell_typing._hold import held_of, lay_upon, settle_held, solve_held

if TYPE_CHECKING:
    from spotscope.methods.cell_typing import CellTyping, FittedTyping
    from spotscope.model import RunRecord, Session, StarConvex, Task

__all__ = ["EDITS", "base_types", "fitted_nuclei", "owner_now", "settle_types"]

#: In the figures of a typing's record: the edits that were in force when it was fitted.
EDITS = "edits"


def fitted_nuclei(session: Session) -> StarConvex | None:
    """The nuclei that the session's types were fitted with; None where there are none."""
    found = session.as_found
    record: RunRecord | None = session.records.get("type")
    if found is None or record is None:
        return found
    log = EditLog.from_json(record.figures.get(EDITS, {}))
    return (
        session.nuclei if log.done == session.edits.done else session.corrected(found, log).outlines
    )


def owner_now(session: Session, fitted: FittedTyping) -> npt.NDArray[np.int32]:
    """(cell,) spot that each cell belongs to now, or -1."""
    owner, _ = _owner_and_old(session, fitted)
    return owner


def base_types(session: Session, fitted: FittedTyping, nu: float) -> Task[CellTyping]:
    """What the fit answers for the nuclei it was made with, by as long a search as it is to make.

    Parameters
    ----------
    session, fitted, nu
        As of :func:`settle_types`.
    """
    return (yield from settle_held(held_of(session), fitted, fitted_nuclei(session), nu))


def settle_types(
    session: Session,
    fitted: FittedTyping,
    nu: float,
    base: CellTyping | None = None,
    *,
    quick: bool = False,
) -> CellTyping:
    """Label the session's cells as they are now.

    Parameters
    ----------
    session
        With the record of the typing.
    fitted
        The fit behind it.
    nu
        Smoothness.
    base
        What :func:`base_types` has found, where that is known.
    quick
        Whether labels are wanted at once, however long a search the fit is to make.
    """
    held = held_of(session)
    if quick:
        base = solve_held(held, fitted, fitted_nuclei(session), nu)
    base = run(base_types(session, fitted, nu)) if base is None else base
    owner, old = _owner_and_old(session, fitted)
    if old is None or session.nuclei is None:
        return base
    typing = cell_typing.retype_around(fitted, base, owner, session.nuclei.yx_um, old)
    return lay_upon(held, typing, session.nuclei)


def _owner_and_old(
    session: Session, fitted: FittedTyping
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.intp] | None]:
    """Spot of every cell, and its number in the fit; None where the cells are those of the fit."""
    was, now = fitted_nuclei(session), session.nuclei
    owner = np.asarray(fitted.state.owner, np.int32)
    if was is None or now is None or was is now:
        return owner, None
    old = same_outlines(was, now)
    new = np.flatnonzero(old < 0)
    if was.n == now.n and not len(new):
        return owner, None
    assert was.n == len(owner), (was.n, len(owner))
    here = np.full(now.n, -1, np.int32)
    here[old >= 0] = owner[old[old >= 0]]
    if len(new):
        assert session.sample.spots is not None
        here[new] = Membership.from_discs(now.take(new), session.sample.spots).owner
    return here, old
