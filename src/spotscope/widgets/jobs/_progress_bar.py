"""A thin bar that says in words, too, how far a task is and how long it will still take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QProgressBar, QWidget

from spotscope.widgets.jobs._time_left import TimeLeft, spell

if TYPE_CHECKING:
    from spotscope.model import Progress

__all__ = ["ProgressBar"]


class ProgressBar(QProgressBar):
    """Follows one task after the other; its words stand wherever they are wanted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setRange(0, 1000)
        self.setTextVisible(False)
        self.setFixedHeight(6)
        self._estimate = TimeLeft()

    def begin(self) -> None:
        """Follow another task from now on."""
        self._estimate = TimeLeft()

    def follow(self, progress: Progress) -> str:
        """Show how far the task is; return it in words: "typing · 40% · 3 s left"."""
        left = self._estimate.update(progress.stage, progress.fraction, time.monotonic())
        self.setValue(round(1000 * progress.fraction))
        said = [progress.stage, f"{progress.fraction:.0%}"]
        return " · ".join(said if left is None else [*said, f"{spell(left)} left"])
