"""The width σ of the noise, from the data: the one under which the fitted spots are likeliest.

Weights and σ are found in turn on a few hundred spots. A new σ also moves the mean of e^z, so each
is given the best of a few rescalings of the rates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._continuous import Mixtures, fit_weights
from spotscope.methods.cell_typing._likelihood import nll_of, table_for
from spotscope.model import Progress

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._noise import Table
    from spotscope.model import Task

__all__ = ["choose_sigma", "table_of"]

Floats = npt.NDArray[np.float64]

GRID = np.round(0.1 * 1.15 ** np.arange(22), 3)
_FIRST = 10
_SPOTS = 300
_ROUNDS = 4
_RESCALE = (0.8, 0.9, 1.0, 1.1, 1.2)
#: Rows of the tables used while searching; larger counts are scaled (see _likelihood).
_ROWS = 256


def table_of(sigma: float, mixtures: Mixtures, rows: int = 1024) -> Table:
    """The table that covers these spots."""
    largest = int(mixtures.counts.data.max()) if mixtures.counts.nnz else 0
    rate = 2.0 * float(mixtures.umis.max(initial=0.0)) * float(mixtures.profiles.max())
    return table_for(sigma, rate, largest, rows)


def choose_sigma(mixtures: Mixtures, umi_min: int) -> Task[float]:
    """Choose σ from a grid of steps of 15 %.

    Parameters
    ----------
    mixtures
        All spots.
    umi_min
        Only spots with as many counts are looked at, unless there are too few.
    """
    rich = np.flatnonzero(mixtures.umis >= max(umi_min, 1))
    if len(rich) < min(20, len(mixtures.umis)):
        rich = np.argsort(-mixtures.umis, kind="stable")[:20]
    some = np.sort(rich[np.unique(np.linspace(0, len(rich) - 1, _SPOTS).astype(int))])
    part = mixtures.take(some)
    counts = part.counts.toarray()
    best, tried = _FIRST, set()
    for turn in range(_ROUNDS):
        yield Progress("measuring the noise", turn, _ROUNDS)
        if best in tried:
            break
        tried.add(best)
        weights = yield from fit_weights(
            part, table_of(GRID[best], part, _ROWS), "measuring the noise"
        )
        rates = (weights @ part.profiles) * part.umis[:, None]
        best = yield from _search(best, part, counts, rates)
    return float(GRID[best])


def _search(start: int, part: Mixtures, counts: npt.NDArray[np.int32], rates: Floats) -> Task[int]:
    """Walk down the grid from ``start``, in strides of 4, 2, 1."""
    known: dict[int, float] = {}

    def score(index: int) -> float:
        if index not in known:
            table = table_of(GRID[index], part, _ROWS)
            known[index] = min(
                float(nll_of(counts, scale * rates, part.floor, table).sum()) for scale in _RESCALE
            )
        return known[index]

    best = start
    for stride in (4, 2, 1):
        moving = True
        while moving:
            yield Progress("measuring the noise", min(len(known), 12), 12)
            around = [i for i in (best - stride, best, best + stride) if 0 <= i < len(GRID)]
            nearest = min(around, key=score)
            moving = nearest != best
            best = nearest
    return best
