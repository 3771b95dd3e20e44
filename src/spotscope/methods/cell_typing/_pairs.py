"""Pairs of cells that change together: the best other pair of types, for both kinds of evidence.

Names are those of :mod:`_moves`.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from spotscope.methods.cell_typing._composition import composition_nll, remembered
from spotscope.methods.cell_typing._prior import liking

__all__ = ["EPS", "pair", "quadratic_pair", "slopes"]

#: A move must gain more than this.
EPS = 1e-9


@njit(cache=True, nogil=True)
def slopes(i, have, ev, slope):  # type: ignore[no-untyped-def]
    """slope[c]: what quadratic evidence adds for a cell of candidate c beside ``have``."""
    first, n_types = ev.start[i], ev.start[i + 1] - ev.start[i]
    for c in range(n_types):
        row = ev.bend_start[i] + c * n_types
        total = 0.5 * ev.bend[row + c] - ev.pull[first + c]
        for e in range(n_types):
            total += ev.bend[row + e] * have[e]
        slope[c] = total


@njit(cache=True, nogil=True)
def _edge_terms(i, c, d, of_p, of_q, w, ev, prior):  # type: ignore[no-untyped-def]
    """What changes on the edge of weight w between two cells of types p, q that become c, d."""
    if w == 0:
        return 0.0
    of_c, of_d = ev.codes[ev.start[i] + c], ev.codes[ev.start[i] + d]
    new = liking(prior, of_c, of_d)
    return w * (new - liking(prior, of_c, of_q) - liking(prior, of_d, of_p))


@njit(cache=True, nogil=True)
def pair(i, a, b, w, now, ev, prior, memory, have, at, agree, rates, kept):  # type: ignore[no-untyped-def]
    """Best other pair of candidates of cells a and b: (gain in E, candidate, candidate).

    ``w`` is ν times the weight of the edge between the two, 0 without one; ``kept`` what
    :func:`remembered` takes, its last below 0 where the spot has no whole stretch.
    """
    binomial, values, first = kept
    p, q, types = at[a], at[b], ev.start[i]
    of_p, of_q = ev.codes[types + p], ev.codes[types + q]
    n_types = ev.start[i + 1] - types
    best, to_a, to_b = -EPS, p, q
    # agreement with all others, the edge between the two counted apart
    before = agree[a, p] + agree[b, q] - w * liking(prior, of_p, of_q)
    have[p] -= 1
    have[q] -= 1
    for low in range(n_types):
        have[low] += 1
        for high in range(low, n_types):
            have[high] += 1
            nll = remembered(have, n_types, binomial, values, first) if first >= 0 else math.nan
            if math.isnan(nll):
                nll = composition_nll(i, have, ev, memory, rates)
            nll -= now
            have[high] -= 1
            for turned in range(2 if high > low else 1):
                c, d = (high, low) if turned else (low, high)
                if c == p or d == q:
                    continue
                after = agree[a, c] + agree[b, d] + _edge_terms(i, c, d, of_p, of_q, w, ev, prior)
                gain = nll - (after - before)
                if gain < best:
                    best, to_a, to_b = gain, c, d
        have[low] -= 1
    have[p] += 1
    have[q] += 1
    return best, to_a, to_b


@njit(cache=True, nogil=True)
def quadratic_pair(i, a, b, w, ev, prior, have, at, agree, slope, least):  # type: ignore[no-untyped-def]
    """The same where evidence is quadratic; ``least`` is the least entry of the spot's matrix.

    With h_a[c] = slope_c - agree_ac a pair costs h_a[c] + h_b[d] + A_cd less the edge's terms, so a
    c whose h_a[c] is too high even beside the best d and the least A need not be tried.
    """
    p, q, types = at[a], at[b], ev.start[i]
    of_p, of_q = ev.codes[types + p], ev.codes[types + q]
    n_types, square = ev.start[i + 1] - types, ev.bend_start[i]
    have[p] -= 1
    have[q] -= 1
    slopes(i, have, ev, slope)
    have[p] += 1
    have[q] += 1
    now = slope[p] + slope[q] + ev.bend[square + p * n_types + q]
    now -= agree[a, p] + agree[b, q] - w * liking(prior, of_p, of_q)
    low_b = math.inf
    for d in range(n_types):
        low_b = min(low_b, slope[d] - agree[b, d])
    most = 0.0
    if w > 0:
        most = w * (3.0 if len(prior.like) == 0 else 3.0 * np.abs(prior.like).max())
    best, to_a, to_b = -EPS, p, q
    for c in range(n_types):
        cost = slope[c] - agree[a, c] - now
        if c == p or cost + low_b + least - most >= best:
            continue
        for d in range(n_types):
            gain = cost + slope[d] - agree[b, d] + ev.bend[square + c * n_types + d]
            if d == q or gain - most >= best:
                continue
            gain -= _edge_terms(i, c, d, of_p, of_q, w, ev, prior)
            if gain < best:
                best, to_a, to_b = gain, c, d
    return best, to_a, to_b
