"""Work for the window's own thread, done a piece at a time, so that it answers in between."""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakSet

from qtpy.QtCore import QObject, QTimer, Signal

from spotscope.widgets.jobs._under_way import Standstill, job_under_way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Piece = Callable[[], object]

__all__ = ["Turns", "layers_to_come"]

#: A layer waits at most so long for jobs to stand still.
PATIENCE_S = 2.0
_PAUSE_MS = 10
_all: WeakSet[Turns] = WeakSet()


def layers_to_come() -> bool:
    """Whether some are still to be added, in any window: no job begins meanwhile."""
    return any(turns.busy for turns in _all)


class Turns(QObject):
    """Does one piece a turn of the event loop, in order.

    From the first layer that is to be added to the last piece, jobs stand still.

    ``done()`` when nothing is left. A piece that fails is reported like any error of a slot, and
    the next one follows all the same.
    """

    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._left: deque[tuple[Piece, bool]] = deque()
        self._since = 0.0
        self._still = Standstill()
        _all.add(self)
        # nobody will ever do it
        self.destroyed.connect(partial(_clear, self._left, self._still))
        # painting and the hand's events come before a timer of zero: they have their turn first
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._next)

    @property
    def busy(self) -> bool:
        """Whether something is left."""
        return bool(self._left)

    def begin(self, pieces: Iterable[Piece]) -> None:
        """Do these, and nothing of what was left."""
        self.forget()
        self.then(*pieces)

    def then(self, *pieces: Piece) -> None:
        """Do these after what is left."""
        self._left.extend((piece, False) for piece in pieces)
        self._timer.start(0)

    def first(self, *pieces: Piece) -> None:
        """Do these before what is left."""
        self._left.extendleft((piece, False) for piece in reversed(pieces))
        self._timer.start(0)

    def add(self, piece: Piece) -> None:
        """Add a layer before what is left, when all jobs stand still."""
        self._since = time.monotonic()
        self._still.begin()
        self._left.appendleft((piece, True))
        self._timer.start(0)

    def forget(self) -> None:
        """Do nothing of what is left."""
        _clear(self._left, self._still)
        self._timer.stop()

    def _next(self) -> None:
        if self._left and self._left[0][1] and self._waits():
            self._timer.start(_PAUSE_MS)
            return
        try:
            if self._left:
                self._left.popleft()[0]()
        finally:
            if self._left:
                self._timer.start(0)
            else:
                self._still.end()
                self.done.emit()

    def _waits(self) -> bool:
        return job_under_way() and time.monotonic() - self._since < PATIENCE_S


def _clear(left: deque[tuple[Piece, bool]], still: Standstill, *_: object) -> None:
    left.clear()
    still.end()
