"""What the Nuclei card asks while nuclei are checked, answered: looks, thresholds, corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject

from spotscope.model import Edit, EditKind, EditLog, is_estimated
from spotscope.pipeline import bare_levels
from spotscope.widgets.canvas._framing import view_box
from spotscope.widgets.dock._state import Step
from spotscope.widgets.nuclei._cells_desk import CellsDesk
from spotscope.widgets.nuclei._edit_deeds import follow_log
from spotscope.widgets.nuclei._qc_keys import CheckKeys
from spotscope.widgets.nuclei._qc_looks import NucleiLooks
from spotscope.widgets.nuclei._qc_review import nucleus_at, nucleus_under, polygon_of
from spotscope.widgets.nuclei._qc_reviewer import Reviewer
from spotscope.widgets.nuclei._qc_rims import Rims
from spotscope.widgets.nuclei._qc_tasks import Checked, choose_task, edit_task
from spotscope.widgets.nuclei._qc_tools import CheckTools, Tool
from spotscope.widgets.nuclei._qc_truth import Annotations

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from qtpy.QtWidgets import QWidget

    from spotscope.model import Session, StarConvex
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.explore._explore_card import ExploreCard
    from spotscope.widgets.nuclei._nuclei_card import NucleiCard

__all__ = ["CheckDesk"]


class CheckDesk(QObject):
    """Coordinates the checking of nuclei with the workbench and the canvas."""

    def __init__(
        self,
        workbench: Workbench,
        canvas: Canvas,
        card: NucleiCard,
        explore: ExploreCard,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._card, self._panel = workbench, canvas, card, card.check
        self._log = EditLog()
        #: what was asked for and is not there yet
        self._pending: EditLog | None = None
        self._chosen = 0
        self._first: int | None = None
        self.tools = CheckTools(canvas, self)
        self.looks = NucleiLooks(workbench, canvas, self._panel, self)
        self.review = Reviewer(workbench, canvas, self._panel, self.tools, self)
        acts = {
            "N": self.review.show_next,
            "A": self.review.accept,
            "D": self.review.delete,
        }
        self.rims = Rims(canvas, self._panel, explore.outlines, self)
        self.truth = Annotations(workbench, self._panel, parent)
        self.cells = CellsDesk(workbench, card, explore.spot, self.correct, parent)
        self.keys = CheckKeys(parent, canvas.viewer, acts)
        self._connect()

    def _connect(self) -> None:
        panel, bench = self._panel, self._bench
        panel.tool_requested.connect(self.take)
        panel.undo_requested.connect(bench.deeds.undo)
        panel.redo_requested.connect(bench.deeds.redo)
        bench.deeds.changed.connect(self._show_log)
        panel.correct.head.toggled.connect(self._on_correct_toggled)
        self._card.threshold_changed.connect(lambda _: self.choose())
        self._card.overlap_changed.connect(lambda _: self.choose())
        self.tools.clicked.connect(self._on_clicked)
        self.tools.stroked.connect(self._on_stroked)
        self.review.judged.connect(self.correct)
        self.looks.measured.connect(self._on_session)
        bench.facts_changed.connect(lambda _: self._on_facts())
        bench.session_opened.connect(self._on_session_opened)
        bench.nuclei_found.connect(lambda session: self._on_session(session))
        bench.typed.connect(lambda typed: self._on_session(typed.session))
        bench.retyped.connect(lambda typed: self._on_session(typed.session))
        bench.previewed.connect(self._on_previewed)

    @property
    def busy(self) -> bool:
        """Whether something is being counted."""
        return self.review.busy or self.truth.busy

    def close(self) -> None:
        """Put the tool down, give the keys back, and stop."""
        self.review.close()
        self.truth.close()
        self.keys.end()
        self.tools.close()

    # thresholds -----------------------------------------------------------------------------

    def choose(self) -> None:
        """Choose the nuclei by the thresholds of the card, among all candidates."""
        bench, params = self._bench, self._card.params
        session = bench.session
        choosing = (
            session is not None and session.nuclei is not None and self._card.can_choose(session)
        )
        if not choosing or bench.running not in (None, "choose"):
            # at once, until the choice is there; where that is at once too, one paint is spared
            self._canvas.show_threshold(params.probability)
        if not choosing:
            return
        view, codes = view_box(self._canvas.viewer), self._canvas.codes
        self._card.say_choosing()
        self._chosen += 1
        mine = self._chosen

        def make() -> Any:
            assert bench.session is not None
            stale = lambda: self._chosen != mine  # noqa: E731 (others have been asked for since)
            return choose_task(bench.session, params, bench.fitted, view, codes, stale)

        bench.ask(Step.NUCLEI, "choose", make, self._show_checked, waits=True)

    def _on_previewed(self, name: str, ahead: object) -> None:
        if name == "choose" and isinstance(ahead, Checked) and ahead.before is self._bench.session:
            self._canvas.show_ahead(self.looks.ahead(ahead))

    # corrections ----------------------------------------------------------------------------

    def correct(self, *edits: Edit) -> None:
        """Make corrections; they are taken back by the window's history."""
        self._put(self._log.add(*edits))

    def _put(self, log: EditLog) -> None:
        bench = self._bench
        if bench.session is None or bench.session.nuclei is None:
            return
        self._pending = log
        self._follow(log)

        def make() -> Any:
            assert bench.session is not None
            return edit_task(bench.session, log, bench.fitted)

        bench.ask(Step.NUCLEI, "edit", make, self._show_checked, waits=True)

    def _follow(self, log: EditLog) -> None:
        """Go by a log, and tell the history."""
        self._log = log
        undo, redo = (lambda: self._put(self._log.undo())), (lambda: self._put(self._log.redo()))
        follow_log(self._bench.deeds, log, undo, redo)
        self._show_log()

    def _show_log(self) -> None:
        deeds = self._bench.deeds
        self._panel.show_log(self._log, deeds.last, deeds.next)

    def _show_checked(self, checked: Checked | None) -> None:
        bench = self._bench
        if checked is None or checked.session is None or bench.session is None:
            return
        if checked.before is not bench.session:  # a type was held meanwhile: once more
            if checked.before.nuclei is bench.session.nuclei:
                self.choose() if self._pending is None else self._put(self._pending)
            return
        if checked.session.edits is self._pending:
            self._pending = None
        if checked.missed:
            self._pending = None
            self._follow(bench.session.edits)
            self._panel.show_tool(self.tools.tool, f"▲ {checked.missed}")
            return
        if checked.boxes is None:  # other thresholds, other numbers: the one looked at is lost
            self.review.reset()
        bench.session, bench.codes = checked.session, checked.codes
        self._canvas.show_edited(
            checked.session, bare_levels(checked.labels), checked.codes, checked.boxes
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
        self.review.mark()

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

    # sessions -------------------------------------------------------------------------------

    def _on_session_opened(self, session: Session) -> None:
        self.tools.turn_to(session.sample.name)
        self.looks.reset()
        self.review.reset()
        self.truth.reset()
        self._pending = None
        self._panel.show_tool(None)
        self._on_session(session)

    def _on_session(self, session: Session) -> None:
        """Follow the nuclei of a session."""
        self._follow(session.edits if self._pending is None else self._pending)
        nuclei = session.nuclei  # where nobody saw one, there is none to judge or correct
        self._panel.setVisible(nuclei is not None and not is_estimated(nuclei).all())
        self.looks.follow()
        self.truth.follow()
        self._show_excluded()
        if session.nuclei is None or session.labels is None:
            self.take(None)
        self.review.follow()

    def _on_facts(self) -> None:
        """What was asked for and was cancelled, or failed, is not asked for any more."""
        session = self._bench.session
        if self._bench.running is not None or session is None:
            return
        if self._pending is not None:
            self._pending = None
            self._follow(session.edits)
        if self._canvas.nuclei.ahead is not None or self._canvas.turns.busy:
            # of a choice that was never made: shown, or still to be
            self._canvas.show_ahead(None)
            self.looks.follow()

    def _on_correct_toggled(self, on: bool) -> None:
        if on:
            self.keys.begin()
            self.rims.open()
        else:
            self.keys.end()
            self.rims.close()
            self.review.label = None
            self.review.mark()
        self._show_excluded()

    def _show_excluded(self) -> None:
        """Areas that no longer count are seen while corrections are made."""
        session = self._bench.session
        seen = session is not None and self._panel.correct.head.isChecked()
        edits = session.edits.excluded if session is not None and seen else ()
        self.tools.keep([edit.path_um for edit in edits])

    def _nuclei(self) -> StarConvex | None:
        session = self._bench.session
        return session.nuclei if session is not None else None
