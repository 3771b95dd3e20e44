"""Nuclei in other colours: the look that was asked for, its histogram, and what is brushed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, Signal

from spotscope import pipeline
from spotscope.widgets.canvas._nuclei_ahead import NucleiAhead
from spotscope.widgets.dock._state import Step
from spotscope.widgets.nuclei._qc_classes import ClassesAsTypes
from spotscope.widgets.nuclei._qc_histogram import BINS
from spotscope.widgets.nuclei._qc_look import Look, look_at, ramp, scale_of, swatches, values_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Progress, Session
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.nuclei._qc_panel import CheckPanel
    from spotscope.widgets.nuclei._qc_tasks import Checked

__all__ = ["NucleiLooks"]

_UNITS = {Look.AREA: " µm²"}


class NucleiLooks(QObject):
    """Keeps the look that is wanted, and colours the nuclei of every new session by it.

    ``measured(Session)`` when the stain was read.
    """

    measured = Signal(object)

    def __init__(
        self, workbench: Workbench, canvas: Canvas, panel: CheckPanel, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._panel = workbench, canvas, panel
        self._look = Look.TYPE
        self._brush: tuple[float, float] | None = None
        self.classes = ClassesAsTypes(workbench, panel.classes, self)
        panel.look_requested.connect(self.look)
        panel.brushed.connect(self._on_brushed)
        panel.measure_requested.connect(self.measure)
        workbench.progressed.connect(self._on_progressed)

    @property
    def current(self) -> Look:
        """What the colours of the nuclei say."""
        return self._look

    def reset(self) -> None:
        """Show types again, of a session that comes."""
        self._look, self._brush = Look.TYPE, None
        self._panel.show_look(Look.TYPE)
        self.classes.reset()

    def follow(self) -> None:
        """Show the session of this moment as the one before was shown."""
        self.classes.follow()
        if not self._offer() and self._look is Look.CLASS:
            self.look(Look.TYPE)
        self._show_histogram()
        if self._look is not Look.TYPE:
            self._show_look()

    def look(self, look: Look) -> None:
        """Colour the nuclei by something; by their types where they do not have it."""
        if not self._offer() and look is Look.CLASS:
            look = Look.TYPE
        self._look, self._brush = look, None
        self._panel.show_look(look)
        self._show_histogram()
        self._show_look()
        session = self._bench.session
        if look is Look.HAEMATOXYLIN and session is not None and session.nuclei is not None:
            values = values_of(session, look)
            if values is None or np.isnan(values).any():
                self.measure()

    def show_gene(self, name: str) -> None:
        """A gene has taken the place of the look; none has: the look is as it was told last."""
        if name:
            self._look, self._brush = Look.TYPE, None
            self._panel.show_gene(name)
        else:
            self._panel.show_look(self._look)

    def ahead(self, checked: Checked) -> NucleiAhead:
        """Nuclei of a view, in the colours of the look that is wanted."""
        chosen, session = checked.chosen, checked.before
        assert chosen is not None
        ahead = NucleiAhead(pipeline.bare_levels(checked.labels), checked.codes, chosen.nuclei)
        known = values_of(session, self._look)
        if known is None or not np.isfinite(known).any():
            return ahead
        there = replace(session, nuclei=chosen.nuclei, cells=None, measures={})
        values = values_of(there, self._look)
        if values is None:
            values = np.where(chosen.old >= 0, known[chosen.old], np.nan).astype(np.float32)
        looked = look_at(there, self._look, values, self._brush, scale_of(known, self._look))
        if looked is None:
            return ahead
        return replace(ahead, codes=looked.codes, colormap=looked.colormap)

    def measure(self) -> None:
        """Read the stain of every nucleus."""
        bench = self._bench
        if bench.session is None or bench.session.nuclei is None:
            return

        def keep(measured: Session) -> None:
            if bench.session is not None and bench.session.nuclei is measured.nuclei:
                # a type may have been held meanwhile
                bench.session = replace(bench.session, measures=measured.measures)
                self.measured.emit(bench.session)

        session = bench.session
        bench.ask(Step.NUCLEI, "measure", lambda: pipeline.measure_step(session), keep)

    def _offer(self) -> bool:
        """Offer types, and the classes that others gave, if there are any."""
        session = self._bench.session
        self._panel.offer_types(session is not None and session.cells is not None)
        nuclei = session.nuclei if session is not None else None
        marked = nuclei is not None and nuclei.classes is not None
        self._panel.offer_classes(marked)
        return marked

    def _on_progressed(self, step: Step, progress: Progress) -> None:
        values = progress.preview
        measured = step is Step.NUCLEI and isinstance(values, np.ndarray)
        if measured and self._look is Look.HAEMATOXYLIN:
            self._show_look(values)

    def _on_brushed(self, shown: tuple[float, float] | None) -> None:
        self._brush = shown
        self._show_look()

    def _show_look(self, values: npt.NDArray[np.float32] | None = None) -> None:
        session = self._bench.session
        if session is None or session.nuclei is None:
            return
        found = look_at(session, self._look, values, self._brush)
        if found is not None:
            self._canvas.show_inferred(found.codes, found.colormap, found.said)
        elif self._canvas.nuclei.inferred is not None:
            self._canvas.show_inferred(None, None, "")

    def _show_histogram(self) -> None:
        session = self._bench.session
        values = None if session is None else values_of(session, self._look)
        known = values is not None and np.isfinite(values).any()
        self._panel.histogram.setVisible(bool(known))
        if values is not None and known:
            unit = _UNITS.get(self._look, "")
            colours = ramp(self._look, BINS)
            scale = scale_of(values, self._look)
            self._panel.histogram.show_values(values, scale, unit, colours, self._brush)
        if session is not None:
            self._panel.show_swatches(swatches(session, self._look))
