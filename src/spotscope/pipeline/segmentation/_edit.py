"""Corrections of the nuclei: outlines, labels, measures and types follow, and only where they must.

Nuclei are always those that were found with all edits laid upon them, so undoing is applying one
edit less, after a save and on another machine alike.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.segmentation import same_outlines
from spotscope.model import (
    EditLog,
    MeasureKey,
    MethodError,
    Progress,
    ReadError,
    RunRecord,
    versions,
)
from spotscope.pipeline._text import text_of
from spotscope.pipeline.cell_typing._step import Typed, retype
from spotscope.pipeline.segmentation._edit_labels import patch_labels

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy.typing as npt

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Edited, Session, StarConvex, Task

__all__ = ["Corrected", "edit_record", "edit_step", "read_edits", "with_marks"]

STEP = "edit"


@dataclass(frozen=True, slots=True, eq=False)
class Corrected:
    """A session after its edits have changed.

    Parameters
    ----------
    session
        With the nuclei, labels and types as they are now.
    typed
        The same with the fit behind the types; None where nothing was typed.
    missed
        A sentence for every edit that found nothing to be made on.
    """

    session: Session
    typed: Typed | None
    missed: tuple[str, ...] = ()


def edit_step(
    session: Session,
    edits: EditLog,
    fitted: FittedTyping | None = None,
) -> Task[Corrected]:
    """Put other edits in force.

    Parameters
    ----------
    session
        With nuclei and labels.
    edits
        All edits that are to hold: the session's own with one more, or one less.
    fitted
        The fit behind the session's types; needed where there are types.

    Returns
    -------
    The session after the edits. Types of spots whose nuclei did not change are as they were.

    Raises
    ------
    MethodError
        If there are no nuclei, or types without the fit that made them.
    """
    if session.nuclei is None or session.labels is None or session.as_found is None:
        raise MethodError("Expected nuclei to correct, found none yet; run the Nuclei step first.")
    if session.cells is not None and fitted is None:
        raise MethodError(
            "Expected the fit behind the cell types, found it gone from the cache; run the Cell "
            "types step again, then correct the nuclei."
        )
    started = time.perf_counter()
    yield Progress("correcting nuclei", 0, 3)
    found = session.as_found
    edited = session.corrected(found, edits)
    yield Progress("correcting nuclei", 1, 3)
    labels = yield from patch_labels(session.labels, session.nuclei, edited.outlines)
    yield Progress("correcting nuclei", 2, 3)
    done = replace(
        session,
        nuclei=edited.outlines,
        labels=labels,
        found=found if edits.done else None,
        edits=edits,
        measures=with_marks(_carried(session, edited.outlines), edited),
        records=edit_record(session.records, edits, edited, time.perf_counter() - started),
    )
    if session.cells is None or fitted is None:
        return Corrected(done, None, edited.missed)
    typed = retype(done, fitted, float(session.records["type"].params["nu_used"]))
    yield Progress("correcting nuclei", 3, 3)
    return Corrected(typed.session, typed, edited.missed)


def with_marks(
    measures: Mapping[str, npt.NDArray[Any]], edited: Edited
) -> dict[str, npt.NDArray[Any]]:
    """Measures that say of each nucleus what was done to it; without, where nothing was."""
    kept = {name: column for name, column in measures.items() if name != MeasureKey.EDITED}
    return {**kept, str(MeasureKey.EDITED): edited.marks} if edited.marks.any() else kept


def edit_record(
    records: Mapping[str, RunRecord], edits: EditLog, edited: Edited, seconds: float
) -> dict[str, RunRecord]:
    """The records with one of the edits, in the place of the one before."""
    kept = {step: record for step, record in records.items() if step != STEP}
    if not edits.done:
        return kept
    number: dict[str, int] = {}
    for edit in edits.done:
        number[str(edit.kind)] = number.get(str(edit.kind), 0) + 1
    record = RunRecord(
        step=STEP,
        params={},
        seed=None,
        inputs={},
        versions=versions(),
        seconds=round(seconds, 3),
        notes=edited.missed,
        figures={"made": number, **edits.to_json()},
    )
    return {**kept, STEP: record}


def read_edits(path: str | Path) -> EditLog:
    """Read edits: a file of edits, or the ``run.json`` of a result folder.

    Raises
    ------
    ReadError
        If there is no such file, or no edits in it.
    """
    path = Path(path)
    text = text_of(path, "edits")
    try:
        data = json.loads(text)
    except ValueError as err:
        raise ReadError(
            f"Expected edits as JSON in {path}, found none ({err}); give a file of edits, or the "
            "run.json of a result folder."
        ) from err
    if isinstance(data, dict) and "steps" in data:
        data = data["steps"].get(STEP, {}).get("figures", {})
    if isinstance(data, list):
        data = {"done": data}
    if not isinstance(data, dict) or "done" not in data:
        raise ReadError(
            f"Expected a list of edits in {path}, found none; give a file of edits, or the "
            "run.json of a folder whose nuclei were corrected."
        )
    return EditLog.from_json(data)


def _carried(session: Session, now: StarConvex) -> dict[str, npt.NDArray[Any]]:
    """Measures of the nuclei that are as they were; not a number for the others."""
    assert session.nuclei is not None
    old = same_outlines(session.nuclei, now)
    carried = {}
    for name, column in session.measures.items():
        if column.dtype.kind == "f":
            carried[name] = np.where(old >= 0, column[old], np.nan).astype(column.dtype)
    return carried
