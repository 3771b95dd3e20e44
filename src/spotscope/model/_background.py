"""One long call on a thread, seen from outside as a task that can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import TypeAlias, TypeVar

from spotscope.model._task import Progress, Task

__all__ = ["Tick", "in_background"]

T = TypeVar("T")

#: Called by the work after each unit; raises when the task was closed meanwhile.
Tick: TypeAlias = Callable[[], None]

#: Often enough for a Cancel to be felt at once.
_HEARTBEAT_S = 0.1


class _ClosedError(Exception):
    """The task was closed; ends the thread, and nobody sees it."""


def in_background(
    stage: str, total: int, work: Callable[[Tick], T], *, leave: bool = False
) -> Task[T]:
    """Run ``work(tick)`` on a thread and yield its progress until it returns.

    For library calls that take seconds and never come up for air: decoding a JPEG, writing a
    TIFF. Closing the task waits for the thread, which ends at its next ``tick``.

    Parameters
    ----------
    stage, total
        As in :class:`~spotscope.model.Progress`; one ``tick`` is one unit.
    work
        Gets ``tick`` and returns the result.
    leave
        Closing the task does not wait: for work that writes nothing, and whose next ``tick`` may
        be far, such as compiling.
    """
    closed = threading.Event()
    done = 0

    def tick() -> None:
        nonlocal done
        if closed.is_set():
            raise _ClosedError
        done += 1

    pool = ThreadPoolExecutor(1, thread_name_prefix="spotscope-work")
    future = pool.submit(work, tick)
    try:
        while not future.done():
            yield Progress(stage, min(done, total), total)
            wait([future], timeout=_HEARTBEAT_S)
    finally:
        closed.set()
        pool.shutdown(wait=not leave)
    result = future.result()
    yield Progress(stage, total, total)
    return result
