"""A step's card: sign, title, one line of state, a body, one button, its progress, its troubles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QElidingLabel

from spotscope.widgets.dock._state import Mark
from spotscope.widgets.jobs._progress_bar import ProgressBar
from spotscope.widgets.parts._announce import announce
from spotscope.widgets.parts._dress import Rank, give_rank
from spotscope.widgets.parts._in_window import in_window
from spotscope.widgets.parts._mark import MarkSign
from spotscope.widgets.parts._theme import is_dark, mark_colour, track_colour

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtGui import QMouseEvent, QPaintEvent

    from spotscope.model import Progress
    from spotscope.widgets.dock._state import StepState

__all__ = ["HIT_PX", "StepCard", "line", "say", "unbroken"]

#: Sides of what is clicked are at least so many pixels.
HIT_PX = 24

_UNIT = re.compile(r"(?<=\d) (?=(?:GB|MB|s|min|h|µm)\b)|(?<=±) | (?=±)")


def line(text: str = "", *, quiet: bool = False) -> QLabel:
    """A line of words that wraps, can be selected, and never widens the dock; ``quiet``: notes."""
    label = QLabel(text)
    if quiet:
        give_rank(label, Rank.SECOND)
    label.setWordWrap(True)
    label.setIndent(4)  # else Qt reckons with twice the indent it draws, and leaves lines empty
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setVisible(bool(text))
    return label


def unbroken(text: str) -> str:
    """Words in which no line ends between a number and its unit."""
    return _UNIT.sub("\N{NO-BREAK SPACE}", text)


def say(label: QLabel, text: str) -> None:
    """Change a line, in the window's words; an empty one takes no room."""
    label.setText(in_window(text))
    label.setVisible(bool(text))


