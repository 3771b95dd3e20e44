"""A machine that runs spotscope for the first time compiles it beside the window, for all docks."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from spotscope import pipeline

if TYPE_CHECKING:
    import subprocess

__all__ = ["CompileAhead"]

_LOOK_MS = 500
_program: subprocess.Popen[bytes] | None = None


class CompileAhead(QObject):
    """Starts the program that compiles, where it is needed; ``done()`` when it has ended.

    It needs a core to itself, and a Python that can be started: a packed application is none.
    """

    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self._on_look_timeout)
        if _program is None and _can_start() and not pipeline.is_compiled():
            _start()
        if self.busy:
            self._look.start()

    @property
    def busy(self) -> bool:
        """Whether it is at work."""
        return _program is not None and _program.poll() is None

    def close(self) -> None:
        """Look no further; the program goes on for the docks to come."""
        self._look.stop()

    def _on_look_timeout(self) -> None:
        if not self.busy:
            self._look.stop()
            self.done.emit()


def _can_start() -> bool:
    return (os.cpu_count() or 1) > 1 and bool(sys.executable) and not getattr(sys, "frozen", False)


def _start() -> None:
    global _program
    with contextlib.suppress(OSError):  # then the first run compiles what it needs
        _program = pipeline.start_compiling()
        atexit.register(_stop)


def _stop() -> None:
    if _program is not None:
        _program.kill()
        _program.wait()
