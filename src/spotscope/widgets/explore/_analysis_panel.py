"""Asking in the Explore card: who lies beside whom, which genes vary, what differs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from spotscope.pipeline import AnalyseParams, Question
from spotscope.widgets.explore._finding_view import FindingView
from spotscope.widgets.jobs._progress_bar import ProgressBar
from spotscope.widgets.parts._card import HIT_PX, line, say
from spotscope.widgets.parts._fold import Fold
from spotscope.widgets.parts._params_form import form_view, params_form, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.model import Progress
    from spotscope.pipeline import Finding
    from spotscope.widgets.explore._analysis_table import FindingModel

__all__ = ["AnalysisPanel"]

QUESTIONS = {
    Question.NEIGHBOURS: "Which types lie beside each other?",
    Question.LIGANDS: "Which ligands meet their receptors?",
    Question.VARIABLE: "Which genes differ from place to place?",
    Question.DIFFERENCE: "What differs between two regions?",
}
_TITLES = {
    "neighbours": "Neighbours",
    "ligands_spots": "Ligands, spots",
    "ligands_cells": "Ligands, cells",
    "variable": "Variable genes",
    "difference": "Differences",
}
REST = "the rest"


class AnalysisPanel(QWidget):
    """Questions, and the tables that answer them.

    Requests: ``asked(Question)``, ``stopped()``, ``row_chosen(Finding, row)``.
    """

    asked = Signal(object)
    stopped = Signal()
    row_chosen = Signal(object, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._findings: list[Finding] = []
        self._running = False
        self._model: FindingModel | None = None
        self._stale: frozenset[str] = frozenset()
        self._build()
        self._lay_out()
        self._connect()
        self.show_missing(())
        self.show_regions(())
        self.show_progress(None)
        self.show_findings((), "")

    def _build(self) -> None:
        self.missing = line()
        self.question = QComboBox()
        self.question.setAccessibleName("Question")
        for question, words in QUESTIONS.items():
            self.question.addItem(words, question)
        self.first, self.second = QComboBox(), QComboBox()
        self.first.setAccessibleName("Region")
        self.second.setAccessibleName("Compared with")
        self.button = QPushButton("Ask")
        self.bar = ProgressBar()
        self.stage = line()
        self.form = params_form(AnalyseParams)
        self.shown = QComboBox()
        self.shown.setAccessibleName("Table")
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search the table…")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search the table")
        #: what else can be done with the table that is shown
        self.menu = QMenu(self)
        self.more = QToolButton()
        self.more.setText("⋯")
        self.more.setAutoRaise(True)
        self.more.setToolTip("More for this table")
        self.more.setAccessibleName("More for this table")
        self.more.setMinimumHeight(HIT_PX)
        self.more.setMenu(self.menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.title = line()
        self.table = FindingView()
        self.hint = line(quiet=True)
        self.notes = line(quiet=True)

    def _lay_out(self) -> None:
        ask = QHBoxLayout()
        ask.addWidget(self.question, 1)
        ask.addWidget(self.button)
        self.sides = QWidget()
        sides = QHBoxLayout(self.sides)
        sides.setContentsMargins(0, 0, 0, 0)
        sides.addWidget(self.first, 1)
        sides.addWidget(self.second, 1)
        self.settings = Fold("Parameters of the question", form_view(self.form))
        self.head = QWidget()
        head = QHBoxLayout(self.head)
        head.setContentsMargins(0, 0, 0, 0)
        head.addWidget(self.shown)
        head.addWidget(self.search, 1)
        head.addWidget(self.more)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addWidget(self.missing)
        layout.addLayout(ask)
        below = (self.sides, self.bar, self.stage, self.settings, self.head, self.title)
        for widget in (*below, self.table, self.hint, self.notes):
            layout.addWidget(widget)

    def _connect(self) -> None:
        self.button.clicked.connect(self._on_button)
        self.question.currentIndexChanged.connect(lambda _: self._show_question())
        self.shown.activated.connect(self._on_shown)
        self.search.textChanged.connect(self._on_search)
        self.table.clicked.connect(self._on_row)
        self.table.activated.connect(self._on_row)

    @property
    def params(self) -> AnalyseParams:
        """What the form says."""
        return values(self.form, AnalyseParams)

    @property
    def sides_chosen(self) -> tuple[int, int]:
        """Index of the two regions; -1 for the rest."""
        return self.first.currentIndex(), self.second.currentIndex() - 1

    def show_missing(self, packages: Sequence[str]) -> None:
        """Say how to get what is not installed; with all there, say nothing."""
        said = ""
        if packages:
            said = (
                f"This needs {', '.join(packages)}, which are not installed. Install them with\n"
                "pip install 'spotscope[analysis]'\nand open napari again."
            )
        say(self.missing, said)
        self.question.setEnabled(not packages)
        self.settings.setVisible(not packages)
        self._show_question()

    def show_regions(self, names: Sequence[str]) -> None:
        """Offer these regions to compare."""
        before = self.first.currentText(), self.second.currentText()
        for box, items in ((self.first, list(names)), (self.second, [REST, *names])):
            box.clear()
            box.addItems(items)
        # the same as before where they are still there; else the last two that were drawn
        self.first.setCurrentText(before[0])
        self.second.setCurrentText(before[1] if before[1] != self.first.currentText() else REST)
        self._show_question()

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far an answer is; None when nothing runs."""
        self._running = progress is not None
        self.bar.setVisible(self._running)
        if progress is None:
            self.bar.begin()
        say(self.stage, "" if progress is None else self.bar.follow(progress))
        self._show_question()

    def show_trouble(self, said: str) -> None:
        """Say why there is no answer."""
        say(self.stage, f"▲ {said}" if said else "")

    def show_unanswered(self, reasons: Sequence[str]) -> None:
        """Say which part of a question had no answer, where others had."""
        say(self.stage, "\n".join(f"Not answered · {reason}" for reason in reasons))

    def show_findings(self, findings: Sequence[Finding], name: str) -> None:
        """Offer these tables, and show the one of this name."""
        self._findings = list(findings)
        self.shown.clear()
        for finding in self._findings:
            self.shown.addItem(_TITLES[finding.name], finding.name)
        self.shown.setCurrentIndex(self.shown.findData(name))
        self._show_table()

    def show_stale(self, names: Sequence[str]) -> None:
        """Tell which tables, and no others, speak of types or counts that are others by now."""
        self._stale = frozenset(names)
        if self._model is not None:
            self._say_title(self._model.finding)

    def _say_title(self, finding: Finding) -> None:
        stale = "▲ Of what was there before, ask again · " if finding.name in self._stale else ""
        say(self.title, stale + finding.title)

    def _on_button(self) -> None:
        if self._running:
            self.stopped.emit()
        else:
            self.asked.emit(self.question.currentData())

    def _on_shown(self, _index: int) -> None:
        self._show_table()

    def _on_search(self, text: str) -> None:
        if self._model is not None:
            self._model.search(text)

    def _on_row(self, index: object) -> None:
        if self._model is not None:
            self.row_chosen.emit(self._model.finding, self._model.row(index))

    def _show_question(self) -> None:
        compares = self.question.currentData() == Question.DIFFERENCE
        known = not self.missing.text()
        self.sides.setVisible(compares and known)
        lacks = compares and not self.first.count()
        self.button.setText("Cancel" if self._running else "Ask")
        self.button.setEnabled(self._running or (known and not lacks))
        self.button.setToolTip(
            "Draw a region first" if lacks else "Answer the question (it can be stopped)"
        )

    def _show_table(self) -> None:
        at = self.shown.currentIndex()
        found = self._findings[at] if 0 <= at < len(self._findings) else None
        for widget in (self.head, self.table):
            widget.setVisible(found is not None)
        say(self.notes, "" if found is None else "\n".join(f"· {n}" for n in found.record.notes))
        say(self.hint, _HINTS.get(found.name, "") if found is not None else "")
        if found is None:
            say(self.title, "")
            self._model = None
            return
        self._say_title(found)
        self._model = self.table.show_finding(found)
        self._model.search(self.search.text())


_HINTS = {
    "variable": "Click a gene to see it on the slide.",
    "ligands_spots": "Click a pair: spots are filled where both are above their mean.",
    "ligands_cells": "Click a pair to see it in the spots.",
    "difference": "Click a gene to see it on the slide.",
    "neighbours": "Click two types to see them alone.",
}
