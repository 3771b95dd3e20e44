"""Types that are held, and regions with a ν of their own, as deeds of the window's history."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spotscope import pipeline
from spotscope.model import CellKey

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Session
    from spotscope.pipeline import Held
    from spotscope.widgets.dock._workbench import Workbench

__all__ = ["hold_by_hand", "is_held", "settle_around"]


def is_held(session: Session) -> npt.NDArray[np.bool_]:
    """(cell,) whether its type is held by hand; of a session with cells."""
    assert session.cells is not None
    labels = session.cells.table.obs[CellKey.LABEL_ID].to_numpy(np.int64)
    return np.isin(labels, [*pipeline.held_of(session).types])


def hold_by_hand(bench: Workbench, session: Session, said: str) -> None:
    """Have held what a session says is held, and let it be taken back.

    Parameters
    ----------
    bench
        Has the session that is shown, and the history.
    session
        The same, with other types held.
    said
        What was done, for the log.
    """
    assert bench.session is not None
    before, after = pipeline.held_of(bench.session), pipeline.held_of(session)
    settle_around(bench, session)
    if before.to_json() != after.to_json():
        bench.deeds.did(said, partial(_put, bench, before), partial(_put, bench, after))


def settle_around(bench: Workbench, session: Session) -> None:
    """Show a session in which other types are held; the section is typed anew around them."""
    assert bench.fitted is not None
    bench.session = session
    bench.set_nu(bench.nu)


def _put(bench: Workbench, held: Held) -> None:
    """Have this held and nothing else; nuclei that are gone are nobody's any more."""
    session = bench.session
    if session is None or session.nuclei is None or session.cells is None or bench.fitted is None:
        return
    labels = np.array([*pipeline.held_of(session).types, *held.types], np.int64)
    there = labels[session.nuclei.rows_of(labels) >= 0].tolist()
    types = {label: held.types.get(label) for label in there}
    settle_around(bench, pipeline.hold(session, types, held.regions))
