"""The moves of :mod:`_icm`, compiled: their gains in E, and the visits that make them.

Within a visit to spot i: ``have`` (candidate,) is its composition, ``at`` (cell,) the candidate of
each cell, and ``agree`` (cell, candidate) what its neighbours and its looks say for that type, in
nats, so that a cell's part of the prior is a constant less ``agree``. All three are kept up to date
by ``assign``.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spotscope.methods.cell_typing._composition import composition_nll, remembered
from spotscope.methods.cell_typing._pairs import EPS, pair, quadratic_pair, slopes
from spotscope.methods.cell_typing._prior import liking

__all__ = ["assign", "conditionals", "load", "scratch", "spot_nll", "swap_change", "sweep"]

#: Spots with more cells do not try pairs: flips and swaps find as much, and pairs are many.
_PAIR_CELLS = 6


@njit(cache=True, nogil=True)
def load(i, codes, start, graph, ev, prior, local, have, at, agree):  # type: ignore[no-untyped-def]
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
            agree[m, c] = prior.looks[cell, ev.codes[first + c]] if len(prior.looks) else 0.0
        for e in range(graph.start[cell], graph.start[cell + 1]):
            other = codes[graph.other[e]]
            if len(prior.like):
                for c in range(n_types):
                    like = prior.like[ev.codes[first + c], other]
                    agree[m, c] += prior.nu * graph.weight[e] * like
            elif local[other] >= 0:
                agree[m, local[other]] += prior.nu * graph.weight[e]


@njit(cache=True, nogil=True)
def scratch(first, last, start, ev):  # type: ignore[no-untyped-def]
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
        np.empty(types),
    )


@njit(cache=True, nogil=True)
def assign(i, m, c, codes, dirty, start, spot, graph, ev, prior, have, at, agree):  # type: ignore[no-untyped-def]
    """Give cell m of spot i its candidate c, and tell the neighbours."""
    cell, old, first = start[i] + m, at[m], ev.start[i]
    have[old] -= 1
    have[c] += 1
    at[m] = c
    codes[cell] = ev.codes[first + c]
    dirty[i] = True
    for e in range(graph.start[cell], graph.start[cell + 1]):
        other = graph.other[e]
        dirty[spot[other]] = True
        if spot[other] == i:
            w = prior.nu * graph.weight[e]
            if len(prior.like):
                was, now = ev.codes[first + old], ev.codes[first + c]
                for d in range(ev.start[i + 1] - first):
                    k = ev.codes[first + d]
                    agree[other - start[i], d] += w * (prior.like[k, now] - prior.like[k, was])
            else:
                agree[other - start[i], old] -= w
                agree[other - start[i], c] += w


@njit(cache=True, nogil=True)
def _edge(a, b, graph):  # type: ignore[no-untyped-def]
    for e in range(graph.start[a], graph.start[a + 1]):
        if graph.other[e] == b:
            return graph.weight[e]
    return 0.0


@njit(cache=True, nogil=True)
def _flip(i, m, now, ev, memory, have, at, agree, rates, slope, kept):  # type: ignore[no-untyped-def]
    """Best other candidate of cell m: (gain in E, candidate); the gain is below 0 or no move."""
    old = at[m]
    best, to = -EPS, old
    have[old] -= 1
    quadratic = len(ev.bend) > 0
    binomial, values, first = kept
    n_types = ev.start[i + 1] - ev.start[i]
    if quadratic:
        slopes(i, have, ev, slope)
    for c in range(n_types):
        if c == old:
            continue
        if quadratic:
            gain = slope[c] - slope[old]
        else:
            have[c] += 1
            gain = remembered(have, n_types, binomial, values, first) if first >= 0 else math.nan
            if math.isnan(gain):
                gain = composition_nll(i, have, ev, memory, rates)
            gain -= now
            have[c] -= 1
        gain -= agree[m, c] - agree[m, old]
        if gain < best:
            best, to = gain, c
    have[old] += 1
    return best, to


@njit(cache=True, nogil=True)
def swap_change(i, a, b, first, graph, ev, prior, at, agree):  # type: ignore[no-untyped-def]
    """What E gains when cells a and b of the spot swap types."""
    p, q = at[a], at[b]
    more = agree[a, q] - agree[a, p] + agree[b, p] - agree[b, q]
    w = prior.nu * _edge(first + a, first + b, graph)
    if w > 0:
        k, other = ev.codes[ev.start[i] + p], ev.codes[ev.start[i] + q]
        more -= w * (liking(prior, k, k) + liking(prior, other, other))
        more += 2 * w * liking(prior, k, other)
    return -more


@njit(cache=True, nogil=True)
def sweep(  # type: ignore[no-untyped-def]
    first,
    last,
    order,
    codes,
    dirty,
    gained,
    prior,
    swaps_only,
    locked,
    start,
    spot,
    graph,
    ev,
    memory,
):
    """Visit each dirty spot once; ``gained[i]`` is what its moves added to E (never above 0).

    ``order[first:last]`` are the spots, each with cells; ``locked`` (cell,) cells keep their type.
    """
    local, have, at, agree, rates, slope = scratch(0, len(start) - 1, start, ev)
    swaps = prior.nu > 0 or len(prior.looks) > 0
    quadratic = len(ev.bend) > 0
    binomial, values, whole = ev.binomial, memory.values, memory.whole
    for turn in range(first, last):
        i = order[turn]
        if not dirty[i]:
            continue
        dirty[i] = False
        m = start[i + 1] - start[i]
        load(i, codes, start, graph, ev, prior, local, have, at, agree)
        kept = (binomial, values, memory.start[i] if not quadratic and whole[i] else -1)
        if not swaps_only:
            now = composition_nll(i, have, ev, memory, rates)
            moved = False
            for a in range(m):
                if locked[start[i] + a]:
                    continue
                gain, c = _flip(i, a, now, ev, memory, have, at, agree, rates, slope, kept)
                if c != at[a]:
                    moved = True
                    assign(i, a, c, codes, dirty, start, spot, graph, ev, prior, have, at, agree)
                    now = composition_nll(i, have, ev, memory, rates)
                    gained[i] += gain
            # the spot comes round again after a flip: pairs wait until flips are done
            tried = m if m <= _PAIR_CELLS and not moved else 0
            least = 0.0
            if tried and quadratic:
                least = ev.bend[ev.bend_start[i] : ev.bend_start[i + 1]].min()
            for a in range(tried):
                for b in range(a + 1, m):
                    if locked[start[i] + a] or locked[start[i] + b]:
                        continue
                    w = prior.nu * _edge(start[i] + a, start[i] + b, graph)
                    if quadratic:
                        gain, c, d = quadratic_pair(
                            i, a, b, w, ev, prior, have, at, agree, slope, least
                        )
                    else:
                        gain, c, d = pair(
                            i, a, b, w, now, ev, prior, memory, have, at, agree, rates, kept
                        )
                    if gain < -EPS:
                        assign(
                            i, a, c, codes, dirty, start, spot, graph, ev, prior, have, at, agree
                        )
                        assign(
                            i, b, d, codes, dirty, start, spot, graph, ev, prior, have, at, agree
                        )
                        now = composition_nll(i, have, ev, memory, rates)
                        gained[i] += gain
        for a in range(m if swaps else 0):
            for b in range(a + 1, m):
                p, q = at[a], at[b]
                if p == q or agree[a, q] - agree[a, p] + agree[b, p] - agree[b, q] <= EPS:
                    continue
                if locked[start[i] + a] or locked[start[i] + b]:
                    continue
                gain = swap_change(i, a, b, start[i], graph, ev, prior, at, agree)
                if gain < -EPS:
                    assign(i, a, q, codes, dirty, start, spot, graph, ev, prior, have, at, agree)
                    assign(i, b, p, codes, dirty, start, spot, graph, ev, prior, have, at, agree)
                    gained[i] += gain


@njit(cache=True, nogil=True)
def spot_nll(first, last, codes, nll, start, spot, graph, ev, memory):  # type: ignore[no-untyped-def]
    local, have, _, _, rates, _ = scratch(first, last, start, ev)
    for i in range(first, last):
        if start[i + 1] > start[i]:
            have[:] = 0
            for c in range(ev.start[i + 1] - ev.start[i]):
                local[ev.codes[ev.start[i] + c]] = c
            for cell in range(start[i], start[i + 1]):
                have[local[codes[cell]]] += 1
            nll[i] = composition_nll(i, have, ev, memory, rates)


@njit(cache=True, nogil=True)
def conditionals(  # type: ignore[no-untyped-def]
    first, last, codes, prior, margin, chance, agreed, start, spot, graph, ev, memory
):
    """Of every cell, all others as they are: energy to the runner-up, chances, and ``agree``."""
    local, have, at, agree, rates, slope = scratch(first, last, start, ev)
    for i in range(first, last):
        if start[i + 1] == start[i]:
            continue
        load(i, codes, start, graph, ev, prior, local, have, at, agree)
        now = composition_nll(i, have, ev, memory, rates)
        n_types = ev.start[i + 1] - ev.start[i]
        for m in range(start[i + 1] - start[i]):
            old, cell = at[m], start[i] + m
            nearest, total = math.inf, 0.0
            have[old] -= 1
            if len(ev.bend) > 0:
                slopes(i, have, ev, slope)
            for c in range(n_types):
                if len(ev.bend) > 0:
                    gap = slope[c] - slope[old]
                elif c == old:
                    gap = 0.0
                else:
                    have[c] += 1
                    gap = composition_nll(i, have, ev, memory, rates) - now
                    have[c] -= 1
                gap -= agree[m, c] - agree[m, old]
                if c != old:
                    nearest = min(nearest, gap)
                chance[cell, c] = math.exp(-min(max(gap, -50.0), 80.0))
                agreed[cell, c] = agree[m, c]
                total += chance[cell, c]
            have[old] += 1
            margin[cell] = nearest
            for c in range(n_types):
                chance[cell, c] /= total
