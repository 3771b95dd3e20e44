"""Rows shared out over the cores by plain threads: the kernels release the interpreter.

Numba's own parallel loops are not used, their default scheduler breaks when two threads enter it at
once.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.model import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["over_blocks", "over_rows"]


def over_blocks(work: Callable[[int, int], None], n_rows: int, size: int) -> Iterator[int]:
    """Call ``work(first, last)`` on blocks of rows; yield the number of rows finished, in order.

    Closing the iterator drops the blocks that have not begun and waits for those that have.
    """

    def finished(block: tuple[int, int]) -> int:
        work(*block)
        return block[1]

    yield from in_threads(finished, itertools.pairwise([*range(0, n_rows, size), n_rows]))


def over_rows(kernel: Callable[..., Any], n_rows: int, *args: Any, at_least: int = 16) -> None:
    """Run ``kernel(first, last, *args)`` on slices that together are ``range(n_rows)``.

    Parameters
    ----------
    kernel
        Compiled with ``nogil``; rows must not depend on one another, so the answer is the same
        whatever the number of cores.
    n_rows
        Rows in all.
    *args
        Handed on.
    at_least
        Rows below which a thread of its own is not worth it.
    """
    n = max(1, min(os.cpu_count() or 1, n_rows // at_least))
    if n == 1:
        kernel(0, n_rows, *args)
        return
    edges = np.linspace(0, n_rows, n + 1).astype(int)
    with ThreadPoolExecutor(n - 1) as pool:
        others = [
            pool.submit(kernel, first, last, *args) for first, last in itertools.pairwise(edges[1:])
        ]
        kernel(0, edges[1], *args)
        for other in others:
            other.result()
