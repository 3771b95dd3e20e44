"""Spots moved upon the image.

Nuclei belong to the image and stay; what was told from spots and nuclei together no longer holds
once spots have moved, so types and expression are left behind, as after another segmentation.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from spotscope import io
from spotscope.methods import alignment
from spotscope.methods.alignment import TurnFound
from spotscope.model import (
    MethodError,
    Progress,
    RunRecord,
    Sample,
    Session,
    Spots,
    Transform,
    run,
    versions,
)
from spotscope.pipeline._given import transform_from
from spotscope.pipeline._position import measure_position, way_back
from spotscope.pipeline._shift import as_figures
from spotscope.pipeline.segmentation._cells import forget_types

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.methods.alignment import ShiftFound
    from spotscope.model import Task

    OnProgress = Callable[[Progress], None] | None

__all__ = ["align", "align_step", "lie_as", "move_sample"]

STEP = "align"


def move_sample(sample: Sample, transform: Transform) -> Sample:
    """The sample with its spots moved upon the image; flags and problems are told anew."""
    from anndata import AnnData

    assert sample.spots is not None
    old = sample.spots.table
    obsm = {key: old.obsm[key] for key in old.obsm}
    table = AnnData(old.X, obs=old.obs.copy(), var=old.var, uns=dict(old.uns), obsm=obsm)
    spots = Spots(table, transform(sample.spots.yx_um), sample.spots.lattice)
    problems = sample.problems
    if sample.slide is not None:
        spots = io.flag_spots(spots, sample.slide)
        problems = tuple(io.check_alignment(spots, sample.slide))
    total = transform if sample.alignment is None else sample.alignment.then(transform)
    return replace(
        sample,
        spots=spots,
        problems=problems,
        alignment=None if total.is_identity else total,
        identity=object(),  # they lie elsewhere: what was drawn of them is drawn anew
    )


def align_step(
    session: Session, transform: Transform | None = None, *, seed: int = 0
) -> Task[Session]:
    """Move the spots, and leave behind what was told from where they were.

    Parameters
    ----------
    session
        With spots.
    transform
        By which they are moved from where they are now; None: back by what is measured, a turn of
        the image or a shift.
    seed
        Of what is drawn by lot to say how sure that is.

    Raises
    ------
    MethodError
        If there is nothing to move, or the counts do not tell a shift that was asked for.
    """
    started = time.perf_counter()
    figures: dict[str, Any] = {}
    references: tuple[str, ...] = ()
    how = "given"
    if transform is None:
        found = yield from measure_position(session, seed=seed)
        transform, figures = way_back(found, session.sample), _measured(found)
        how, references = "measured", _cited(found)
    if session.sample.spots is None:
        raise MethodError(
            f"Expected spots to move, found an image alone in {session.sample.name}; open "
            "the spots."
        )
    yield Progress("moving the spots", 0, 1)
    sample = move_sample(session.sample, transform)
    if sample.alignment == session.sample.alignment:
        sample = session.sample  # they lie where they lay: all that was told of them holds
    total = sample.alignment or Transform()
    middle = session.sample.spots.yx_um.mean(axis=0)
    record = RunRecord(
        step=STEP,
        params={"how": how, **total.to_json()},
        seed=seed if how == "measured" else None,
        inputs={},
        versions=versions(),
        seconds=round(time.perf_counter() - started, 3),
        notes=(f"spots moved upon the image: {total.describe(middle)}",)
        if sample.alignment
        else ("spots lie as their files say",),
        references=references,
        figures=figures,
    )
    records = {**session.records, STEP: record}
    if sample is session.sample:
        return replace(session, records=records)
    for later in ("type", "decompose"):
        records.pop(later, None)
    return forget_types(replace(session, sample=sample, cells=None, records=records))


def lie_as(session: Session, other: Session) -> Session:
    """A session with its spots where they lie in another session of the same sample.

    What was told from spots and nuclei together is left behind, as by any move.
    """
    records = {k: v for k, v in session.records.items() if k not in (STEP, "type", "decompose")}
    if STEP in other.records:
        records[STEP] = other.records[STEP]
    return forget_types(replace(session, sample=other.sample, cells=None, records=records))


def align(
    session: Session, transform: Any = "auto", *, seed: int = 0, on_progress: OnProgress = None
) -> Session:
    """Move the spots upon the image.

    Parameters
    ----------
    session
        With spots.
    transform
        ``auto``: back by what is measured, a turn of the image or a shift; (down, right) in µm; a
        :class:`~spotscope.model.Transform`, its record, JSON text, or a file of one.
    seed
        Of what is drawn by lot to say how sure a measurement is.
    on_progress
        Called with every :class:`~spotscope.model.Progress`.

    Raises
    ------
    MethodError, ReadError
        If nothing can be moved or told, or it is no map.
    """
    given = (
        None if isinstance(transform, str) and transform == "auto" else transform_from(transform)
    )
    return run(align_step(session, given, seed=seed), on_progress)


def _measured(found: ShiftFound | TurnFound) -> dict[str, Any]:
    """What was measured, for the record; a shift that cannot be told is not followed."""
    if isinstance(found, TurnFound):
        return {"turn": found.turn.name, "clearness": [round(z, 2) for z in found.clearness]}
    if not found.tells:
        raise MethodError(
            f"Expected a shift to be told from the counts, found that {alignment.CANNOT_TELL}; "
            "give one (--shift=DOWN,RIGHT in µm), or landmarks."
        )
    return {"measured": as_figures(found)}


def _cited(found: ShiftFound | TurnFound) -> tuple[str, ...]:
    is_turn = isinstance(found, TurnFound)
    return alignment.TURN_REFERENCES if is_turn else alignment.REFERENCES
