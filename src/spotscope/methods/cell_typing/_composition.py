"""What a spot's counts say about its cells: the likelihood of every composition, evaluated once.

The counts of a spot see only how many of its M cells are of each candidate type, c = (c_1 … c_C):

    NLL_i(c) = - Σ_g ln P_σ( y_ig | s_i Σ_k a_k μ'_kg + floor_i ),   a_k = c_k d_k / Σ_l c_l d_l,

s_i = n_i Σ_k w_ik the counts explained, d_k the RNA of a cell of type k. It depends on neither ν
nor the neighbours, so it is kept. A composition is numbered by its rank among all (stars and bars:
with b_j = c_1 + … + c_j + j - 1 the places of the bars, rank = Σ_j binomial(b_j, j)), a whole
number, exact. Each spot has a stretch of one long table. Where the stretch holds all ranks, the
rank is the place; where there are too many (30 cells of 6 types make 324,632), it is a hash table
of those that were visited, keyed by the rank. Both give the exact NLL, both fill as they are asked.
A hash stretch that is full still answers, it only no longer remembers; ``grow`` makes room between
sweeps.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.methods.cell_typing._candidates import LARGEST_RANK
from spotscope.methods.cell_typing._likelihood import log_p

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._continuous import Mixtures
    from spotscope.methods.cell_typing._noise import Table

__all__ = ["Compositions", "Evidence", "composition_nll", "remembered"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_STRETCH = 1024
_LONGEST = 2**16


class Evidence(NamedTuple):
    """Everything a compiled kernel needs to evaluate a composition; shapes as in the module."""

    indptr: npt.NDArray[np.int32]
    indices: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int32]
    scale: Floats
    floor: npt.NDArray[np.float32]
    profiles: npt.NDArray[np.float32]
    size: Floats
    start: Ints
    codes: Ints
    n_cells: Ints
    binomial: Ints
    table: Table
    #: Quadratic evidence of :mod:`_metric`, when there is any: then counts are not looked at.
    bend: Floats
    pull: Floats
    bend_start: Ints


class _Memory(NamedTuple):
    """The long table: spot i has ``start[i] : start[i + 1]``; ``whole`` where rank is place.

    A whole stretch is NaN where nothing is known yet, and only its values are written to: two
    threads that ask for one composition write the same number, so they may share it.
    """

    start: Ints
    whole: npt.NDArray[np.bool_]
    ranks: Ints
    values: Floats
    used: Ints


class Compositions:
    """The likelihoods of compositions, remembered.

    Parameters
    ----------
    mixtures
        Counts and profiles of the spots.
    scale
        (spot,) counts that the profiles explain, s.
    n_cells
        (spot,) M.
    size
        (type,) RNA of a cell, in any unit.
    candidates
        Of every spot.
    table
        Of the noise.
    stretch
        Places a spot starts with; a power of two.
    quadratic
        A, b and where each spot's A begins (see :mod:`_metric`); given these, a composition is
        not looked up in counts but costs ½ c A c - b·c.
    """

    def __init__(
        self,
        mixtures: Mixtures,
        scale: Floats,
        n_cells: Ints,
        size: Floats,
        candidates: Candidates,
        table: Table,
        stretch: int = _STRETCH,
        quadratic: tuple[Floats, Floats, Ints] | None = None,
    ) -> None:
        assert stretch & (stretch - 1) == 0, stretch
        per_spot = np.diff(candidates.start)
        pairs = zip(n_cells.tolist(), per_spot.tolist(), strict=True)
        possible = np.array([math.comb(m + c - 1, c - 1) if m else 0 for m, c in pairs], np.int64)
        if quadratic is None:
            quadratic = np.zeros(0), np.zeros(0), np.zeros(0, np.int64)
        else:
            possible[:] = 0
        self.evidence = Evidence(
            mixtures.counts.indptr.astype(np.int32, copy=False),
            mixtures.counts.indices.astype(np.int32, copy=False),
            mixtures.counts.data.astype(np.int32, copy=False),
            np.asarray(scale, np.float64),
            mixtures.floor,
            np.ascontiguousarray(mixtures.profiles, np.float32),
            np.asarray(size, np.float64),
            candidates.start,
            candidates.codes,
            np.asarray(n_cells, np.int64),
            _binomials(int(n_cells.max(initial=0)), int(per_spot.max(initial=1))),
            table,
            *quadratic,
        )
        places = np.minimum(possible, stretch)
        start = np.concatenate([[0], np.cumsum(places)]).astype(np.int64)
        self.memory = _Memory(
            start,
            possible <= stretch,
            np.full(start[-1], -1, np.int64),
            np.full(start[-1], np.nan),
            np.zeros(len(possible), np.int64),
        )

    @property
    def shareable(self) -> bool:
        """Whether several threads may ask at once."""
        return len(self.evidence.bend) > 0 or bool(self.memory.whole.all())

    def grow(self) -> None:
        """Give stretches that are two thirds full four times the room."""
        old = self.memory
        room = np.diff(old.start)
        full = ~old.whole & (3 * old.used > 2 * room) & (room < _LONGEST)
        if not full.any():
            return
        start = np.concatenate([[0], np.cumsum(np.where(full, 4 * room, room))])
        new = old._replace(
            start=start, ranks=np.full(start[-1], -1, np.int64), values=np.empty(start[-1])
        )
        _move(old, new, full)
        self.memory = new


def _binomials(most_cells: int, most_types: int) -> Ints:
    """(n, k) binomial coefficients; those too large for a rank are never asked for."""
    table = [
        [min(math.comb(n, k), LARGEST_RANK) for k in range(most_types + 1)]
        for n in range(most_cells + most_types + 1)
    ]
    return np.array(table, np.int64)


@njit(cache=True, nogil=True)
def _place(ranks, first, room, rank):  # type: ignore[no-untyped-def]
    """Where a rank is, or would be; ``room`` is a power of two, and never quite full."""
    at = ((rank * 0x9E3779B97F4A7C1) >> 20) & (room - 1)
    while ranks[first + at] != rank and ranks[first + at] >= 0:
        at = (at + 1) & (room - 1)
    return first + at


@njit(cache=True, nogil=True)
def _move(old, new, moved):  # type: ignore[no-untyped-def]
    """Copy all stretches, hashing those anew that have grown."""
    for i in range(len(moved)):
        first, room = new.start[i], new.start[i + 1] - new.start[i]
        for p in range(old.start[i], old.start[i + 1]):
            if moved[i] and old.ranks[p] < 0:
                continue
            to = (
                _place(new.ranks, first, room, old.ranks[p])
                if moved[i]
                else first + p - old.start[i]
            )
            new.ranks[to] = old.ranks[p]
            new.values[to] = old.values[p]


@njit(cache=True, nogil=True)
def _evaluate(i, have, ev, rates):  # type: ignore[no-untyped-def]
    """NLL of the composition ``have`` of spot i; ``rates`` (gene,) float32 is scratch."""
    first, n_types = ev.start[i], ev.start[i + 1] - ev.start[i]
    total = 0.0
    for c in range(n_types):
        total += have[c] * ev.size[ev.codes[first + c]]
    rates[:] = ev.floor[i]
    for c in range(n_types):
        if have[c]:
            k = ev.codes[first + c]
            a = np.float32(ev.scale[i] * have[c] * ev.size[k] / total)
            for g in range(len(rates)):
                rates[g] += a * ev.profiles[k, g]
    # every gene as if nothing was counted, then put right those where something was
    nll = 0.0
    for g in range(len(rates)):
        nll -= log_p(0, rates[g], ev.table)
    for p in range(ev.indptr[i], ev.indptr[i + 1]):
        rate = rates[ev.indices[p]]
        nll += log_p(0, rate, ev.table) - log_p(ev.counts[p], rate, ev.table)
    return nll


@njit(cache=True, nogil=True)
def _quadratic(i, have, ev):  # type: ignore[no-untyped-def]
    first, n_types = ev.start[i], ev.start[i + 1] - ev.start[i]
    square, nll = ev.bend_start[i], 0.0
    for c in range(n_types):
        if have[c]:
            slope = -2.0 * ev.pull[first + c]
            for e in range(n_types):
                slope += ev.bend[square + c * n_types + e] * have[e]
            nll += 0.5 * slope * have[c]
    return nll


@njit(cache=True, nogil=True)
def remembered(have, n_types, binomial, values, first):  # type: ignore[no-untyped-def]
    """NLL of a composition of a whole stretch that begins at ``first``; NaN where not yet known.

    A visit asks this first, with arrays at hand: taking them out of tuples at every question costs
    more than the answer.
    """
    rank, bar = 0, -1
    for c in range(n_types - 1):
        bar += have[c] + 1
        rank += binomial[bar, c + 1]
    return values[first + rank]


@njit(cache=True, nogil=True)
def composition_nll(i, have, ev, memory, rates):  # type: ignore[no-untyped-def]
    """NLL_i of ``have`` (candidate,) cells of each candidate type, looked up or evaluated once."""
    if len(ev.bend):
        return _quadratic(i, have, ev)
    rank, bar = 0, -1
    for c in range(ev.start[i + 1] - ev.start[i] - 1):
        bar += have[c] + 1
        rank += ev.binomial[bar, c + 1]
    first, room = memory.start[i], memory.start[i + 1] - memory.start[i]
    if memory.whole[i]:
        nll = memory.values[first + rank]
        if math.isnan(nll):
            nll = _evaluate(i, have, ev, rates)
            memory.values[first + rank] = nll
        return nll
    at = _place(memory.ranks, first, room, rank)
    if memory.ranks[at] == rank:
        return memory.values[at]
    nll = _evaluate(i, have, ev, rates)
    if 8 * memory.used[i] < 7 * room:
        memory.ranks[at] = rank
        memory.values[at] = nll
        memory.used[i] += 1
    return nll
