"""Pieces of work shared out over the cores by plain threads, as numpy releases the interpreter.

BLAS's own threads wait for one another inside each product, which on a busy machine makes a product
a hundred times slower. Here they rest, and every thread has a piece of its own to finish.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from threadpoolctl import ThreadpoolController

__all__ = ["in_threads"]

P = TypeVar("P")
R = TypeVar("R")


@cache
def _blas() -> ThreadpoolController:
    """Numpy's BLAS and scipy's, looked for once: it takes milliseconds."""
    import scipy.linalg  # noqa: F401  brings its own
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


class _Rest:
    """BLAS's threads, at rest while anybody wants them to be: the setting is the process's."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._wanted = 0
        self._limits: Any = None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if not self._wanted:
                self._limits = _blas().limit(limits=1)
            self._wanted += 1
        try:
            yield
        finally:
            with self._lock:
                self._wanted -= 1
                if not self._wanted:
                    self._limits.restore_original_limits()


_at_rest = _Rest()


def in_threads(work: Callable[[P], R], pieces: Iterable[P], most: int | None = None) -> Iterator[R]:
    """Call ``work`` on pieces, several at once; yield what it returns, in the pieces' order.

    Pieces are taken as they are needed. Closing the iterator drops what has not begun and waits for
    what has.

    Parameters
    ----------
    work
        Writes to nothing that another piece reads. What it raises is raised here.
    pieces
        One call each.
    most
        Threads, at most, where what a piece returns is large; as many as there are cores otherwise.
    """
    cores, left = os.cpu_count() or 1, iter(pieces)
    n = cores if most is None else min(cores, most)
    waiting: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(n, thread_name_prefix="spotscope-piece")
    try:
        with _at_rest():
            waiting.extend(pool.submit(work, piece) for piece in islice(left, n + 1))
            while waiting:
                found = waiting.popleft().result()
                waiting.extend(pool.submit(work, piece) for piece in islice(left, 1))
                yield found
    finally:
        pool.shutdown(cancel_futures=True)
