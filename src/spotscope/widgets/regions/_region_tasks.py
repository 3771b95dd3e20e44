"""What the regions panel runs on a thread; no Qt in here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope import pipeline
from spotscope.model import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.model import Region, Session, Task

__all__ = ["ahead_task", "export_task"]


def ahead_task(session: Session) -> Task[None]:
    """Work out what every region is compared with, before one is drawn."""
    if session.sample.spots is not None:
        yield from pipeline.section_sums_step(session.sample.spots)


def export_task(session: Session, regions: tuple[Region, ...], folder: Path) -> Task[Path]:
    """Ask all regions and write what they hold."""
    answers = []
    for done, region in enumerate(regions):
        yield Progress("asking the regions", done, len(regions))
        answers.append(pipeline.ask_region(session, region))
    pipeline.save_regions(folder, regions, answers, mpp=session.sample.drawn_mpp)
    return folder
