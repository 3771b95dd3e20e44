"""Whether a job is under way, in any window, and how all are made to stand still. No Qt in here.

napari adds a layer in one call that keeps the window waiting, so while layers are to come

    what runs stands still, each job from its next yield on (:class:`Standstill`), and
    no job begins (``Runner``).

Nobody waits for ever: neither the layer for a job that is slow to yield, nor a job for the layer.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Standstill", "begun", "ended", "job_under_way", "pass_by"]

#: A job stands still at most so long.
PATIENCE_S = 10.0
_PAUSE_S = 0.02
_moved = threading.Condition()
_count = [0]
_asked = [0]


def begun() -> None:
    """A job has got a thread."""
    with _moved:
        _count[0] += 1


def ended() -> None:
    """It is done, however."""
    with _moved:
        _count[0] -= 1


def job_under_way() -> bool:
    """Whether a job is under way, beside those that stand still."""
    return _count[0] > 0


def pass_by(stopped: Callable[[], bool]) -> None:
    """Go on; or, on a job's own thread, stand still as long as anybody asks and none stops it."""
    if not _asked[0]:
        return
    last = time.monotonic() + PATIENCE_S
    ended()
    with _moved:
        while _asked[0] and not stopped() and time.monotonic() < last:
            _moved.wait(_PAUSE_S)
    begun()


class Standstill:
    """Asks every job to stand still from :meth:`begin` to :meth:`end`; others may ask, too."""

    def __init__(self) -> None:
        self._asks = False

    def begin(self) -> None:
        """Ask, if not asked yet."""
        if not self._asks:
            self._asks = True
            with _moved:
                _asked[0] += 1

    def end(self) -> None:
        """Let them go on."""
        if self._asks:
            self._asks = False
            with _moved:
                _asked[0] -= 1
                _moved.notify_all()
