"""What keeps a window waiting: every event of its thread, timed and told apart.

    time of an event = on the processor + waiting for a processor + waiting for a lock

The first two are the kernel's own account of the thread; what is left is Python's lock held by a
worker, a disk, or the X server. Painting is counted apart from all else: under xvfb OpenGL paints
in software, which a graphics card does not.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from qtpy.QtCore import QEvent, QTimer
from qtpy.QtWidgets import QApplication

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LIMIT_MS", "Call", "Recorder", "TimedApplication", "Times"]

LIMIT_MS = 50.0
_PAINTING = (
    QEvent.Type.Paint,
    QEvent.Type.UpdateRequest,
    QEvent.Type.UpdateLater,
    QEvent.Type.Expose,
)


class Times(NamedTuple):
    """Milliseconds: by the clock, on the processor, waiting for a processor."""

    wall: float
    busy: float
    queued: float

    @property
    def locked(self) -> float:
        """Waiting for a lock, a disk or the screen."""
        return max(0.0, self.wall - self.busy - self.queued)

    def __add__(self, other: tuple[float, ...]) -> Times:
        return Times(*(a + b for a, b in zip(self, other, strict=True)))

    def __sub__(self, other: tuple[float, ...]) -> Times:
        return Times(*(a - b for a, b in zip(self, other, strict=True)))


NOTHING = Times(0.0, 0.0, 0.0)


class ThreadClock:
    """The time of the thread that made it; only Linux keeps account of waiting."""

    def __init__(self) -> None:
        self._file: int | None = None
        with suppress(OSError):
            self._file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)

    def __call__(self) -> Times:
        """Now."""
        if self._file is None:
            return Times(time.perf_counter() * 1e3, time.thread_time() * 1e3, 0.0)
        _, queued, _ = os.pread(self._file, 64, 0).split()
        return Times(time.perf_counter() * 1e3, time.thread_time() * 1e3, int(queued) / 1e6)


@dataclass(slots=True)
class Call:
    """One event of the window's thread."""

    what: str
    times: Times
    painting: Times
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def own(self) -> Times:
        """Without painting."""
        return self.times - self.painting


class TimedApplication(QApplication):
    """An application that tells a recorder of every event."""

    recorder: Recorder | None = None

    def notify(self, receiver: object, event: QEvent | None) -> bool:
        """Deliver an event, timed."""
        recorder = self.recorder
        if recorder is None or event is None:
            return bool(super().notify(receiver, event))
        recorder.enter(event.type() in _PAINTING)
        try:
            return bool(super().notify(receiver, event))
        finally:
            recorder.leave(receiver, event)


class Recorder:
    """Times the events of a window's thread, and the gaps between two ticks of a 1 ms timer.

    Parameters
    ----------
    where
        Look, from another thread, what the window's thread does in what lasts over 20 ms.
    """

    def __init__(self, where: bool = False) -> None:
        self.calls: list[Call] = []
        self.gaps: list[float] = []
        self._clock = ThreadClock()
        self._deep = self._painters = 0
        self._begun = self._paint_begun = self._tick_at = self._clock()
        self._painted = NOTHING
        self._seen: Counter[str] = Counter()
        self._timer = QTimer(interval=1)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._stop = threading.Event()
        TimedApplication.recorder = self
        if where:
            threading.Thread(target=self._watch, daemon=True).start()

    def enter(self, paints: bool) -> None:
        """An event begins; one that comes inside another is a part of it."""
        if self._deep == 0:
            self._painted, self._seen = NOTHING, Counter()
            self._begun = self._clock()
        self._deep += 1
        if paints or self._painters:
            if self._painters == 0:
                self._paint_begun = self._clock()
            self._painters += 1

    def leave(self, receiver: object, event: QEvent) -> None:
        """An event ends."""
        self._deep -= 1
        if self._deep and not self._painters:
            return  # a part of something, and nothing that is counted apart
        now = self._clock()
        if self._painters:
            self._painters -= 1
            if self._painters == 0:
                self._painted = self._painted + (now - self._paint_begun)
        if self._deep == 0:
            times = now - self._begun
            if times.wall > 1.0:
                what = f"{type(receiver).__name__}.{event.type().name}"
                self.calls.append(Call(what, times, self._painted, self._seen))

    def timed(self, what: str, action: Callable[[], object]) -> Call:
        """Do something on this thread, as one call."""
        self._seen = Counter()
        self._deep += 1  # what it causes at once is a part of it
        self._painted, self._begun = NOTHING, self._clock()
        try:
            action()
        finally:
            self._deep -= 1
        call = Call(what, self._clock() - self._begun, self._painted, self._seen)
        self.calls.append(call)
        return call

    def begin(self) -> None:
        """Forget."""
        self.calls, self.gaps = [], []
        self._tick_at = self._clock()

    def say(self, what: str, most: int = 4) -> None:
        """Print the longest gap, the longest calls without painting, and the longest painting."""
        own = sorted(self.calls, key=lambda call: -call.own.wall)
        paint = max((call.painting.wall for call in self.calls), default=0.0)
        worst = own[0].own if own else NOTHING
        slow = sum(call.own.wall > LIMIT_MS for call in own)
        busy = sum(call.own.busy > LIMIT_MS for call in own)
        print(
            f"  {what:<30} gap {max(self.gaps, default=0.0):5.0f} ms"
            f" | painting {paint:5.0f}"
            f" | longest call {worst.wall:4.0f} = {worst.busy:.0f} busy + {worst.queued:.0f} queue"
            f" + {worst.locked:.0f} lock | busiest"
            f" {max((call.own.busy for call in own), default=0.0):4.0f}"
            f" | over {LIMIT_MS:.0f}: {slow} by the clock, {busy} busy"
        )
        for call in own[:most]:
            if call.seen and call.own.wall > LIMIT_MS / 2:
                print(f"      {call.own.wall:5.0f} ms ({call.own.busy:.0f} busy)  {call.what}")
                for said, times in call.seen.most_common(6):
                    print(f"            {times:3d} x  {said}")

    def close(self) -> None:
        """Stop."""
        TimedApplication.recorder = None
        self._stop.set()
        self._timer.stop()

    def _tick(self) -> None:
        now = self._clock()
        self.gaps.append(now.wall - self._tick_at.wall)
        self._tick_at = now

    def _watch(self) -> None:
        """Take the stack of the window's thread whenever it has been silent for 20 ms."""
        ident = threading.main_thread().ident
        while not self._stop.wait(0.003):
            if self._deep and time.perf_counter() * 1e3 - self._begun.wall > 15:
                frames = traceback.extract_stack(sys._current_frames()[ident])
                said = [f"{Path(f.filename).stem}.{f.name}:{f.lineno}" for f in frames]
                mine = [s for s in said if not s.startswith(("window.", "stopwatch."))]
                self._seen[" > ".join([*mine[:3], "…", *mine[-6:]])] += 1
