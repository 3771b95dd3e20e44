"""What the Nuclei card shows for checking: colours, tools, review, numbers. It only asks."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from spotscope.widgets.history._undo_row import tip
from spotscope.widgets.nuclei._edit_deeds import said_of_all
from spotscope.widgets.nuclei._qc_classes import ClassesRow
from spotscope.widgets.nuclei._qc_histogram import BrushHistogram
from spotscope.widgets.nuclei._qc_look import WORDS, Look
from spotscope.widgets.nuclei._qc_numbers import NumbersTable
from spotscope.widgets.nuclei._qc_review import MOST
from spotscope.widgets.nuclei._qc_tools import Tool
from spotscope.widgets.parts._card import line, say
from spotscope.widgets.parts._fold import Fold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.layers import Colour
    from spotscope.model import EditLog
    from spotscope.pipeline import NucleiNumbers

__all__ = ["CheckPanel"]

_TIPS = {
    Tool.DELETE: "Click a nucleus that is none.",
    Tool.MERGE: "Click two parts of one nucleus.",
    Tool.SPLIT: "Draw a line between two nuclei that are drawn as one.",
    Tool.REDRAW: "Go around a nucleus: it replaces the one inside, or is a new one.",
    Tool.ERASE: "Go around nuclei that are none: they all go.",
    Tool.EXCLUDE: "Go around a fold, pen or bubble: its nuclei and its area no longer count.",
}


class CheckPanel(QWidget):
    """Looks, tools, review and numbers.

    Asks ``look_requested(Look)``, ``outlines_toggled(on)``, ``brushed(range or None)``,
    ``tool_requested(Tool or None)``, ``undo_requested``, ``redo_requested``, ``next_requested``,
    ``accept_requested``, ``delete_requested``, ``measure_requested``, ``truth_requested``; says
    ``opened()`` when a fold is unfolded.
    """

    look_requested = Signal(object)
    outlines_toggled = Signal(bool)
    brushed = Signal(object)
    tool_requested = Signal(object)
    undo_requested = Signal()
    redo_requested = Signal()
    next_requested = Signal()
    accept_requested = Signal()
    delete_requested = Signal()
    measure_requested = Signal()
    truth_requested = Signal()
    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(self._build_look())
        layout.addWidget(self.histogram)
        layout.addWidget(self.legend)
        self.classes = ClassesRow()
        layout.addWidget(self.classes)
        self.correct = Fold("Correct and review", self._build_correct())
        self.numbers = Fold("Numbers", self._build_numbers())
        layout.addWidget(self.correct)
        layout.addWidget(self.numbers)
        for fold in (self.correct, self.numbers):
            fold.head.toggled.connect(lambda on: self.opened.emit() if on else None)
        self.correct.head.toggled.connect(lambda on: None if on else self.put_down())

    # build ----------------------------------------------------------------------------------

    def _build_look(self) -> QHBoxLayout:
        self.look = QComboBox()
        self.look.setAccessibleName("Colour nuclei by")
        for look in Look:
            self.look.addItem(str(look), look)
        self.offer_classes(False)
        # Qt hands a word back as a plain string
        self.look.activated.connect(
            lambda _: self.look_requested.emit(Look(self.look.currentData()))
        )
        self.histogram = BrushHistogram()
        self.histogram.hide()
        self.histogram.brushed.connect(self.brushed)
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.legend.hide()
        row = QHBoxLayout()
        name = QLabel("Colour by")
        row.addWidget(name)
        row.addWidget(self.look)
        row.addStretch()
        self.outlines = QPushButton("Outlines")
        self.outlines.setCheckable(True)
        self.outlines.setToolTip("Draw nuclei as outlines, so that the stain is seen, or filled")
        self.outlines.clicked.connect(self.outlines_toggled)
        row.addWidget(self.outlines)
        return row

    def _build_correct(self) -> QWidget:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 2, 0, 4)
        layout.setSpacing(6)
        layout.addLayout(self._build_tools())
        self.hint = line()
        layout.addWidget(self.hint)
        self.undo = _button("Undo", "Take the last correction back (Ctrl+Z)", self.undo_requested)
        self.redo = _button("Redo", "Bring it back (Ctrl+Shift+Z)", self.redo_requested)
        self.made = line()
        row = QHBoxLayout()
        row.addWidget(self.undo)
        row.addWidget(self.redo)
        row.addWidget(self.made, 1)
        row.addStretch()
        layout.addLayout(row)
        layout.addLayout(self._build_review())
        self.nucleus = line()
        layout.addWidget(self.nucleus)
        return inner

    def _build_tools(self) -> QGridLayout:
        self.tools: dict[Tool, QPushButton] = {}
        grid = QGridLayout()
        grid.setSpacing(4)
        for number, tool in enumerate(Tool):
            button = QPushButton(str(tool))
            button.setCheckable(True)
            button.setToolTip(_TIPS[tool])
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda on, tool=tool: self._on_tool_clicked(tool, on))
            self.tools[tool] = button
            grid.addWidget(button, number // 3, number % 3)
        return grid

    def _build_review(self) -> QHBoxLayout:
        self.next = _button("Next", "Show the nucleus most worth a look (N)", self.next_requested)
        self.accept = _button("Accept", "It is right as it is (A)", self.accept_requested)
        self.delete = _button("Delete it", "It is none (D)", self.delete_requested)
        self.left = QLabel()
        row = QHBoxLayout()
        row.addWidget(self.left, 1)
        for button in (self.next, self.accept, self.delete):
            row.addWidget(button)
        return row

    def _build_numbers(self) -> QWidget:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 2, 0, 4)
        self.table = NumbersTable()
        layout.addWidget(self.table)
        self.measure = _button(
            "Measure haematoxylin", "Read the stain inside every nucleus", self.measure_requested
        )
        layout.addWidget(self.measure, 0, Qt.AlignmentFlag.AlignLeft)
        self.truth = _button(
            "Compare with an annotation…",
            "F1, AJI and PQ against nuclei that somebody drew: a label image or GeoJSON. Those in "
            "the box around the annotation count.",
            self.truth_requested,
        )
        layout.addWidget(self.truth, 0, Qt.AlignmentFlag.AlignLeft)
        self.agreement = line()
        layout.addWidget(self.agreement)
        return inner

    # show -----------------------------------------------------------------------------------

    def show_look(self, look: Look) -> None:
        """Show which look the nuclei have."""
        self.look.setCurrentIndex(list(Look).index(look))
        self.histogram.setVisible(look not in WORDS)
        self.legend.setVisible(look in (Look.EDITED, Look.CLASS))

    def show_gene(self, name: str) -> None:
        """Show that a gene has taken the place of all looks."""
        self.look.setPlaceholderText(name)
        self.look.setCurrentIndex(-1)
        self.histogram.hide()
        self.legend.hide()

    def offer_types(self, on: bool) -> None:
        """Call the first look by what it shows: types, or, before there are any, nothing."""
        self.look.setItemText(0, str(Look.TYPE) if on else "nothing")

    def offer_classes(self, on: bool) -> None:
        """Offer the colours of what others marked nuclei as, or not: the last of the looks."""
        last = len(Look) - 1
        if on and self.look.count() == last:
            self.look.addItem(str(Look.CLASS), Look.CLASS)
        elif not on and self.look.count() > last:
            self.look.removeItem(last)

    def show_swatches(self, said: Sequence[tuple[Colour, str]]) -> None:
        """Show what the colours of the nuclei say, in words that wrap."""
        words = (
            f"<span style='color:#{r:02x}{g:02x}{b:02x}'>■</span>\N{NO-BREAK SPACE}"
            + escape(text).replace(" ", "\N{NO-BREAK SPACE}")
            for (r, g, b), text in said
        )
        self.legend.setText("&nbsp; ".join(words) or "none accepted, merged, split or drawn yet")

    def show_tool(self, tool: Tool | None, hint: str = "") -> None:
        """Show which tool is in hand."""
        for each, button in self.tools.items():
            button.setChecked(each is tool)
        say(self.hint, hint or (_TIPS[tool] if tool is not None else ""))

    def show_log(self, log: EditLog, last: str, following: str) -> None:
        """Show the corrections, and what the window's history would undo and redo."""
        self.undo.setEnabled(bool(last))
        self.redo.setEnabled(bool(following))
        self.undo.setToolTip(tip("Take back", last, "Ctrl+Z"))
        self.redo.setToolTip(tip("Do again", following, "Ctrl+Shift+Z"))
        say(self.made, said_of_all(log))

    def show_review(self, left: int, about: str, *, chosen: bool) -> None:
        """Show how many are worth a look, and the one that is looked at."""
        many = "+" if left >= MOST else ""
        self.left.setText(f"{left:,}{many} to review" if left else "nothing to review")
        self.left.setToolTip("Those that are least sure and that most counts hang on come first")
        self.next.setEnabled(left > 0)
        self.accept.setEnabled(chosen)
        self.delete.setEnabled(chosen)
        say(self.nucleus, about)

    def show_numbers(
        self, slide: NucleiNumbers | None, view: NucleiNumbers | None, unmeasured: int = 0
    ) -> None:
        """Show counts and medians, and offer to measure nuclei whose stain was not read yet."""
        self.table.show_numbers(slide, view)
        self.measure.setVisible(unmeasured > 0)

    def show_agreement(self, text: str) -> None:
        """Show how well the nuclei agree with an annotation, or why nobody can say."""
        say(self.agreement, text)

    def put_down(self) -> None:
        """Ask for no tool."""
        self.tool_requested.emit(None)

    def _on_tool_clicked(self, tool: Tool, on: bool) -> None:
        self.tool_requested.emit(tool if on else None)


def _button(text: str, tip: str, request: Signal) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.clicked.connect(lambda: request.emit())
    return button
