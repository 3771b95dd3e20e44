"""The only bridge between a task and Qt: it drives the generator on a thread of Qt's pool.

napari's ``thread_worker`` is not used: a RuntimeError raised in its generator reaches neither
``errored`` nor ``finished``, and on cancel the generator's ``finally`` waits for the garbage
collector. torch and zarr raise RuntimeErrors, and a half-written file must go at once.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from napari.qt.threading import WorkerBase, WorkerBaseSignals
from qtpy.QtCore import Signal

if TYPE_CHECKING:
    from spotscope.model import Task

__all__ = ["TaskSignals", "TaskWorker"]


class TaskSignals(WorkerBaseSignals):
    """Signals of :class:`TaskWorker`: those of napari's workers and two more.

    ``progressed(Progress)`` comes at every yield; ``cancelled()`` after the task was closed early.
    """

    progressed = Signal(object)
    cancelled = Signal()


class TaskWorker(WorkerBase):
    """Runs one task on a thread of Qt's pool.

    Of ``returned(result)``, ``errored(exception)`` and ``cancelled()`` exactly one is sent, and
    then always ``finished()``.

    Parameters
    ----------
    task
        The task; closed when the worker ends, however it ends.
    """

    def __init__(self, task: Task[Any]) -> None:
        super().__init__(SignalsClass=TaskSignals)
        self._task = task

    def work(self) -> Any:
        """Drive the task; every yield is a place where ``quit()`` is honoured."""
        with closing(self._task) as task:  # its finally blocks run now
            while not self.abort_requested:
                try:
                    progress = next(task)
                except StopIteration as stop:
                    # an answer that came as quit() was asked for is not sent: say so
                    if self.abort_requested:
                        break
                    return stop.value
                self.progressed.emit(progress)
        self.cancelled.emit()
        return None
