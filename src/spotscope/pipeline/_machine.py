"""How fast this machine is, tried out once: three small calculations, some hundredths of a second.

What a step costs is counted in its own work (multiplications, numbers touched); these rates turn
that into seconds here, now, on as many cores as are free.
"""

from __future__ import annotations

import os
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

    def products() -> None:
        """Piece by piece, as they are taken in earnest: BLAS's threads wait for one another."""
        for _ in in_threads(lambda _: [left @ right for _ in range(_AGAIN)], range(cores)):
            pass

    systems = rng.random((_SYSTEMS, _SYSTEM, _SYSTEM)) + _SYSTEM * np.eye(_SYSTEM)
    return MachineSpeed(
        cores * _AGAIN * left.size * _COLUMNS / _seconds(products),
        _SYSTEMS * 4 / 3 * _SYSTEM**3 / _seconds(lambda: np.linalg.inv(systems)),
        4 * _NUMBERS / _seconds(lambda: np.exp(many) * many[::-1] + many),
    )


def _seconds(work: Callable[[], object]) -> float:
    """Of the quickest of some tries: the first is slow, and others may have been in the way."""
    taken = []
    for _ in range(_TRIES):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return max(min(taken), 1e-9)
