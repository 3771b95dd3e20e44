"""How far something is, how long it will still take, and a button that stops it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from spotscope.widgets.jobs._progress_bar import ProgressBar
from spotscope.widgets.parts._card import line, say

if TYPE_CHECKING:
    from spotscope.model import Progress
    from spotscope.widgets.jobs._runner import Runner

__all__ = ["ProgressRow"]


class ProgressRow(QWidget):
    """Follows a runner; hidden while it rests.

    Parameters
    ----------
    runner
        Whose tasks are shown, and cancelled by the button.
    patience
        Nothing is shown of what takes less than so many seconds.

    Says ``cancelled()`` when the user has stopped what ran.
    """

    cancelled = Signal()

    def __init__(
        self, runner: Runner, patience: float = 0.0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._runner, self._patience = runner, patience
        self._began = 0.0
        self.bar = ProgressBar()
        self.stage = line(quiet=True)
        self.button = QPushButton("Cancel")
        self.button.setToolTip("Stop this")
        below = QHBoxLayout()
        below.addWidget(self.stage, 1)
        below.addStretch()
        below.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.bar)
        layout.addLayout(below)
        self.hide()
        self.button.clicked.connect(lambda: self._runner.cancel())
        runner.started.connect(lambda _: self._begin())
        runner.progressed.connect(lambda _, progress: self.show_progress(progress))
        runner.cancelled.connect(lambda _: self.cancelled.emit())
        runner.idle.connect(self.hide)

    def show_progress(self, progress: Progress) -> None:
        """Show how far it is."""
        say(self.stage, self.bar.follow(progress))
        if time.monotonic() - self._began >= self._patience:
            self.show()

    def _begin(self) -> None:
        self._began = time.monotonic()
        self.bar.begin()
        self.hide()
