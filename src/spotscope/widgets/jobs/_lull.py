"""What a hand asks for that adds a layer: done at once, or as soon as all jobs stand still.

A hand that has taken a tool does not wait for a job that is slow to yield: after a second the layer
is there.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

from spotscope.widgets.jobs._under_way import Standstill, job_under_way

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Lull"]

#: A hand waits at most so long.
PATIENCE_S = 1.0
_PAUSE_MS = 20


class Lull(QObject):
    """Keeps the newest of each name until all jobs stand still, or patience is at its end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: dict[str, Callable[[], object]] = {}
        self._since = 0.0
        self._still = Standstill()
        self.destroyed.connect(partial(_end, self._still))
        self._timer = QTimer(self, interval=_PAUSE_MS)
        self._timer.timeout.connect(self._look)

    @property
    def waits(self) -> bool:
        """Whether anything is kept."""
        return bool(self._kept)

    def do(self, name: str, act: Callable[[], object]) -> None:
        """Do this now, or when nothing moves, or soon, in place of what has this name."""
        if job_under_way():
            if not self._kept:
                self._since = time.monotonic()
                self._still.begin()
            self._kept[name] = act
            self._timer.start()
        else:
            self._kept.pop(name, None)
            act()

    def forget(self) -> None:
        """Do nothing of what is kept."""
        self._kept.clear()
        self._end()

    def _look(self) -> None:
        waited = time.monotonic() - self._since >= PATIENCE_S
        if self._kept and (waited or not job_under_way()):  # one a turn
            self._kept.pop(next(iter(self._kept)))()
        if not self._kept:
            self._end()

    def _end(self) -> None:
        self._timer.stop()
        self._still.end()


def _end(still: Standstill, *_: object) -> None:
    still.end()
