"""What the regions panel runs on a thread; no Qt in here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope import pipeline
from spotscope.model import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from spotscope.model import Region, Session, Task
    from spotscope.pipeline import RegionAnswer

__all__ = ["ask_task", "export_task"]


def ask_task(session: Session, region: Region, against: Region | None) -> Task[RegionAnswer]:
    """Ask on a thread."""
    yield Progress("asking the region", 0, 1)
    return pipeline.ask_region(session, region, against)


def export_task(session: Session, regions: tuple[Region, ...], folder: Path) -> Task[Path]:
    """Ask all regions and write what they hold."""
    assert session.sample.slide is not None
    answers = []
    for done, region in enumerate(regions):
        yield Progress("asking the regions", done, len(regions))
        answers.append(pipeline.ask_region(session, region))
    pipeline.save_regions(folder, regions, answers, mpp=session.sample.slide.mpp)
    return folder
