"""One task at a time for one panel; what comes late from an older one is dropped."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal

from spotscope.widgets.jobs._turns import layers_to_come
from spotscope.widgets.jobs._worker import TaskWorker

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Task

__all__ = ["Runner"]

#: How often is looked whether all layers are there.
_HELD_MS = 5
#: Workers that are done, of all runners. Their threads are still in their last lines: were ours the
#: only other reference, their Qt objects would be deleted over there, so each is kept until so many
#: others are done. One alone is too few where a busy machine holds a thread up.
_RETIRED: deque[TaskWorker] = deque(maxlen=32)


class Runner(QObject):
    """Starts tasks one after the other and passes on what they say.

    ``run`` is for a button: it cancels what is under way and goes next. ``latest`` is for a
    slider: it waits for what is under way, and of the waiting requests of one name only the
    newest is kept, so the picture moves while the hand does and ends where the hand ended.
    Neither begins while layers are still to be added.

    Signals carry the *name* a request was given. After ``started(name)`` comes exactly one of
    ``succeeded(name, result)``, ``failed(name, error)``, ``cancelled(name)``; ``idle()`` when
    nothing runs or waits.
    """

    started = Signal(str)
    progressed = Signal(str, object)
    succeeded = Signal(str, object)
    failed = Signal(str, object)
    cancelled = Signal(str)
    idle = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._worker: TaskWorker | None = None
        self._name = ""
        self._waiting: dict[str, Callable[[], Task[Any]]] = {}
        self._held = QTimer(self, singleShot=True, interval=_HELD_MS)
        self._held.timeout.connect(self._on_held)
        # a runner deleted by Qt with its window hears nothing: its worker is told from outside
        self._alive: list[TaskWorker] = []
        self.destroyed.connect(partial(_quit_all, self._alive))

    @property
    def running(self) -> str | None:
        """Name of the request under way, or of the one held back by layers; or None."""
        if self._worker is None:
            return next(iter(self._waiting), None)
        return self._name

    def run(self, name: str, make: Callable[[], Task[Any]]) -> None:
        """Cancel whatever runs, forget what waits, and start this as soon as it can be."""
        self._waiting = {name: make}
        if self._worker is None:
            self._next()
        else:
            self._worker.quit()

    def latest(self, name: str, make: Callable[[], Task[Any]]) -> None:
        """Start this when what runs is done, in place of a waiting request of this name."""
        self._waiting[name] = make
        if self._worker is None:
            self._next()

    def cancel(self) -> None:
        """Stop what runs at its next yield, and forget what waits."""
        self._waiting = {}
        if self._worker is not None:
            self._worker.quit()

    def close(self) -> None:
        """Stop, and never send anything again."""
        self.blockSignals(True)
        self.cancel()

    def _next(self) -> None:
        if not self._waiting:
            self.idle.emit()
            return
        if layers_to_come():
            self._held.start()
            return
        self._name = next(iter(self._waiting))
        worker = TaskWorker(self._waiting.pop(self._name)())
        self._worker = worker
        self._alive.append(worker)
        worker.progressed.connect(self._on_progressed)
        worker.returned.connect(self._on_returned)
        worker.errored.connect(self._on_errored)
        worker.cancelled.connect(self._on_cancelled)
        worker.finished.connect(self._on_finished)
        self.started.emit(self._name)
        worker.start()

    def _on_held(self) -> None:
        if self._worker is None:
            self._next()

    def _on_progressed(self, progress: object) -> None:
        if self._worker is not None and not self._worker.abort_requested:
            self.progressed.emit(self._name, progress)

    def _on_returned(self, result: object) -> None:
        # quit() after the result was sent: the user sees what they asked for, a cancel
        if self._worker is not None and self._worker.abort_requested:
            self.cancelled.emit(self._name)
        else:
            self.succeeded.emit(self._name, result)

    def _on_errored(self, error: object) -> None:
        self.failed.emit(self._name, error)

    def _on_cancelled(self) -> None:
        self.cancelled.emit(self._name)

    def _on_finished(self) -> None:
        if self._worker is not None:
            _RETIRED.append(self._worker)
        self._worker = None
        self._alive.clear()
        self._next()


def _quit_all(workers: list[TaskWorker], *_: object) -> None:
    for worker in workers:
        worker.quit()
