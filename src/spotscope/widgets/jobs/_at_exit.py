"""Workers that still run when Python ends are stopped, and waited for while they can still end.

A script that opens the window and ends without closing it leaves workers behind. Python then ends
the pools of threads and zarr its event loop, and a worker that is writing waits for that loop for
ever, and Qt for the worker. So they are stopped before the loop is. What was half written goes, as
after a cancel; what was written before stays.
"""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING
from weakref import WeakSet

from qtpy.QtCore import QThreadPool

if TYPE_CHECKING:
    from spotscope.widgets.jobs._worker import TaskWorker

__all__ = ["before_zarr_ends", "watch"]

_started: WeakSet[TaskWorker] = WeakSet()


def watch(worker: TaskWorker) -> None:
    """Stop this worker, if it still runs, when Python ends."""
    _started.add(worker)
    _come_first()


def before_zarr_ends() -> None:
    """Be called before zarr's own farewell; to be asked for on a worker's thread.

    What was registered last is called first, so zarr is imported here: a task would do it later.
    """
    import zarr  # noqa: F401

    _come_first()


def _come_first() -> None:
    atexit.unregister(_stop_all)
    atexit.register(_stop_all)


def _stop_all() -> None:
    for worker in tuple(_started):
        worker.quit()
    pool = QThreadPool.globalInstance()
    if pool is not None:
        pool.waitForDone()
