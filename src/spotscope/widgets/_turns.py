"""Work for the window's own thread, done a piece at a time, so that it answers in between."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Piece = Callable[[], object]

__all__ = ["Turns"]


class Turns(QObject):
    """Does one piece a turn of the event loop, in order.

    ``done()`` when nothing is left. A piece that fails is reported like any error of a slot, and
    the next one follows all the same.
    """

    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._left: deque[Piece] = deque()
        # painting and the hand's events come before a timer of zero: they have their turn first
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self._next)

    @property
    def busy(self) -> bool:
        """Whether something is left."""
        return bool(self._left)

    def begin(self, pieces: Iterable[Piece]) -> None:
        """Do these, and nothing of what was left."""
        self._left = deque(pieces)
        self._timer.start()

    def then(self, *pieces: Piece) -> None:
        """Do these after what is left."""
        self._left.extend(pieces)
        self._timer.start()

    def first(self, *pieces: Piece) -> None:
        """Do these before what is left."""
        self._left.extendleft(reversed(pieces))
        self._timer.start()

    def forget(self) -> None:
        """Do nothing of what is left."""
        self._left.clear()
        self._timer.stop()

    def _next(self) -> None:
        try:
            if self._left:
                self._left.popleft()()
        finally:
            if self._left:
                self._timer.start()
            else:
                self.done.emit()
