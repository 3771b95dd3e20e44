"""What checking nuclei runs on a thread; no Qt in here."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope import pipeline
from spotscope.layers import nuclei_codes
from spotscope.model import Progress
from spotscope.pipeline import PatchedLabels
from spotscope.widgets.nuclei._qc_review import review_order

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import EditLog, Labels, Session, Task
    from spotscope.pipeline import NucleiNumbers, Selected, Typed

__all__ = ["Checked", "Listed", "choose_task", "edit_task", "list_task"]

Box = tuple[float, float, float, float]
#: How long a hand rests before the whole slide follows the view, and how often it is looked at.
_REST_S, _LOOK_S = 0.2, 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Checked:
    """Nuclei after an edit, or at other thresholds, as the window needs them.

    Parameters
    ----------
    before
        The session this was made from.
    labels, codes
        What is drawn, and a colour code for every label.
    boxes
        Where the labels differ, in pixels; None: everywhere.
    session, typed
        As they are now; no session while only a view is there.
    missed
        Why the last edit could not be made; empty if it was.
    chosen
        The nuclei themselves, and what each was before; None after an edit.
    """

    before: Session
    labels: Labels
    codes: npt.NDArray[np.uint8]
    boxes: tuple[tuple[int, int, int, int], ...] | None
    session: Session | None = None
    typed: Typed | None = None
    missed: str = ""
    chosen: Selected | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Numbers of the slide and of the view, the nuclei worth a look, and those not measured."""

    session: Session
    slide: NucleiNumbers
    view: NucleiNumbers | None
    review: npt.NDArray[np.intp]
    unmeasured: int


def edit_task(session: Session, edits: EditLog, fitted: FittedTyping | None) -> Task[Checked]:
    """Put other edits in force."""
    done = yield from pipeline.edit_step(session, edits, fitted)
    record = session.records.get("edit")
    missed = done.missed[-1] if len(done.missed) > len(record.notes if record else ()) else ""
    now = done.session
    assert now.labels is not None
    assert now.nuclei is not None
    codes = nuclei_codes(now.nuclei.last_label, now.cells)
    boxes = now.labels.boxes if isinstance(now.labels, PatchedLabels) else ()
    return Checked(session, now.labels, codes, boxes, now, done.typed, missed)


def choose_task(
    session: Session,
    params: SegmentationParams,
    fitted: FittedTyping | None,
    view: Box | None,
    codes: npt.NDArray[np.uint8],
    is_stale: Callable[[], bool] = lambda: False,
) -> Task[Checked | None]:
    """Choose other nuclei; a view first, in the colours its nuclei had.

    The slide follows when the hand has rested: choosing among all its candidates holds Python's
    lock, so the window could not show the view before it is done. None if other thresholds were
    asked for since: at any step, as their view is waiting.
    """
    choosing = pipeline.select_step(session, params, fitted, view_um=view)
    seen = False
    while True:
        if seen and is_stale():
            return None
        try:
            progress = next(choosing)
        except StopIteration as stop:
            found: Selected = stop.value
            return _coloured(session, found, codes)
        if progress.preview is None:
            yield progress
            continue
        seen = True
        yield replace(progress, preview=_coloured(session, progress.preview, codes))
        rested = time.monotonic() + _REST_S
        while time.monotonic() < rested and not is_stale():
            time.sleep(_LOOK_S)
            yield replace(progress, preview=None)


def list_task(session: Session, view: Box | None, before: Listed | None = None) -> Task[Listed]:
    """Count, measure and rank; what ``before`` tells of the same session is not asked again."""
    yield Progress("counting nuclei", 0, 2)
    known = before is not None and before.session is session
    if before is None or not known:
        slide, left = pipeline.nuclei_numbers(session), len(pipeline.unmeasured(session))
        before = Listed(session, slide, None, review_order(session), left)
        yield Progress("counting nuclei", 1, 2)
    some = view is not None and view[2] > view[0] and view[3] > view[1]
    seen = pipeline.view_numbers(session, view) if view is not None and some else None
    return replace(before, view=seen)


def _coloured(session: Session, found: Selected, codes: npt.NDArray[np.uint8]) -> Checked:
    cells = found.session.cells if found.session is not None else None
    now = nuclei_codes(found.nuclei.last_label, cells)
    if cells is None and session.nuclei is not None:
        there = found.old >= 0
        was = session.nuclei.label_id[found.old[there]]
        now[found.nuclei.label_id[there]] = codes[np.minimum(was, len(codes) - 1)]
    kept = found.session, found.typed
    return Checked(session, found.labels, now, None, *kept, chosen=found)
