"""What the regions panel asks of the pipeline: answers shown as they come, files written."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from spotscope import pipeline
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.jobs._progress_row import ProgressRow
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.regions._region_tasks import ahead_task, export_task

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spotscope.model import Progress, Region, Session
    from spotscope.pipeline import RegionAnswer
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.regions._regions_panel import RegionsPanel

__all__ = ["RegionAnswers"]

#: A region is answered sooner than one could read of it; a large one takes longer.
PATIENCE_S = 0.4
#: What is known after so long is shown before the rest is.
GLANCE_S = 0.1
STOPPED = "Stopped. Choose the region again to ask it."


class RegionAnswers(QObject):
    """Asks one region at a time.

    ``answered()`` when all of an answer stands on the panel; ``written()`` when files do.
    """

    answered = Signal()
    written = Signal()

    def __init__(
        self, workbench: Workbench, canvas: Canvas, panel: RegionsPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._panel = workbench, canvas, panel
        self._answer: RegionAnswer | None = None
        self._wanted: Region | None = None
        self._began = 0.0
        self._ahead = Runner(self)
        self._runner = Runner(self)
        self._runner.started.connect(lambda _: self._begin())
        self._runner.progressed.connect(self._on_progressed)
        self._runner.succeeded.connect(self._on_succeeded)
        self._runner.failed.connect(lambda _name, error: self._give_up(sentence(error)))
        self.progress = ProgressRow(self._runner, patience=PATIENCE_S)
        panel.layout().insertWidget(panel.layout().indexOf(panel.facts), self.progress)
        self.progress.cancelled.connect(lambda: self._give_up(STOPPED))

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self._runner.running is not None

    def prepare(self, session: Session) -> None:
        """Work out ahead what every region of a session that was opened is compared with."""
        self._ahead.latest("ahead", lambda: ahead_task(session))

    def ask(self, session: Session, region: Region, against: Region | None) -> None:
        """Ask what a region holds."""
        self._wanted = region
        self._runner.latest("region", lambda: pipeline.ask_region_step(session, region, against))

    def export(self, session: Session, regions: Sequence[Region], folder: Path) -> None:
        """Write regions and what they hold, for QuPath and for tables."""
        self._runner.latest("export", lambda: export_task(session, tuple(regions), folder))

    def forget(self) -> None:
        """Have no answer: another region is shown."""
        self._answer = self._wanted = None

    def close(self) -> None:
        """Stop, and never send anything again."""
        self._runner.close()
        self._ahead.close()

    def show_again(self) -> None:
        """Show the last answer with the names and colours types have now."""
        session, answer = self._bench.session, self._answer
        if session is None or answer is None:
            return
        looks, named = self._canvas.nuclei.looks, [row.name for row in answer.types]
        alone = [len(looks.members(looks.shown(name), named)) == 1 for name in named]
        # intervals of merged types cannot be added, so these keep a row each
        types = tuple(
            replace(row, name=looks.shown(row.name) + ("" if one else f" · {row.name}"))
            for row, one in zip(answer.types, alone, strict=True)
        )
        by_name = self._canvas.colours(session)
        colours = {
            row.name: by_name[looks.shown(name)] for row, name in zip(types, named, strict=True)
        }
        self._panel.show_answer(replace(answer, types=types), colours)

    def _begin(self) -> None:
        self._began = time.monotonic()

    def _on_progressed(self, name: str, progress: Progress) -> None:
        late = time.monotonic() - self._began > GLANCE_S
        if name == "region" and progress.preview is not None and late:
            self._show(progress.preview)

    def _on_succeeded(self, name: str, answer: Any) -> None:
        if name == "export":
            self._panel.notes.setText(f"Written to {answer}")
            self._panel.notes.show()
            self.written.emit()
        elif self._show(answer):
            self.answered.emit()

    def _give_up(self, said: str) -> None:
        """Say why there is no answer; a part of one goes."""
        self._answer = None
        self._panel.show_trouble(said)

    def _show(self, answer: RegionAnswer) -> bool:
        """Show an answer, or a part, unless another region is wanted by now."""
        if self._wanted is None or answer.name != self._wanted.name:
            return False
        self._answer = answer
        self.show_again()
        return True
