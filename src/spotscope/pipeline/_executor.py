"""Where tiles run: on threads of this machine, or on a Dask cluster."""

from __future__ import annotations

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spotscope.model import DeviceError, MissingDependencyError, ParamsError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["open_executor"]


@contextmanager
def open_executor(workers: int | None = None, scheduler: str | None = None) -> Iterator[Executor]:
    """Open an executor; it is shut down when left, what still waits is cancelled.

    Parameters
    ----------
    workers
        Threads; by default one a core.
    scheduler
        Address of a Dask scheduler (``tcp://host:8786``); then ``workers`` is not used.

    Raises
    ------
    MissingDependencyError
        If a scheduler is given and ``distributed`` is not installed.
    DeviceError
        If the scheduler does not answer.
    ParamsError
        If there are fewer than one worker.
    """
    if workers is not None and workers < 1:
        raise ParamsError(
            f"Expected one worker or more, found {workers}; give a number of threads, or none for "
            "one a core."
        )
    if scheduler is None:
        pool = ThreadPoolExecutor(workers or os.cpu_count() or 1, thread_name_prefix="spotscope")
        try:
            yield pool
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return
    try:
        from distributed import Client
    except ImportError as err:
        raise MissingDependencyError(
            "A Dask cluster needs distributed, which is not installed. "
            "Install it with: pip install 'spotscope[cluster]'"
        ) from err
    try:
        client = Client(scheduler, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as err:
        raise DeviceError(
            f"Expected a Dask scheduler at {scheduler!r}, found none that answers within 10 s; "
            "start one with 'dask scheduler', or leave --scheduler out."
        ) from err
    with client, client.get_executor() as remote:
        yield remote
