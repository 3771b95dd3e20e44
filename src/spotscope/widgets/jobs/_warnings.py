"""What libraries warn of during a job is written for programmers: it goes to Python's log.

Python keeps one way of showing warnings for the whole process, whichever thread they come from. So
it is changed once for all jobs that run beside each other, and put back when the last is done;
superqt's own worker changes it for each, and where two overlap it stays that of one that is gone.
The window's own thread is heard as ever, and so is the one warning of ours, which is for the user.
"""

from __future__ import annotations

import logging
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from spotscope.model import NotConvergedWarning

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["warnings_to_log"]

_guard = threading.Lock()
_running = [0]
_usual = [warnings.showwarning]


@contextmanager
def warnings_to_log() -> Iterator[None]:
    """Log what libraries warn of on other threads than the window's, while any job is in here."""
    with _guard:
        _running[0] += 1
        _take_over()
    try:
        yield
    finally:
        with _guard:
            _running[0] -= 1
            if not _running[0] and warnings.showwarning is _show:
                warnings.showwarning = _usual[0]


def _take_over() -> None:
    # whoever saved ours during a job and put it back later left it there: it is not the usual one
    if warnings.showwarning is not _show:
        _usual[0] = warnings.showwarning
        warnings.showwarning = _show


def _show(message: Warning | str, *where: Any, **more: Any) -> None:
    ours = isinstance(message, NotConvergedWarning)
    if ours or threading.current_thread() is threading.main_thread():
        _usual[0](message, *where, **more)
    else:
        logging.getLogger(__name__).info("%s", message)
