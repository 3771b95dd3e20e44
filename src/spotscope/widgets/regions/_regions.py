"""What the regions panel asks, answered: drawing, what a region holds, exporting."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QWidget

from spotscope.model import Region, SpotscopeError
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.regions._lasso import Lasso
from spotscope.widgets.regions._region_answers import RegionAnswers
from spotscope.widgets.regions._region_names import RegionNames
from spotscope.widgets.regions._region_nu import RegionNu
from spotscope.widgets.regions._region_shapes import (
    ShapesWatch,
    free_name,
    outlines_of,
    same_outlines,
    taken_over,
    told_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from spotscope.model import Session
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.regions._regions_panel import RegionsPanel

__all__ = ["RegionsDesk"]


class RegionsDesk(QObject):
    """Coordinates the regions panel with the workbench and the canvas.

    ``chosen(Region)`` when one is shown; ``told(widget)`` when there is something new to be read.
    """

    chosen = Signal(object)
    told = Signal(object)

    def __init__(
        self, workbench: Workbench, canvas: Canvas, panel: RegionsPanel, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._panel = workbench, canvas, panel
        self.regions: list[Region] = []
        self._current = self._against = -1
        self._is_new = False
        self._lasso = Lasso(canvas.viewer, canvas.stack, self, part="regions")
        self._shapes = ShapesWatch(canvas, "regions", self._lasso)
        self._names = RegionNames(canvas, "regions", self)
        self.nu = RegionNu(workbench, self, panel.nu, canvas)
        self.nu.refused.connect(lambda error: panel.show_trouble(sentence(error)))
        self.answers = RegionAnswers(workbench, canvas, panel, self)
        self.answers.answered.connect(self._on_answered)
        self.answers.written.connect(lambda: self.told.emit(panel.notes))
        panel.draw_toggled.connect(self._on_draw_toggled)
        panel.chosen.connect(self.choose)
        panel.renamed.connect(self._on_renamed)
        panel.classified.connect(self._on_classified)
        panel.remarked.connect(self._on_remarked)
        panel.against_chosen.connect(self._on_against_chosen)
        panel.removed.connect(self._on_removed)
        panel.export_requested.connect(self._on_export_requested)
        panel.move_toggled.connect(self._on_move_toggled)
        self._lasso.drawn.connect(self.add)
        self._shapes.changed.connect(self._on_shapes_changed)
        self._shapes.moving.connect(self._on_moving)
        self._lasso.ended.connect(lambda: panel.show_drawing(False))

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way."""
        return self.answers.busy

    def view(self) -> list[dict[str, Any]]:
        """The regions as JSON, to come back with the session."""
        return [
            {
                "name": region.name,
                "classification": region.classification,
                "remark": region.remark,
                "polygon_yx_um": region.polygon_yx_um.round(2).tolist(),
            }
            for region in self.regions
        ]

    def show_session(self, session: Session) -> None:
        """Show the regions of a session that was opened."""
        sample = session.sample
        self._lasso.turn_to(sample.name)
        has_places = sample.slide is not None or sample.spots is not None
        self._panel.setVisible(has_places)
        self.regions = [
            Region(
                str(kept["name"]),
                np.asarray(kept["polygon_yx_um"], float),
                kept["classification"],
                remark=kept.get("remark", ""),
            )
            for kept in session.view.get("regions", ())
        ]
        self._against = -1
        self.nu.forget()
        self._canvas.turns.then(partial(self.answers.prepare, session))  # when layers are there
        if has_places:  # when the other layers are there: above them
            self._canvas.turns.then(self._prepare)
        self.choose(len(self.regions) - 1)

    def _prepare(self) -> None:
        """Have a layer to draw on before the first region is drawn: then a job may be under way."""
        self._canvas.turns.first(self._draw)
        self._canvas.turns.add(self._lasso.prepare)

    def ask(self) -> None:
        """Ask again what the chosen region holds: the session has changed, or the region."""
        session, at = self._bench.session, self._current
        if session is None or not 0 <= at < len(self.regions):
            return
        against = self.regions[self._against] if self._against >= 0 else None
        region = self.regions[at]
        self.answers.ask(session, region, against)

    def add(self, corners: npt.NDArray[np.float64]) -> None:
        """Add a region that was drawn, and show it."""
        try:
            region = Region(free_name(self.regions), np.asarray(corners, float))
        except SpotscopeError as error:
            self._draw()
            self._panel.show_trouble(sentence(error))
            return
        self._is_new = True
        self._do(f"{region.name} drawn", [*self.regions, region], len(self.regions))

    def choose(self, index: int) -> None:
        """Show what a region holds."""
        self._current = index
        self.answers.forget()
        if self._against == index:
            self._against = -1
        self._show()
        self.ask()
        if 0 <= index < len(self.regions):
            self.chosen.emit(self.regions[index])

    def export(self, folder: Path) -> None:
        """Write all regions and what they hold, for QuPath and for tables."""
        session = self._bench.session
        if session is not None and self.regions:
            self.answers.export(session, self.regions, folder)

    def close(self) -> None:
        """Stop, and give the mouse back."""
        self._shapes.close()
        self._names.close()
        self._lasso.close()
        self.answers.close()

    def _show(self) -> None:
        names = [region.name for region in self.regions]
        here = 0 <= self._current < len(self.regions)
        kind = self.regions[self._current].classification if here else None
        self._panel.show_regions(names, self._current, self._against, kind or "")
        self._panel.remark.setText(self.regions[self._current].remark if here else "")

    def _do(self, said: str, regions: list[Region], current: int) -> None:
        """Have other regions, and let it be taken back."""
        before, after = (tuple(self.regions), self._current), (tuple(regions), current)
        self._put(*after)
        self._bench.deeds.did(said, partial(self._put, *before), partial(self._put, *after))

    def _put(self, regions: Sequence[Region], current: int) -> None:
        was, self.regions = self.regions, list(regions)
        if len(was) != len(regions):
            self._against = -1
        self._draw()
        self.nu.follow(was)
        self.choose(min(current, len(regions) - 1))

    def _change(self, said: str, **other: Any) -> None:
        """Have the region that is shown otherwise."""
        regions = list(self.regions)
        regions[self._current] = replace(regions[self._current], **other)
        self._do(said, regions, self._current)

    def _draw(self) -> None:
        self._lasso.kept = [region.polygon_yx_um for region in self.regions]
        drawn = self._canvas.stack.get("regions")
        there = [] if drawn is None else outlines_of(drawn)
        if not same_outlines(there, self._lasso.kept):  # else they are in the user's hand
            self._lasso.put(self._lasso.kept)
        self._names.call([region.name for region in self.regions])

    def _on_shapes_changed(self, outlines: list[npt.NDArray[np.float64]]) -> None:
        """Take over what napari's own tools have done to the outlines."""
        if self._lasso.active:
            return
        regions = taken_over(self.regions, outlines)
        other = [at for at, one in enumerate(regions) if one not in self.regions]
        if not other and len(regions) == len(self.regions):
            self._draw()
            return
        current = other[-1] if other else len(regions) - 1
        self._do(told_of(self.regions, regions), regions, current)

    def _on_move_toggled(self, on: bool) -> None:
        """Let the mouse drag outlines, by napari's own tool, or the canvas again."""
        self._lasso.end()
        self._shapes.let_move(on)

    def _on_moving(self, on: bool) -> None:
        self._canvas.let_pick(not on)
        self._panel.show_moving(on)

    def _on_draw_toggled(self, on: bool) -> None:
        if on:
            self._shapes.let_move(False)
            self._lasso.begin()
        else:
            self._lasso.end()
        self._panel.show_drawing(self._lasso.active)

    def _on_answered(self) -> None:
        if self._is_new:
            self._is_new = False
            self.told.emit(self._panel)

    def show_again(self) -> None:
        """Show the last answer with the names and colours types have now."""
        self.answers.show_again()

    @property
    def _here(self) -> Region | None:
        """The region that is shown."""
        return self.regions[self._current] if 0 <= self._current < len(self.regions) else None

    def _on_renamed(self, name: str) -> None:
        region, name = self._here, name.strip()
        if region is not None and name and name != region.name:
            self._change(f"{region.name} called {name}", name=name)

    def _on_classified(self, kind: str) -> None:
        region = self._here
        if region is not None and kind != (region.classification or ""):
            said = f"{region.name} classified as {kind}" if kind else f"{region.name} unclassified"
            self._change(said, classification=kind or None)

    def _on_remarked(self, remark: str) -> None:
        region, remark = self._here, remark.strip()
        if region is not None and remark != region.remark:
            self._change(f"a remark on {region.name}", remark=remark)

    def _on_against_chosen(self, index: int) -> None:
        self._against = index if index != self._current else -1
        self._show()
        self.ask()

    def _on_removed(self) -> None:
        region = self._here
        if region is not None:
            left = [one for one in self.regions if one is not region]
            self._do(f"{region.name} removed", left, len(left) - 1)

    def _on_export_requested(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._panel.window(), "Write regions to a folder")
        if folder:
            self.export(Path(folder))
