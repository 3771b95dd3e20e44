"""Moves that may raise the energy, as heat allows: one sweep of annealing, compiled.

Every cell in turn is drawn given all others, and then may swap types with another cell of its spot,

    P(k_m = c) ∝ exp(-E(c) / T),            P(swap) = min(1, exp(-ΔE / T)),

which leaves exp(-E / T) as it is (Geman and Geman 1984; Metropolis et al. 1953). Names are those of
:mod:`_moves`; every change of E is exact, whichever the evidence.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spotscope.methods.cell_typing._composition import composition_nll
from spotscope.methods.cell_typing._moves import assign, load, scratch, swap_change
from spotscope.methods.cell_typing._pairs import slopes

__all__ = ["heated"]

#: Temperatures behind the likeliest type beyond which a type is not drawn.
_NEVER = 25.0


@njit(cache=True, nogil=True)
def _rises(i, m, ev, memory, have, at, agree, rates, slope, rise):  # type: ignore[no-untyped-def]
    """rise[c]: E with candidate c for cell m of spot i, less a constant; returns the least."""
    old, n_types = at[m], ev.start[i + 1] - ev.start[i]
    have[old] -= 1
    if len(ev.bend) > 0:
        slopes(i, have, ev, slope)
    least = math.inf
    for c in range(n_types):
        if len(ev.bend) > 0:
            rise[c] = slope[c]
        else:
            have[c] += 1
            rise[c] = composition_nll(i, have, ev, memory, rates)
            have[c] -= 1
        rise[c] -= agree[m, c]
        least = min(least, rise[c])
    have[old] += 1
    return least


@njit(cache=True, nogil=True)
def _draw(rise, least, n_types, heat, toss, odds):  # type: ignore[no-untyped-def]
    """A candidate, each with chance in proportion to exp(-rise / heat)."""
    total = 0.0
    for c in range(n_types):
        away = (rise[c] - least) / heat
        odds[c] = math.exp(-away) if away < _NEVER else 0.0
        total += odds[c]
    left = toss * total
    for c in range(n_types):
        left -= odds[c]
        if left < 0:
            return c
    return n_types - 1


@njit(cache=True, nogil=True)
def heated(order, codes, heat, draws, swaps, prior, locked, start, spot, graph, ev, memory):  # type: ignore[no-untyped-def]
    """Visit every cell once at temperature ``heat``, in nats; return what that added to E.

    ``order`` are the spots that have cells; ``draws`` and ``swaps`` (cell,) are even in [0, 1).
    """
    local, have, at, agree, rates, slope = scratch(0, len(start) - 1, start, ev)
    rise, odds = np.empty_like(slope), np.empty_like(slope)
    dirty = np.empty(len(start) - 1, np.bool_)  # nobody asks
    added = 0.0
    for i in order:
        n = start[i + 1] - start[i]
        load(i, codes, start, graph, ev, prior, local, have, at, agree)
        n_types = ev.start[i + 1] - ev.start[i]
        for a in range(n):
            cell = start[i] + a
            if locked[cell]:
                continue
            old = at[a]
            least = _rises(i, a, ev, memory, have, at, agree, rates, slope, rise)
            c = _draw(rise, least, n_types, heat, draws[cell], odds)
            if c != old:
                added += rise[c] - rise[old]
                assign(i, a, c, codes, dirty, start, spot, graph, ev, prior, have, at, agree)
            # one even number makes two: which other cell, and whether
            b = int(swaps[cell] * n)
            left = swaps[cell] * n - b
            p, q = at[a], at[b]
            if p == q or locked[start[i] + b]:
                continue
            change = swap_change(i, a, b, start[i], graph, ev, prior, at, agree)
            if change <= 0 or left < math.exp(-change / heat):
                assign(i, a, q, codes, dirty, start, spot, graph, ev, prior, have, at, agree)
                assign(i, b, p, codes, dirty, start, spot, graph, ev, prior, have, at, agree)
                added += change
    return added
