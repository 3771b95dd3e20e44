"""What every step of the dock shows and allows: a pure function of what is there.

Sample ──> Nuclei ──> Cell types ──> Expression ──> Explore
a file     a sample   spots, nuclei    cell types     spots
                      and a reference
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

from spotscope import pipeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.model import Session

__all__ = ["Facts", "Mark", "Step", "StepState", "facts_of", "resolve"]


class Step(StrEnum):
    """The steps, in reading order."""

    SAMPLE = "sample"
    NUCLEI = "nuclei"
    TYPES = "types"
    EXPRESSION = "expression"
    EXPLORE = "explore"


class Mark(Enum):
    """The sign before a step's title: its shape says as much as its colour."""

    DONE = "●"
    RUNNING = "◐"
    WAITING = "○"
    LOOK = "▲"


@dataclass(frozen=True, slots=True)
class Facts:
    """What is there.

    Parameters
    ----------
    slide, spots, nuclei, reference, typed, expressed
        Whether each is open or has been found.
    running
        The step under way, or None.
    errors
        Why a step's last run failed, in one sentence.
    problems
        Whether image and spots do not fit together.
    coarse, thumbnail
        Whether nuclei cannot be told apart in the image, and whether it only lay beside the spots.
    lost
        Whether the image is not where it was, and an overview of it is shown.
    """

    slide: bool = False
    spots: bool = False
    nuclei: bool = False
    reference: bool = False
    typed: bool = False
    expressed: bool = False
    running: Step | None = None
    errors: Mapping[Step, str] = field(default_factory=dict)
    problems: bool = False
    coarse: bool = False
    thumbnail: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class StepState:
    """What one step shows.

    Parameters
    ----------
    mark
        Its sign.
    open
        Whether its body is unfolded.
    can_run
        Whether its button may be pressed to run.
    can_cancel
        Whether its button says Cancel.
    waits_for
        What it lacks, in the user's words; empty if nothing.
    """

    mark: Mark
    open: bool
    can_run: bool
    can_cancel: bool
    waits_for: str = ""


def facts_of(
    session: Session | None, reference: bool, running: Step | None, errors: Mapping[Step, str]
) -> Facts:
    """What is there, of a session that may be open."""
    sample = session.sample if session is not None else None
    return Facts(
        slide=sample is not None and sample.slide is not None,
        spots=sample is not None and sample.spots is not None,
        nuclei=session is not None and session.nuclei is not None,
        reference=reference,
        typed=session is not None and session.cells is not None,
        expressed=session is not None and "decompose" in session.records,
        running=running,
        errors=dict(errors),
        problems=sample is not None and bool(sample.problems),
        coarse=sample is not None and pipeline.too_coarse(sample),
        thumbnail=sample is not None and pipeline.is_thumbnail(sample),
        lost=sample is not None and sample.slide is not None and sample.slide.lost is not None,
    )


def resolve(facts: Facts) -> dict[Step, StepState]:
    """What every step shows, given what is there."""
    lacks = {
        Step.SAMPLE: "",
        Step.NUCLEI: _nuclei_lacks(facts),
        Step.TYPES: _types_lack(facts),
        Step.EXPRESSION: "" if facts.typed else "needs cell types",
        Step.EXPLORE: "" if facts.spots or facts.slide else "needs a sample",
    }
    done = {
        Step.SAMPLE: facts.slide or facts.spots,
        Step.NUCLEI: facts.nuclei,
        Step.TYPES: facts.typed,
        Step.EXPRESSION: facts.expressed,
        Step.EXPLORE: facts.spots or facts.slide,
    }
    return {step: _one(step, facts, lacks[step], done[step]) for step in Step}


def _one(step: Step, facts: Facts, lacks: str, done: bool) -> StepState:
    running = facts.running is step
    if running:
        mark = Mark.RUNNING
    elif step in facts.errors or (facts.problems and step is Step.SAMPLE):
        mark = Mark.LOOK
    elif done:
        mark = Mark.DONE
    else:
        mark = Mark.WAITING
    # the reference is chosen inside the step that needs it, so that step opens without one
    opens = not lacks or lacks == NEEDS_REFERENCE or running or done
    return StepState(mark, opens, not lacks and facts.running is None, running, lacks)


NEEDS_REFERENCE = "needs a reference"


def _nuclei_lacks(facts: Facts) -> str:
    return "" if facts.slide or facts.spots else "needs a sample"


def _types_lack(facts: Facts) -> str:
    if not facts.slide and not facts.spots:
        return "needs a sample"
    if not facts.spots:
        return "needs spots"
    if not facts.nuclei:
        return "needs nuclei"
    return "" if facts.reference else NEEDS_REFERENCE
