"""Whether the window was kept waiting: the time between two ticks of a timer that is always due."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Stretch", "TickRecorder", "busy_ms"]


@dataclass(slots=True)
class Stretch:
    """What was recorded: gaps between ticks by the clock, and work between them, in ms."""

    gaps: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)

    @property
    def longest(self) -> float:
        """Longest gap."""
        return max(self.gaps, default=0.0)

    @property
    def busiest(self) -> float:
        """Most time on the processor between two ticks: what the machine's load does not change."""
        return max(self.work, default=0.0)


class TickRecorder(QObject):
    """Ticks on the window's thread whenever it is free.

    Between two ticks lies one round of the event loop: all that the window could not answer in.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stretch: Stretch | None = None
        self._last = self._last_work = 0.0
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._tick)

    @contextmanager
    def recording(self) -> Iterator[Stretch]:
        """Record while the block runs."""
        stretch = self._stretch = Stretch()
        self._last, self._last_work = time.perf_counter(), time.thread_time()
        self._timer.start()
        try:
            yield stretch
        finally:
            self._tick()
            self._timer.stop()
            self._stretch = None

    def _tick(self) -> None:
        if self._stretch is not None:
            now, work = time.perf_counter(), time.thread_time()
            self._stretch.gaps.append(1e3 * (now - self._last))
            self._stretch.work.append(1e3 * (work - self._last_work))
            self._last, self._last_work = now, work


def busy_ms(act: Callable[[], object], settle: Callable[[], object], times: int) -> list[float]:
    """Milliseconds of the window's thread that each of some acts takes, without painting.

    Parameters
    ----------
    act
        What is timed.
    settle
        What is done after each, and not timed: painting.
    times
        How often, after one that is not counted.
    """
    found = []
    for number in range(times + 1):
        begun = time.thread_time()
        act()
        took = 1e3 * (time.thread_time() - begun)
        settle()
        if number:
            found.append(took)
    return found
