"""A thin bar that says in words, too, how far a task is and how long it will still take."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QProgressBar, QWidget

from spotscope.widgets.jobs._time_left import JobTime

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
        self._time = JobTime()

    def begin(self) -> None:
        """Follow another task from now on."""
        self._time = JobTime()

    def follow(self, progress: Progress, whole: float | None = None, main: str = "") -> str:
        """Show how far its stage is; return it in words: "typing · 40% · 3 s more".

        ``whole``: seconds that the task was expected to take, if anybody knows; ``main``: the stage
        that is nearly all of it, if one is.
        """
        left = self._time.say(progress.stage, progress.fraction, time.monotonic(), whole, main)
        self.setValue(round(1000 * progress.fraction))
        # no line ends within the time: "left" alone below says nothing
        left = left.replace(" ", "\N{NO-BREAK SPACE}")
        said = (progress.stage, f"{progress.fraction:.0%}", left)
        return " · ".join(filter(None, said))
