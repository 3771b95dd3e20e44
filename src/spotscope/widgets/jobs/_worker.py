"""The only bridge between a task and Qt: it drives the generator on a thread of Qt's pool.

napari's ``thread_worker`` is not used: a RuntimeError raised in its generator reaches neither
``errored`` nor ``finished``, and on cancel the generator's ``finally`` waits for the garbage
collector. torch and zarr raise RuntimeErrors, and a half-written file must go at once.
"""

from __future__ import annotations

import sys
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from napari.qt.threading import WorkerBase, WorkerBaseSignals
from qtpy.QtCore import QThreadPool, Signal

from spotscope.widgets.jobs._at_exit import before_zarr_ends, watch
from spotscope.widgets.jobs._under_way import begun, ended, pass_by
from spotscope.widgets.jobs._warnings import warnings_to_log

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.model import Task

__all__ = ["TaskSignals", "TaskWorker"]


#: Seconds a thread may keep Python's lock while another waits for it; Python's own is 5 ms.
TURN_S = 0.0005
#: Threads, at least. Qt has one a core: on a laptop of two an analysis and an inference would keep
#: a region's card, and another sample, waiting for minutes.
AT_ONCE = 8
_guard = threading.Lock()
_usual: list[float] = []  # the interval to come back to, once for every worker that runs


@contextmanager
def short_turns() -> Iterator[None]:
    """Let the window have Python's lock soon after it asks, as long as a worker runs.

    A paint lets go of the lock at every call to OpenGL and has to wait for it after each: with
    Python's turns a worker of plain Python makes one paint last a quarter of a second.
    """
    with _guard:
        _usual.append(_usual[0] if _usual else sys.getswitchinterval())
        sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        with _guard:
            before = _usual.pop()
            if not _usual:
                sys.setswitchinterval(before)


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

    def start(self) -> None:
        """Begin as soon as a thread is free; when Python ends meanwhile it is stopped."""
        watch(self)
        pool = QThreadPool.globalInstance()
        if pool is not None and pool.maxThreadCount() < AT_ONCE:
            pool.setMaxThreadCount(AT_ONCE)
        super().start()

    def run(self) -> None:
        """Drive the task, and say how it ended; called by Qt on a thread of its pool.

        In the place of superqt's own, whose changes to Python's warnings outlive it.
        """
        self.started.emit()
        self._running = True
        try:
            with warnings_to_log():
                done, result = self.work()
            if done:
                self.returned.emit(result)
            else:
                self.cancelled.emit()
        except Exception as error:  # noqa: BLE001 - a thread of Qt has nobody above it to hear
            self.errored.emit(error)
        self._running = False
        self.finished.emit()
        self._finished.emit(self)

    def work(self) -> tuple[bool, Any]:
        """Drive the task; at every yield it stops for ``quit()``, and stands still for layers.

        Returns
        -------
        Whether it went to its end, and its result. An answer that comes as ``quit()`` was asked
        for is none.
        """
        before_zarr_ends()
        begun()  # not before: one that still waits for a thread must hold up none that has one
        try:
            with short_turns(), closing(self._task) as task:  # its finally blocks run now
                while not self._is_stopped():
                    try:
                        progress = next(task)
                    except StopIteration as stop:
                        return not self.abort_requested, stop.value
                    self.progressed.emit(progress)
                return False, None
        finally:
            ended()

    def _is_stopped(self) -> bool:
        pass_by(lambda: self.abort_requested)
        return self.abort_requested
