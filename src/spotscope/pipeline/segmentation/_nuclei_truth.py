"""A session's nuclei against an annotation of the same slide."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from spotscope.evaluation import TOUCH, aggregated_jaccard, overlapping
from spotscope.model import MethodError, run

if TYPE_CHECKING:
    from spotscope.model import Session, StarConvex, Task

__all__ = ["NucleiScore", "compare_nuclei", "compare_step"]

_IOU = 0.5


@dataclass(frozen=True, slots=True)
class NucleiScore:
    """How well nuclei agree with an annotation: F1 at IoU 0.5, AJI, panoptic quality."""

    n_found: int
    n_true: int
    f1: float
    aji: float
    pq: float

    def to_json(self) -> dict[str, Any]:
        """As a plain dictionary."""
        return asdict(self)


def compare_nuclei(session: Session, truth: StarConvex) -> NucleiScore:
    """Score the session's nuclei where somebody annotated.

    Parameters
    ----------
    session
        With nuclei.
    truth
        The annotation. Nuclei count that have their centre in the box around it.

    Raises
    ------
    MethodError
        If there are no nuclei, or the annotation has none.
    """
    return run(compare_step(session, truth))


def compare_step(session: Session, truth: StarConvex) -> Task[NucleiScore]:
    """As :func:`compare_nuclei`, some nuclei at a time: a whole slide takes a while."""
    found = session.nuclei
    if found is None or not truth.n:
        missing = (
            "nuclei, found none yet; run the Nuclei step"
            if found is None
            else ("annotated nuclei, found none in the file; annotate some")
        )
        raise MethodError(f"Expected {missing} first.")
    corners = truth.polygons().reshape(-1, 2)
    low, high = corners.min(axis=0), corners.max(axis=0)
    inside = ((found.yx_um >= low) & (found.yx_um <= high)).all(axis=1)
    part = found.take(inside)
    overlaps = yield from overlapping(part, truth, TOUCH)
    match = overlaps.matched(_IOU)
    aji = aggregated_jaccard(part, truth, overlaps)
    return NucleiScore(part.n, truth.n, match.f1, aji, match.panoptic_quality)
