"""What the figure panel asks, answered: what is seen becomes a figure, on a thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QFileDialog

from spotscope import pipeline
from spotscope.widgets.canvas._framing import view_box
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.explore._figure_panel import FigurePanel
from spotscope.widgets.expression._expression_shown import GeneSource
from spotscope.widgets.jobs._progress_row import ProgressRow
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.parts._fold import Fold

if TYPE_CHECKING:
    from spotscope.widgets.dock._dock import SpotscopeWidget

__all__ = ["FigureDesk"]

_FILTER = "Figures (*.png *.svg *.pdf)"


class FigureDesk(QObject):
    """Coordinates the figure panel with what is shown."""

    def __init__(self, dock: SpotscopeWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self.panel = FigurePanel()
        self.fold = Fold("Figure and report", self.panel)
        card = dock.explore_card
        card.body_layout.insertWidget(card.body_layout.count() - 1, self.fold)
        self._runner = Runner(self)
        self.progress = ProgressRow(self._runner)
        self.panel.layout().addWidget(self.progress)
        self._runner.started.connect(lambda _name: self.panel.say(""))
        self._runner.cancelled.connect(lambda _name: self.panel.say("Stopped: nothing written"))
        self._runner.succeeded.connect(lambda _name, path: self.panel.say(f"Written to {path}"))
        self._runner.failed.connect(lambda _name, error: self.panel.say(f"▲ {sentence(error)}"))
        self.panel.save_requested.connect(self._on_save_requested)
        self.panel.report_requested.connect(self._on_report_requested)
        self.panel.choice.installEventFilter(self)

    @property
    def busy(self) -> bool:
        """Whether a figure is being drawn."""
        return self._runner.running is not None

    def close(self) -> None:
        """Stop, and never send anything again."""
        self._runner.close()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Offer the regions there are whenever somebody is about to choose."""
        if event is not None and event.type() in (QEvent.Type.FocusIn, QEvent.Type.Enter):
            self.panel.offer([region.name for region in self._dock.explorer.regions.regions])
        return bool(super().eventFilter(watched, event))

    def save(self, path: Path) -> None:
        """Draw what is seen, or the part that is chosen, into a file."""
        dock, session = self._dock, self._dock.workbench.session
        if session is None:
            return
        regions = dock.explorer.regions.regions
        at, how = self.panel.area, self._what()
        how["dpi"] = self.panel.dpi
        if at is None:
            how["box_um"] = view_box(dock.canvas.viewer)
        elif 0 <= at < len(regions):
            how["region"] = regions[at]
        kept = replace(session, view=dict(dock.explorer.view()))
        self._runner.run("figure", lambda: pipeline.draw_figure(kept, path, **how))

    def write_report(self, path: Path) -> None:
        """Write one page of the session as it is now."""
        dock, session = self._dock, self._dock.workbench.session
        if session is not None:
            kept = replace(session, view=dict(dock.explorer.view()))
            found = dock.explorer.analysis.fresh
            self._runner.run("report", lambda: pipeline.report_step(kept, path, found))

    def _what(self) -> dict[str, Any]:
        """What the colours say now: a gene, at spots or on nuclei, or types."""
        if self.panel.shown:
            return {"shown": self.panel.shown}
        gene = self._dock.explorer.gene
        if not gene:
            return {}
        measured = self._dock.desk.source.source is GeneSource.MEASURED
        return {"gene": gene, "on_cells": not measured}

    def _on_report_requested(self) -> None:
        parent = self._dock.window()
        path, _ = QFileDialog.getSaveFileName(
            parent, "Write a report", pipeline.REPORT, "Web pages (*.html)"
        )
        if path:
            self.write_report(Path(path))

    def _on_save_requested(self) -> None:
        name = self._dock.workbench.session.sample.name if self._dock.workbench.session else ""
        parent = self._dock.window()
        path, _ = QFileDialog.getSaveFileName(parent, "Save a figure", f"{name}.png", _FILTER)
        if path:
            self.save(Path(path) if Path(path).suffix else Path(f"{path}.png"))
