"""The minimum of the energy, by iterated conditional modes: move after move that lowers it most.

Spots are visited in order; in a visit three kinds of move are tried, each exact in E:

* one cell takes another candidate type;
* in a spot of few cells, two cells take another pair of types at once;
* two cells of the spot swap types: the counts see no difference, so the neighbours alone decide.

A spot is visited again only after it, or a neighbour of one of its cells, has changed. Nothing is
random and E never rises, so labels are a function of the inputs and ν.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.methods.cell_typing._composition import composition_nll
from spotscope.methods.cell_typing._threads import over_rows

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._composition import Compositions
    from spotscope.methods.cell_typing._potts import Graph

__all__ = ["Field", "Solution", "descend", "evidence_only", "local_terms", "total_energy"]

Codes = npt.NDArray[np.int16]

#: Spots with more cells do not try pairs: flips and swaps find as much, and pairs are many.
_PAIR_CELLS = 6
_MOST_SWEEPS = 200
_EPS = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Cells of spots, sorted by spot, with their evidence and their neighbours.

    Parameters
    ----------
    start
        (spot + 1,) cells of spot i are ``start[i] : start[i + 1]``.
    spot
        (cell,) spot of every cell.
    compositions
        Evidence of the spots.
    graph
        Neighbours of the cells.
    """

    start: npt.NDArray[np.int64]
    spot: npt.NDArray[np.int64]
    compositions: Compositions
    graph: Graph


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Labels, their energy, and the energy after each sweep that led there."""

    codes: Codes
    energy: float
    trace: tuple[float, ...]


def descend(field: Field, start: Codes, nu: float, *, swaps_only: bool = False) -> Solution:
    """Lower the energy from the labels ``start`` until no move does.

    Parameters
    ----------
    field
        The problem.
    start
        (cell,) labels, each a candidate of its spot.
    nu
        Smoothness, in nats.
    swaps_only
        Keep every composition and only place the labels.
    """
    codes = start.astype(np.int16)
    n = len(field.start) - 1
    dirty = np.ones(n, np.bool_)
    trace = [total_energy(field, codes, nu)]
    for _ in range(_MOST_SWEEPS):
        gained = np.zeros(n)
        _sweep(0, n, codes, dirty, gained, nu, swaps_only, *_arrays(field))
        field.compositions.grow()
        trace.append(trace[-1] + float(gained.sum()))
        if not dirty.any():
            break
    return Solution(codes, total_energy(field, codes, nu), tuple(trace))


def evidence_only(field: Field, starts: list[Codes]) -> Codes:
    """Labels at ν = 0: each spot's likeliest composition found from any of ``starts``.

    Spots do not touch one another here, so they are shared out over the cores. Labels are placed
    within their spots as the neighbours like best.
    """
    n = len(field.start) - 1
    best, lowest = starts[0].astype(np.int16), np.full(n, math.inf)
    for start in starts:
        codes = start.astype(np.int16)
        dirty = np.ones(n, np.bool_)
        for _ in range(_MOST_SWEEPS):
            over_rows(_sweep, n, codes, dirty, np.zeros(n), 0.0, False, *_arrays(field))
            field.compositions.grow()
            if not dirty.any():
                break
        nll = np.zeros(n)
        over_rows(_spot_nll, n, codes, nll, *_arrays(field))
        better = nll < lowest
        lowest[better] = nll[better]
        best = np.where(better[field.spot], codes, best)
    return descend(field, best, 1.0, swaps_only=True).codes


def total_energy(field: Field, codes: Codes, nu: float) -> float:
    """E of the labels, summed anew."""
    nll = np.zeros(len(field.start) - 1)
    over_rows(_spot_nll, len(nll), codes, nll, *_arrays(field))
    a = np.repeat(np.arange(len(codes)), np.diff(field.graph.start))
    differ = codes[a] != codes[field.graph.other]
    return float(nll.sum() + nu * field.graph.weight[differ].sum() / 2)


def local_terms(
    field: Field, codes: Codes, nu: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """(cell,) energy to the runner-up type, and the share of the type given all other cells."""
    margin, support = np.zeros(len(codes), np.float32), np.ones(len(codes), np.float32)
    n = len(field.start) - 1
    over_rows(_local, n, codes, nu, margin, support, *_arrays(field))
    return margin, support


def _arrays(field: Field):  # type: ignore[no-untyped-def]
    kept = field.compositions
    return field.start, field.spot, field.graph, kept.evidence, kept.memory


@njit(cache=True, nogil=True)
def _load(i, codes, start, graph, ev, local, have, at, agree):  # type: ignore[no-untyped-def]
    """Fill in for spot i: composition, each cell's candidate, agreement (cell, candidate)."""
    first, n_types = ev.start[i], ev.start[i + 1] - ev.start[i]
    local[:] = -1
    have[:] = 0
    for c in range(n_types):
        local[ev.codes[first + c]] = c
    for m in range(start[i + 1] - start[i]):
        cell = start[i] + m
        at[m] = local[codes[cell]]
        have[at[m]] += 1
        for c in range(n_types):
            agree[m, c] = 0.0
        for e in range(graph.start[cell], graph.start[cell + 1]):
            c = local[codes[graph.other[e]]]
            if c >= 0:
                agree[m, c] += graph.weight[e]


