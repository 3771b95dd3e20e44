"""How fast this machine is, tried out once: three small calculations, some hundredths of a second.

What a step costs is counted in its own work (multiplications, numbers touched); these rates turn
that into seconds here, on all cores. They are of the processor's time: what else is at work in the
moment of the trying would otherwise stretch a calculation of milliseconds twenty times, and what is
said of the next hour with it.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MachineSpeed", "machine_speed"]

_ROWS, _INNER, _COLUMNS, _AGAIN = 4096, 24, 512, 4
_NUMBERS = 1 << 20
_SYSTEMS, _SYSTEM = 64, 24
_TRIES = 3
#: Of the calling thread's own; Windows counts that in steps of 16 ms, longer than what is tried.
_clock = time.perf_counter if sys.platform == "win32" else time.thread_time


@dataclass(frozen=True, slots=True)
class MachineSpeed:
    """Rates a second.

    Parameters
    ----------
    products
        Multiplications in narrow products of matrices, single precision.
    solves
        Multiplications in many small linear systems, double precision.
    numbers
        Numbers read, changed and written anew, some of them by an exponential.
    """

    products: float
    solves: float
    numbers: float


@cache
def machine_speed() -> MachineSpeed:
    """Try the machine once; later calls return what was found."""
    rng = np.random.default_rng(0)
    left = rng.random((_ROWS, _INNER), np.float32)
    right = rng.random((_INNER, _COLUMNS), np.float32)
    many = rng.random(_NUMBERS, np.float32)
    cores = os.cpu_count() or 1

    def products(_: int) -> float:
        return _seconds(lambda: [left @ right for _ in range(_AGAIN)])

    systems = rng.random((_SYSTEMS, _SYSTEM, _SYSTEM)) + _SYSTEM * np.eye(_SYSTEM)
    return MachineSpeed(
        # on all cores at once, as they are taken in earnest; a core alone is faster
        sum(_AGAIN * left.size * _COLUMNS / took for took in in_threads(products, range(cores))),
        _SYSTEMS * 4 / 3 * _SYSTEM**3 / _seconds(lambda: np.linalg.inv(systems)),
        4 * _NUMBERS / _seconds(lambda: np.exp(many) * many[::-1] + many),
    )


def _seconds(work: Callable[[], object]) -> float:
    """Of the quickest of some tries: the first is slow."""
    taken = []
    for _ in range(_TRIES):
        started = _clock()
        work()
        taken.append(_clock() - started)
    return max(min(taken), 1e-9)
