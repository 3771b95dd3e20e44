"""Whether a job is under way, in any window: layers are added while none is. No Qt in here.

napari adds a layer in one call that keeps the window waiting, so

    a job that found layers to be added ends when no other one runs (:func:`still`),
    a layer is added when what has begun meanwhile is done, too (``Turns``), and
    no job begins while layers are still to be added (``Runner``).

None of them waits for ever: to see a result late is worse than a call of a tenth of a second.
"""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from spotscope.model import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from spotscope.model import Task

__all__ = ["WAITING", "begun", "ended", "ends_still", "job_under_way", "still"]

P = ParamSpec("P")
T = TypeVar("T")
#: The stage of a job that only waits for others.
WAITING = "waiting for what else runs"
#: A result waits at most so long for other jobs.
PATIENCE_S = 10.0
_PAUSE_S = 0.02
_guard = threading.Lock()
_count = [0]


def begun() -> None:
    """A job has got a thread."""
    with _guard:
        _count[0] += 1


def ended() -> None:
    """It is done, however."""
    with _guard:
        _count[0] -= 1


def job_under_way() -> bool:
    """Whether a job is under way, beside those that only wait."""
    return _count[0] > 0


def still() -> Task[None]:
    """Wait, as the last part of a job, until no other one is under way; not for ever."""
    last = time.monotonic() + PATIENCE_S
    with _aside():
        while job_under_way() and time.monotonic() < last:
            yield Progress(WAITING, 0, 1)
            time.sleep(_PAUSE_S)


def ends_still(make: Callable[P, Task[T]]) -> Callable[P, Task[T]]:
    """Let a job end with :func:`still`."""

    @wraps(make)
    def task(*args: P.args, **named: P.kwargs) -> Task[T]:
        result = yield from make(*args, **named)
        yield from still()
        return result

    return task


@contextmanager
def _aside() -> Iterator[None]:
    """Not to be counted meanwhile: two that wait do not wait for one another."""
    ended()
    try:
        yield
    finally:
        begun()