@njit(cache=True, nogil=True)
def _scratch(first, last, start, ev):  # type: ignore[no-untyped-def]
    most = 1
    for i in range(first, last):
        most = max(most, start[i + 1] - start[i])
    types = ev.profiles.shape[0]
    return (
        np.empty(types, np.int64),
        np.empty(types, np.int64),
        np.empty(most, np.int64),
        np.empty((most, types)),
        np.empty(ev.profiles.shape[1], np.float32),
    )


@njit(cache=True, nogil=True)
def _assign(i, m, c, codes, dirty, start, spot, graph, ev, have, at, agree):  # type: ignore[no-untyped-def]
    """Give cell m of spot i its candidate c, and tell the neighbours."""
    cell, old = start[i] + m, at[m]
    have[old] -= 1
    have[c] += 1
    at[m] = c
    codes[cell] = ev.codes[ev.start[i] + c]
    dirty[i] = True
    for e in range(graph.start[cell], graph.start[cell + 1]):
        other = graph.other[e]
        dirty[spot[other]] = True
        if spot[other] == i:
            agree[other - start[i], old] -= graph.weight[e]
            agree[other - start[i], c] += graph.weight[e]


@njit(cache=True, nogil=True)
def _edge(a, b, graph):  # type: ignore[no-untyped-def]
    for e in range(graph.start[a], graph.start[a + 1]):
        if graph.other[e] == b:
            return graph.weight[e]
    return 0.0


@njit(cache=True, nogil=True)
def _flip(i, m, nu, now, ev, memory, have, at, agree, rates):  # type: ignore[no-untyped-def]
    """Best other candidate of cell m: (gain in E, candidate); the gain is below 0 or no move."""
    old = at[m]
    best, to = -_EPS, old
    have[old] -= 1
    for c in range(ev.start[i + 1] - ev.start[i]):
        if c == old:
            continue
        have[c] += 1
        gain = composition_nll(i, have, ev, memory, rates) - now
        gain -= nu * (agree[m, c] - agree[m, old])
        have[c] -= 1
        if gain < best:
            best, to = gain, c
    have[old] += 1
    return best, to


@njit(cache=True, nogil=True)
def _pair(i, a, b, w, nu, now, ev, memory, have, at, agree, rates):  # type: ignore[no-untyped-def]
    """Best other pair of candidates of cells a and b: (gain in E, candidate, candidate)."""
    p, q = at[a], at[b]
    n_types = ev.start[i + 1] - ev.start[i]
    best, to_a, to_b = -_EPS, p, q
    # agreement with all others, the edge between the two counted apart
    before = agree[a, p] + agree[b, q] - (w if p == q else 0.0)
    have[p] -= 1
    have[q] -= 1
    for low in range(n_types):
        have[low] += 1
        for high in range(low, n_types):
            have[high] += 1
            nll = composition_nll(i, have, ev, memory, rates) - now
            have[high] -= 1
            for turned in range(2 if high > low else 1):
                c, d = (high, low) if turned else (low, high)
                if c == p or d == q:
                    continue
                after = agree[a, c] + agree[b, d] - (w if c == q else 0.0) - (w if d == p else 0.0)
                if c == d:
                    after += w
                gain = nll - nu * (after - before)
                if gain < best:
                    best, to_a, to_b = gain, c, d
        have[low] -= 1
    have[p] += 1
    have[q] += 1
    return best, to_a, to_b


