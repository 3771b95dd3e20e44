"""Labels with the least loss expected: cells that are wrong, and numbers of types that are.

The likeliest labels as a whole lose more of both than they need: they favour common types, and put
cells of a mixed spot at the whim of the last nat. With P the posterior of a spot's n cells and p
its expected shares, here its labels k have the least of

    Σ_m (1 - P_m,k_m)  +  λ n^-½ Σ_c (n_c - n p_c)²,            n_c = Σ_m 1[k_m = c],  λ = 0.6:

the cells expected to be wrong, and the squares of what its numbers are off; numbers stray by about
√n anyhow. (The expected loss of numbers is that square and the posterior's variance, which no label
changes.) With λ = 0 each cell has its likeliest type and spots are uniform; with λ → ∞ shares are
kept to whatever it costs. λ and the power of n were chosen on the development parts
(docs/benchmarks/typing.md).

A minimum-cost flow of cells to types whose costs are convex, so cancelling negative cycles ends at
the least loss (Klein 1967; Ahuja, Magnanti and Orlin 1993, ch. 14): the nodes are the spot's types
and one more through which a type's number rises or falls by one; an arc from type a to type b has
the cell of a that minds b least. Locked cells count and stay.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.methods.cell_typing._shares import shares_of_candidates
from spotscope.methods.cell_typing._threads import over_rows

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._icm import Field

__all__ = ["balanced"]

Codes = npt.NDArray[np.int16]

#: λ.
_NUMBERS_WEIGH = 0.6
#: A label that is the likeliest as a whole is given so much more: where nothing tells the cells of
#: a spot apart, the same ones stay what they are as ν is turned.
_STAY = 0.01
#: A gain of so many cells is none: chances are single floats.
_NO_GAIN = 1e-7


def balanced(
    field: Field,
    candidates: Candidates,
    codes: Codes,
    chance: npt.NDArray[np.floating],
    proportions: npt.NDArray[np.floating],
) -> Codes:
    """(spot cell,) the labels of least expected loss.

    Parameters
    ----------
    field, candidates
        The problem.
    codes
        (spot cell,) the likeliest as a whole; those of locked cells are kept.
    chance
        (spot cell, candidate) posterior.
    proportions
        (spot, type) expected shares.
    """
    share = shares_of_candidates(proportions, candidates)
    found = codes.astype(np.int16)
    rest = (field.held, field.start, candidates.start, candidates.codes, _NUMBERS_WEIGH)
    over_rows(_spots, len(field.start) - 1, found, chance.astype(np.float64), share, *rest)
    return found


@njit(cache=True, nogil=True)
def _spots(first, last, codes, chance, share, locked, start, begin, types, weigh):  # type: ignore[no-untyped-def]
    for i in range(first, last):
        low, high = start[i], start[i + 1]
        f, n_types = begin[i], begin[i + 1] - begin[i]
        n = high - low
        if n == 0:
            continue
        at = np.empty(n, np.int64)
        over = -share[f : f + n_types] * n  # cells too many of each type
        for m in range(n):
            best = 0
            for c in range(n_types):
                if types[f + c] == codes[low + m]:
                    chance[low + m, c] += _STAY
            for c in range(n_types):
                if locked[low + m]:
                    if types[f + c] == codes[low + m]:
                        best = c
                elif chance[low + m, c] > chance[low + m, best]:
                    best = c
            at[m] = best
            over[best] += 1
        _cancel(at, over, chance[low:high], locked[low:high], weigh / math.sqrt(n))
        for m in range(n):
            codes[low + m] = types[f + at[m]]


@njit(cache=True, nogil=True)
def _cancel(at, over, chance, locked, weigh):  # type: ignore[no-untyped-def]
    """Move cells round negative cycles until there is none; ``at`` and ``over`` are written to."""
    n_types = len(over)
    hub = n_types
    cost = np.empty((n_types + 1, n_types + 1))
    goes = np.full((n_types + 1, n_types + 1), -1)
    far, came = np.empty(n_types + 1), np.empty(n_types + 1, np.int64)
    while True:
        cost[:] = math.inf
        for m in range(len(at)):
            if locked[m]:
                continue
            for c in range(n_types):
                minds = chance[m, at[m]] - chance[m, c]
                if c != at[m] and minds < cost[at[m], c]:
                    cost[at[m], c], goes[at[m], c] = minds, m
        for c in range(n_types):
            cost[hub, c] = weigh * (1 - 2 * over[c])  # one cell less of c: ((d - 1)² - d²) λ / √n
            cost[c, hub] = weigh * (1 + 2 * over[c])
        node = _on_a_cycle(cost, far, came)
        if node < 0:
            return
        one = node
        while True:
            a, b = came[one], one
            if a == hub:
                over[b] -= 1
            elif b == hub:
                over[a] += 1
            else:
                at[goes[a, b]] = b
            one = a
            if one == node:
                break


@njit(cache=True, nogil=True)
def _on_a_cycle(cost, far, came):  # type: ignore[no-untyped-def]
    """A node on a cycle of negative cost, -1 where there is none (Bellman 1958, Ford 1956)."""
    n = len(cost)
    far[:] = 0.0
    came[:] = -1
    last = -1
    for _ in range(n):
        last = -1
        for a in range(n):
            for b in range(n):
                if far[a] + cost[a, b] < far[b] - _NO_GAIN:
                    far[b] = far[a] + cost[a, b]
                    came[b] = a
                    last = b
        if last < 0:
            return -1
    for _ in range(n):
        last = came[last]
    return last
