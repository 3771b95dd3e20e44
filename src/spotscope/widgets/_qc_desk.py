"""What the Nuclei card asks while nuclei are checked, answered: looks, thresholds, corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, QTimer

from spotscope import pipeline
from spotscope.model import Edit, EditKind, EditLog
from spotscope.widgets._framing import set_camera
from spotscope.widgets._qc_histogram import BINS
from spotscope.widgets._qc_keys import CheckKeys
from spotscope.widgets._qc_look import Look, look_at, mark_counts, ramp, scale_of, values_of
from spotscope.widgets._qc_review import (
    about_nucleus,
    nucleus_at,
    nucleus_under,
    polygon_of,
)
from spotscope.widgets._qc_tasks import Checked, choose_task, edit_task, list_task
from spotscope.widgets._qc_tools import CheckTools, Tool
from spotscope.widgets._runner import Runner
from spotscope.widgets._state import Step

if TYPE_CHECKING:
    import numpy.typing as npt
    from qtpy.QtWidgets import QWidget

    from spotscope.model import Progress, Session, StarConvex
    from spotscope.widgets._canvas import Canvas
    from spotscope.widgets._nuclei_card import NucleiCard
    from spotscope.widgets._qc_tasks import Listed
    from spotscope.widgets._workbench import Workbench

__all__ = ["CheckDesk"]

#: What is counted and ranked follows when the hand has rested for so long.
_REST_MS = 300
#: A nucleus that is looked at is shown with this much around it.
_AROUND_UM = 90.0
_UNITS = {Look.AREA: " µm²", Look.HAEMATOXYLIN: ""}


class CheckDesk(QObject):
    """Coordinates the checking of nuclei with the workbench and the canvas."""

    def __init__(
        self, workbench: Workbench, canvas: Canvas, card: NucleiCard, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._card, self._panel = workbench, canvas, card, card.check
        self._log = EditLog()
        self._look = Look.TYPE
        self._brush: tuple[float, float] | None = None
        self._review: list[int] = []
        self._label: int | None = None
        self._first: int | None = None
        self.tools = CheckTools(canvas, self)
        self._lists = Runner(self)
        self._soon = QTimer(self, singleShot=True, interval=_REST_MS)
        acts = {
            "N": self.show_next,
            "A": self.accept,
            "D": self.delete,
            "Ctrl+Z": self.undo,
            "Ctrl+Shift+Z": self.redo,
            "Esc": lambda: self.take(None),
        }
        self.keys = CheckKeys(parent, canvas.viewer, acts)
        self._connect()

    def _connect(self) -> None:
        panel, bench = self._panel, self._bench
        panel.look_requested.connect(self.look)
        panel.brushed.connect(self._on_brushed)
        panel.tool_requested.connect(self.take)
        panel.undo_requested.connect(self.undo)
        panel.redo_requested.connect(self.redo)
        panel.next_requested.connect(self.show_next)
        panel.accept_requested.connect(self.accept)
        panel.delete_requested.connect(self.delete)
        panel.measure_requested.connect(self.measure)
        panel.opened.connect(self._soon.start)
        panel.correct.head.toggled.connect(self._on_correct_toggled)
        self._card.threshold_changed.connect(lambda _: self.choose())
        self._card.overlap_changed.connect(lambda _: self.choose())
        self.tools.clicked.connect(self._on_clicked)
        self.tools.stroked.connect(self._on_stroked)
        self._soon.timeout.connect(self._ask_list)
        self._lists.succeeded.connect(self._on_listed)
        bench.session_opened.connect(self._on_session_opened)
        bench.nuclei_found.connect(lambda session: self._on_session(session))
        bench.typed.connect(lambda typed: self._on_session(typed.session))
        bench.retyped.connect(lambda typed: self._on_session(typed.session))
        bench.previewed.connect(self._on_previewed)
        bench.progressed.connect(self._on_progressed)

    @property
    def busy(self) -> bool:
        """Whether something is being counted."""
        return self._lists.running is not None or bool(self._soon.isActive())

    def close(self) -> None:
        """Put the tool down, give the keys back, and stop."""
        self._soon.stop()
        self._lists.close()
        self.keys.end()
        self.tools.close()

    # looks ----------------------------------------------------------------------------------

    def look(self, look: Look) -> None:
        """Colour the nuclei by something."""
        self._look, self._brush = look, None
        self._panel.show_look(look)
        self._show_histogram()
        self._show_look()
        session = self._bench.session
        if look is Look.HAEMATOXYLIN and session is not None and session.nuclei is not None:
            values = values_of(session, look)
            if values is None or np.isnan(values).any():
                self.measure()

    def measure(self) -> None:
        """Read the stain of every nucleus."""
        bench = self._bench
        if bench.session is None or bench.session.nuclei is None:
            return

        def keep(measured: Session) -> None:
            if bench.session is not None and bench.session.nuclei is measured.nuclei:
                bench.session = measured
                self._on_session(measured)

        session = bench.session
        bench.ask(Step.NUCLEI, "measure", lambda: pipeline.measure_step(session), keep)

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
            self._panel.histogram.show_values(values, scale, unit, colours)
        if session is not None:
            self._panel.show_marks(mark_counts(session))

    # thresholds -----------------------------------------------------------------------------

    def choose(self) -> None:
        """Choose the nuclei by the thresholds of the card, among all candidates."""
        bench, params = self._bench, self._card.params
        session = bench.session
        self._canvas.show_threshold(params.probability)  # at once, until the choice is there
        if session is None or session.nuclei is None or not self._can_choose():
            return
        view, codes = self._view(), self._canvas.codes
        self._card.say_choosing()

        def make() -> Any:
            assert bench.session is not None
            return choose_task(bench.session, params, bench.fitted, view, codes)

        bench.ask(Step.NUCLEI, "choose", make, self._show_checked, waits=True)

    def _can_choose(self) -> bool:
        session = self._bench.session
        return session is not None and self._card.can_choose(session)

    def _on_previewed(self, name: str, ahead: object) -> None:
        if name == "choose" and isinstance(ahead, Checked) and ahead.before is self._bench.session:
            levels = ahead.labels.levels
            self._canvas.show_edited(ahead.before, levels, ahead.codes, ahead.boxes)

    # corrections ----------------------------------------------------------------------------

    def correct(self, *edits: Edit) -> None:
        """Make corrections."""
        self._put(self._log.add(*edits))

    def undo(self) -> None:
        """Take the last correction back."""
        if self._log.done:
            self._put(self._log.undo())

    def redo(self) -> None:
        """Bring it back."""
        if self._log.undone:
            self._put(self._log.redo())

    def _put(self, log: EditLog) -> None:
        bench = self._bench
        if bench.session is None or bench.session.nuclei is None:
            return
        self._log = log
        self._panel.show_log(log)

        def make() -> Any:
            assert bench.session is not None
            return edit_task(bench.session, self._log, bench.fitted)

        bench.ask(Step.NUCLEI, "edit", make, self._show_checked, waits=True)

    def _show_checked(self, checked: Checked) -> None:
        bench = self._bench
        if checked.session is None or checked.before is not bench.session:
            return  # nuclei or types are others by now
        if checked.missed:
            self._log = bench.session.edits
            self._panel.show_log(self._log)
            self._panel.show_tool(self.tools.tool, f"▲ {checked.missed}")
            return
        bench.session, bench.codes = checked.session, checked.codes
        self._canvas.show_edited(
            checked.session, checked.labels.levels, checked.codes, checked.boxes
        )
        self._card.show_nuclei(checked.session)
        if checked.typed is not None:
            bench.fitted = checked.typed.fitted
            bench.retyped.emit(checked.typed)
        else:
            self._on_session(checked.session)
        bench.facts_changed.emit(bench.facts)

    # tools ----------------------------------------------------------------------------------

    def take(self, tool: Tool | None) -> None:
        """Take a tool in hand, or put it down."""
        session = self._bench.session
        if session is None or session.nuclei is None or session.labels is None:
            tool = None
        self._first = None
        self.tools.take(tool)
        self._panel.show_tool(tool)
        self._mark_chosen()

    def _on_clicked(self, tool: Tool, yx_um: npt.NDArray[np.float64]) -> None:
        nuclei = self._nuclei()
        row = None if nuclei is None else nucleus_at(nuclei, yx_um)
        if nuclei is None or row is None:
            return
        if tool is Tool.DELETE:
            self.correct(Edit.of(EditKind.DELETE, nuclei.yx_um[row]))
            return
        other = self._first
        if other is None or other == row or other >= nuclei.n:
            self._first = row
            self.tools.show([polygon_of(nuclei, row)])
            self._panel.show_tool(tool, "Now click the other part.")
            return
        self._first = None
        self.tools.show([])
        self._panel.show_tool(tool)
        self.correct(Edit.of(EditKind.MERGE, nuclei.yx_um[[other, row]]))

    def _on_stroked(self, tool: Tool, path_um: npt.NDArray[np.float64]) -> None:
        nuclei = self._nuclei()
        if nuclei is None:
            return
        if tool is Tool.SPLIT:
            row = nucleus_under(nuclei, path_um)
            if row is None:
                self._panel.show_tool(
                    tool, "▲ The line runs through no nucleus; draw it across one."
                )
                return
            ends = path_um[[0, -1]]
            self.correct(Edit.of(EditKind.SPLIT, nuclei.yx_um[row], ends))
        elif tool is Tool.REDRAW:
            row = nucleus_at(nuclei, path_um.mean(axis=0))
            at = () if row is None else nuclei.yx_um[row]
            self.correct(Edit.of(EditKind.REDRAW, at, path_um))
        else:
            kind = EditKind.ERASE if tool is Tool.ERASE else EditKind.EXCLUDE
            self.correct(Edit.of(kind, path_um=path_um))

    # review ---------------------------------------------------------------------------------

    def show_next(self) -> None:
        """Go to the nucleus that is most worth a look."""
        nuclei = self._nuclei()
        if nuclei is None:
            return
        if self._label in self._review:  # passed over: it comes again at the end
            self._review.remove(self._label)
        self._label = self._review[0] if self._review else None
        self._mark_chosen(go=True)

    def accept(self) -> None:
        """The nucleus looked at is right; go on."""
        row, nuclei = self._chosen()
        if row is not None and nuclei is not None:
            corners = polygon_of(nuclei, row)
            self._judge(Edit.of(EditKind.ACCEPT, nuclei.yx_um[row], corners))

    def delete(self) -> None:
        """The nucleus looked at is none; go on."""
        row, nuclei = self._chosen()
        if row is not None and nuclei is not None:
            self._judge(Edit.of(EditKind.DELETE, nuclei.yx_um[row]))

    def _judge(self, edit: Edit) -> None:
        if self._label in self._review:
            self._review.remove(self._label)
        self.correct(edit)
        self._label = None
        self.show_next()

    def _chosen(self) -> tuple[int | None, StarConvex | None]:
        nuclei = self._nuclei()
        if nuclei is None or self._label is None:
            return None, nuclei
        row = int(nuclei.rows_of(np.array([self._label]))[0])
        return (row if row >= 0 else None), nuclei

    def _mark_chosen(self, *, go: bool = False) -> None:
        """Outline the nucleus looked at, say what it is, and move there."""
        row, nuclei = self._chosen()
        session = self._bench.session
        about = about_nucleus(session, row) if session is not None and row is not None else ""
        self._panel.show_review(len(self._review), about, chosen=row is not None)
        if nuclei is None:
            return
        if row is not None and go:
            viewer = self._canvas.viewer
            y, x = nuclei.yx_um[row]
            closer = max(float(viewer.scene.camera.zoom), min(viewer.canvas.size) / _AROUND_UM)
            set_camera(viewer, {"center": (0.0, y, x), "zoom": closer})
        self.tools.show([] if row is None else [polygon_of(nuclei, row)])

    # sessions -------------------------------------------------------------------------------

    def _on_session_opened(self, session: Session) -> None:
        self.tools.turn_to(session.sample.name)
        self._look, self._brush, self._label = Look.TYPE, None, None
        self._panel.show_look(Look.TYPE)
        self._panel.show_tool(None)
        self._on_session(session)

    def _on_session(self, session: Session) -> None:
        """Follow the nuclei of a session."""
        self._log = session.edits
        self._panel.setVisible(session.nuclei is not None and session.nuclei.n > 0)
        self._panel.show_log(self._log)
        brush = self._brush
        self._show_histogram()
        self._brush = brush
        if self._look is not Look.TYPE:
            self._show_look()
        if session.nuclei is None or session.labels is None:
            self.take(None)
        self._soon.start()

    def _ask_list(self) -> None:
        session = self._bench.session
        unfolded = self._panel.correct.head.isChecked() or self._panel.numbers.head.isChecked()
        if session is not None and session.nuclei is not None and unfolded:
            view = self._view()
            self._lists.latest("list", lambda: list_task(session, view))

    def _on_listed(self, _name: str, listed: Listed) -> None:
        session = self._bench.session
        if session is None or listed.session is not session or session.nuclei is None:
            return
        self._panel.show_numbers(listed.slide, listed.view)
        self._review = session.nuclei.label_id[listed.review].tolist()
        self._mark_chosen()

    def _on_correct_toggled(self, on: bool) -> None:
        if on:
            self.keys.begin()
        else:
            self.keys.end()
            self._label = None
            self._mark_chosen()

    def _nuclei(self) -> StarConvex | None:
        session = self._bench.session
        return session.nuclei if session is not None else None

    def _view(self) -> tuple[float, float, float, float]:
        """(y0, x0, y1, x1) in µm that the canvas shows."""
        camera = self._canvas.viewer.scene.camera
        height, width = self._canvas.viewer.canvas.size
        y, x = (float(v) for v in tuple(camera.center)[-2:])
        zoom = max(float(camera.zoom), 1e-9)
        return (
            y - height / zoom / 2,
            x - width / zoom / 2,
            y + height / zoom / 2,
            x + width / zoom / 2,
        )