@njit(cache=True, nogil=True)
def _swap_gain(a, b, first, nu, graph, at, agree):  # type: ignore[no-untyped-def]
    p, q = at[a], at[b]
    more = agree[a, q] - agree[a, p] + agree[b, p] - agree[b, q]
    if more <= 0:
        return 0.0
    return -nu * (more - 2 * _edge(first + a, first + b, graph))


@njit(cache=True, nogil=True)
def _sweep(  # type: ignore[no-untyped-def]
    first, last, codes, dirty, gained, nu, swaps_only, start, spot, graph, ev, memory
):
    """Visit every dirty spot once; ``gained[i]`` is what its moves added to E (never above 0)."""
    local, have, at, agree, rates = _scratch(first, last, start, ev)
    for i in range(first, last):
        if not dirty[i]:
            continue
        dirty[i] = False
        m = start[i + 1] - start[i]
        if m == 0:
            continue
        _load(i, codes, start, graph, ev, local, have, at, agree)
        if not swaps_only:
            now = composition_nll(i, have, ev, memory, rates)
            moved = False
            for a in range(m):
                gain, c = _flip(i, a, nu, now, ev, memory, have, at, agree, rates)
                if c != at[a]:
                    moved = True
                    _assign(i, a, c, codes, dirty, start, spot, graph, ev, have, at, agree)
                    now = composition_nll(i, have, ev, memory, rates)
                    gained[i] += gain
            # the spot comes round again after a flip: pairs wait until flips are done
            for a in range(m if m <= _PAIR_CELLS and not moved else 0):
                for b in range(a + 1, m):
                    w = _edge(start[i] + a, start[i] + b, graph)
                    gain, c, d = _pair(i, a, b, w, nu, now, ev, memory, have, at, agree, rates)
                    if gain < -_EPS:
                        _assign(i, a, c, codes, dirty, start, spot, graph, ev, have, at, agree)
                        _assign(i, b, d, codes, dirty, start, spot, graph, ev, have, at, agree)
                        now = composition_nll(i, have, ev, memory, rates)
                        gained[i] += gain
        for a in range(m if nu > 0 else 0):
            for b in range(a + 1, m):
                p, q = at[a], at[b]
                if p == q:
                    continue
                gain = _swap_gain(a, b, start[i], nu, graph, at, agree)
                if gain < -_EPS:
                    _assign(i, a, q, codes, dirty, start, spot, graph, ev, have, at, agree)
                    _assign(i, b, p, codes, dirty, start, spot, graph, ev, have, at, agree)
                    gained[i] += gain


@njit(cache=True, nogil=True)
def _spot_nll(first, last, codes, nll, start, spot, graph, ev, memory):  # type: ignore[no-untyped-def]
    local, have, at, agree, rates = _scratch(first, last, start, ev)
    for i in range(first, last):
        if start[i + 1] > start[i]:
            _load(i, codes, start, graph, ev, local, have, at, agree)
            nll[i] = composition_nll(i, have, ev, memory, rates)


@njit(cache=True, nogil=True)
def _local(first, last, codes, nu, margin, support, start, spot, graph, ev, memory):  # type: ignore[no-untyped-def]
    local, have, at, agree, rates = _scratch(first, last, start, ev)
    for i in range(first, last):
        _load(i, codes, start, graph, ev, local, have, at, agree)
        if start[i + 1] == start[i]:
            continue
        now = composition_nll(i, have, ev, memory, rates)
        for m in range(start[i + 1] - start[i]):
            old = at[m]
            nearest, others = math.inf, 0.0
            have[old] -= 1
            for c in range(ev.start[i + 1] - ev.start[i]):
                if c == old:
                    continue
                have[c] += 1
                gap = composition_nll(i, have, ev, memory, rates) - now
                gap -= nu * (agree[m, c] - agree[m, old])
                have[c] -= 1
                nearest = min(nearest, gap)
                others += math.exp(-min(max(gap, -50.0), 700.0))
            have[old] += 1
            margin[start[i] + m] = nearest
            support[start[i] + m] = 1 / (1 + others)
