"""The slide of a saved session that is not where it was: taken from where it is given."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from spotscope import pipeline
from spotscope.model import Session
from spotscope.widgets.dock._state import Step
from spotscope.widgets.history._step_deeds import put_back
from spotscope.widgets.jobs._source import source_of
from spotscope.widgets.jobs._tasks import adopt_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from napari.types import LayerData

    from spotscope.model import Sample, Task
    from spotscope.widgets.dock._workbench import Workbench

__all__ = ["SlideFinder"]


class SlideFinder:
    """Puts the slide into the session that lacks it; all else stays as it is.

    Parameters
    ----------
    workbench
        Has the session.
    view
        As the window is now: it stays.
    """

    def __init__(self, workbench: Workbench, view: Callable[[], Mapping[str, Any]]) -> None:
        self._bench, self._view = workbench, view

    def find(self, image: Path) -> None:
        """Take an image as the slide, when what runs is done; or say why it cannot be."""
        session = self._bench.session
        if session is None:
            return
        self._bench.ask(
            Step.SAMPLE,
            "slide",
            lambda: find_task(session.sample, image),
            partial(self._on_found, session.sample),
            waits=True,
        )

    def _on_found(self, asked: Sample, found: tuple[Sample, Mapping[str, LayerData]]) -> None:
        now = self._bench.kept(self._view())
        if now is None or now.session.sample.opened != asked.opened:
            return  # another sample was opened meanwhile
        # spots may have been told of, or moved, since it was asked for
        sample = pipeline.with_slide_of(now.session.sample, found[0])
        session = replace(now.session, sample=sample)
        drawn = {**now.drawn, **found[1]}
        put_back(self._bench, replace(now, session=session, drawn=drawn, source=source_of(session)))


def find_task(sample: Sample, image: Path) -> Task[tuple[Sample, Mapping[str, LayerData]]]:
    """Find the slide, and prepare what the window would otherwise wait for."""
    found = yield from pipeline.find_slide(sample, image)
    opened = yield from adopt_task(Session(replace(found, spots=None)), None)
    return found, opened.drawn