class StepCard(QWidget):
    """One step of the dock.

    Parameters
    ----------
    title
        Its name.
    run_text
        On its button; None for a step that has none.

    It only asks (``run_requested``, ``cancel_requested``) and shows what it is told.
    """

    run_requested = Signal()
    cancel_requested = Signal()
    #: the stage that is nearly all of what its button runs
    main_stage = ""

    def __init__(self, title: str, run_text: str | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._run_text = run_text
        self._can_cancel = False
        self._mark = Mark.WAITING
        self._cost = ""
        self._seconds: float | None = None  # of the next run
        self._expected: float | None = None  # of the one under way
        self._folded_by_user: bool | None = None
        self._opens = True
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName(title)
        self._build(title)
        self._connect()

    def _build(self, title: str) -> None:
        self.sign = MarkSign()
        self.title = QLabel(title)
        font = self.title.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.15)
        self.title.setFont(font)
        self.state_line = QElidingLabel()
        self.state_line.setElideMode(Qt.TextElideMode.ElideRight)
        self.state_line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        #: what else can be done with the step; shown once there is something in it
        self.menu = QMenu(self)
        self.menu_button = QToolButton()
        self.menu_button.setText("⋯")
        self.menu_button.setAutoRaise(True)
        self.menu_button.setToolTip(f"More for {title}")
        self.menu_button.setAccessibleName(f"More for {title}")
        self.menu_button.hide()
        self.fold = QToolButton()
        self.fold.setAutoRaise(True)
        self.fold.setAccessibleName(f"Fold {title}")
        self.button = QPushButton(self._run_text or "")
        self.button.setVisible(self._run_text is not None)
        self.button.setMinimumWidth(96)
        self.trouble = line()
        self.way_out = QPushButton()
        self.way_out.hide()
        for button in (self.menu_button, self.fold):
            button.setMinimumSize(HIT_PX, HIT_PX)
        self.bar = ProgressBar()
        self.bar.setAccessibleName(f"Progress of {title}")
        self.bar.hide()
        self.stage = line(quiet=True)

        head = QHBoxLayout()
        head.setSpacing(7)
        for widget in (self.sign, self.title):
            head.addWidget(widget)
        head.addWidget(self.state_line, 1)
        head.addWidget(self.menu_button)
        head.addWidget(self.fold)
        self.body = QWidget()
        self.body_layout = QVBoxLayout(self.body)
        self.body_layout.setContentsMargins(0, 0, 0, 0)
        self.body_layout.setSpacing(6)
        foot = QHBoxLayout()
        foot.addWidget(self.stage, 1)
        foot.addStretch()
        foot.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 9, 10, 10)
        layout.setSpacing(6)
        layout.addLayout(head)
        layout.addWidget(self.body)
        layout.addWidget(self.trouble)
        layout.addWidget(self.way_out, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.bar)
        layout.addLayout(foot)
        # of a row wider than the dock Qt would reckon all heights at that width: lines that wrap
        # would be taken for shorter than they are, and the legend gives what they lack
        for widget in (self, self.body):
            widget.setMinimumWidth(1)

    def _connect(self) -> None:
        self.button.clicked.connect(self._on_button_clicked)
        self.fold.clicked.connect(self._on_fold_clicked)
        # opened by hand: a menu of the button's own would put a second arrow beside the fold's
        self.menu_button.clicked.connect(self._on_menu_clicked)

    @property
    def can_cancel(self) -> bool:
        """Whether its button cancels."""
        return self._can_cancel

    def add(self, widget: QWidget) -> None:
        """Put a widget at the end of the body."""
        self.body_layout.addWidget(widget)

    def say(self, text: str) -> None:
        """Set the line of state."""
        self.state_line.setText(text)
        self.state_line.setToolTip(text)
        self.setAccessibleDescription(text)

    def show_state(self, state: StepState, said: str = "") -> None:
        """Show sign, fold and button of a state, and ``said`` unless the step waits."""
        ended = self._mark is Mark.RUNNING and state.mark is Mark.DONE
        self._mark = state.mark
        self.sign.show_mark(state.mark)
        waits = state.mark is Mark.WAITING and state.waits_for
        self.say(state.waits_for if waits else said)
        if ended:
            announce(self, f"{self.title.text()}: {said or 'done'}")
        self._can_cancel = state.can_cancel
        if state.open != self._opens:
            self._folded_by_user = None
        self._opens = state.open
        if self._run_text is not None:
            self.button.setText("Cancel" if state.can_cancel else self._run_text)
            self.button.setEnabled(state.can_run or state.can_cancel)
            acts = "Stop this step (Esc)" if state.can_cancel else "Run this step (R)"
            self.button.setToolTip(acts if self.button.isEnabled() else state.waits_for)
        self._show_body()
        if not state.can_cancel:
            self._expected = None
            self.show_progress(None)
        elif not self.bar.isVisibleTo(self):
            say(self.stage, "")  # what it costs was for deciding

    def show_progress(self, progress: Progress | None) -> None:
        """Show how far the step is and how long it will take; None when nothing runs."""
        self.bar.setVisible(progress is not None)
        if progress is None:
            self.bar.begin()
            idle = self.button.isEnabled() and not self._can_cancel
            say(self.stage, self._cost if idle else "")
            return
        say(self.stage, self.bar.follow(progress, self._expected, self.main_stage))

    def show_estimate(self, cost: str, seconds: float | None = None) -> None:
        """Say beside the button what a run will cost, while nothing runs."""
        self._cost, self._seconds = cost, seconds
        if not self._can_cancel:
            self.show_progress(None)

    def begin_run(self) -> None:
        """Expect what runs next to take as long as was estimated."""
        self._expected = self._seconds

    def show_trouble(
        self, text: str = "", way_out: str = "", action: Callable[[], object] | None = None
    ) -> None:
        """Say what stands in the way, with a button that leads out; empty when nothing does.

        The card's sign says that something does, so the words begin with none.
        """
        text = in_window(text)
        if text and text != self.trouble.text():
            announce(self, f"{self.title.text()}: {text}", urgent=True)
        say(self.trouble, text)
        self.sign.show_mark(Mark.LOOK if text else self._mark)
        if self.way_out.isVisibleTo(self):
            self.way_out.clicked.disconnect()
        self.way_out.setVisible(bool(way_out))
        self.way_out.setText(way_out)
        if way_out and action is not None:
            self.way_out.clicked.connect(lambda: action())

    def sizeHint(self) -> QSize:
        """As wide as the dock is meant to be."""
        return QSize(380, super().sizeHint().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw a hairline under the card."""
        painter = QPainter(self)
        painter.setPen(track_colour(is_dark(self)))
        painter.drawLine(10, self.height() - 1, self.width() - 10, self.height() - 1)
        if self.hasFocus():  # the step that R runs
            painter.fillRect(0, 0, 3, self.height() - 1, mark_colour(Mark.RUNNING, is_dark(self)))
        painter.end()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Fold or unfold by a double click on the head."""
        if event is not None and event.position().y() < self.body.y():
            self._on_fold_clicked()

    def _show_body(self) -> None:
        shown = self._opens if self._folded_by_user is None else not self._folded_by_user
        self.body.setVisible(shown)
        self.fold.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self.fold.setToolTip("Fold" if shown else "Unfold")
        # a folded step that cannot run yet takes one line; one that runs keeps its Cancel
        idle = not (shown or self._can_cancel or self.button.isEnabled())
        self.button.setVisible(self._run_text is not None and not idle)

    def _on_fold_clicked(self) -> None:
        self._folded_by_user = self.body.isVisibleTo(self)
        self._show_body()

    def _on_menu_clicked(self) -> None:
        self.menu.popup(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))

    def _on_button_clicked(self) -> None:
        if self._can_cancel:
            self.cancel_requested.emit()
            return
        self.begin_run()
        self.run_requested.emit()
