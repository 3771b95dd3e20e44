"""One and two types a bead: the likelihood of each alone, and of every pair of its candidates.

With n_i the counts of bead i, μ' the profiles on its platform and a, b ≥ 0,

    one_k  = min over a     of NLL_i(a μ'_k),
    two_kl = min over a, b  of NLL_i(a μ'_k + b μ'_l),

each found by Newton steps on the concave part of ln P, as in :mod:`_continuous`; with two unknowns
the step under w + d ≥ 0 is written down: the inner minimum where it is allowed, else the better
edge. A bead's counts are spread out once, and all its pairs are fitted to them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.methods.cell_typing._likelihood import block_nll, block_slopes
from spotscope.methods.cell_typing._threads import over_blocks
from spotscope.model import Progress

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._continuous import Mixtures
    from spotscope.methods.cell_typing._noise import Table
    from spotscope.model import Task

__all__ = ["PairFits", "fit_pairs"]

Floats = npt.NDArray[np.float64]

_MOST_STEPS = 25
_TOLERANCE = 1e-3
_BEADS_AT_ONCE = 64


class PairFits(NamedTuple):
    """Negative log-likelihoods of a bead's candidates, C the most that any bead has.

    Parameters
    ----------
    one
        (bead, C) each candidate alone; inf beyond the bead's own.
    two
        (bead, C, C) each pair, symmetric; on the diagonal inf.
    share
        (bead, C, C) share of the row's type in the pair's weights, 0 to 1.
    """

    one: Floats
    two: Floats
    share: Floats


def fit_pairs(
    mixtures: Mixtures, weights: Floats, candidates: Candidates, table: Table, stage: str
) -> Task[PairFits]:
    """Fit all candidates of all beads, alone and in pairs.

    Parameters
    ----------
    mixtures
        Counts and profiles.
    weights
        (bead, type) the fit of all types: where the fits of pairs start.
    candidates
        Of every bead.
    table
        Of the noise.
    stage
        Said in progress.
    """
    n, most = len(weights), int(np.diff(candidates.start).max(initial=1))
    found = PairFits(
        np.full((n, most), math.inf), np.full((n, most, most), math.inf), np.zeros((n, most, most))
    )
    counts = mixtures.counts
    rest = (
        counts.indptr.astype(np.int64),
        counts.indices.astype(np.int64),
        counts.data.astype(np.int32),
        mixtures.umis,
        np.asarray(mixtures.floor, np.float32),
        np.ascontiguousarray(mixtures.profiles, np.float32),
        np.ascontiguousarray(weights),
        candidates.start,
        candidates.codes,
        table,
        *found,
    )
    yield Progress(stage, 0, n)
    for done in over_blocks(lambda first, last: _beads(first, last, *rest), n, _BEADS_AT_ONCE):
        yield Progress(stage, done, n)
    return found


@njit(cache=True, nogil=True)
def _beads(  # type: ignore[no-untyped-def]
    first, last, indptr, indices, data, umis, floor, profiles, weights, start, codes, table,
    one, two, share,
):  # fmt: skip
    genes = profiles.shape[1]
    y, low = np.zeros((1, genes), np.int32), np.empty(1, np.float32)
    scratch = np.empty((3, 1, genes), np.float32)
    pair = np.empty((2, genes), np.float32)
    w = np.empty(2)
    for i in range(first, last):
        y[:] = 0
        for p in range(indptr[i], indptr[i + 1]):
            y[0, indices[p]] = data[p]
        low[0] = floor[i]
        base = start[i]
        for a in range(start[i + 1] - base):
            k = codes[base + a]
            pair[0], pair[1] = np.float32(umis[i]) * profiles[k], np.float32(0.0)
            w[0], w[1] = max(weights[i].sum(), 0.1), 0.0
            one[i, a] = _fit(y, low, pair, w, table, scratch)
            for b in range(a):
                other = codes[base + b]
                pair[1] = np.float32(umis[i]) * profiles[other]
                w[0], w[1] = max(weights[i, k], 0.01), max(weights[i, other], 0.01)
                found = _fit(y, low, pair, w, table, scratch)
                # a pair is never worse than either of its types
                part = w[0] / max(w[0] + w[1], 1e-300)
                if one[i, a] < found:
                    found, part = one[i, a], 1.0
                if one[i, b] < found:
                    found, part = one[i, b], 0.0
                two[i, a, b] = two[i, b, a] = found
                share[i, a, b], share[i, b, a] = part, 1.0 - part


@njit(cache=True, nogil=True)
def _rates(pair, w, x):  # type: ignore[no-untyped-def]
    a, b = np.float32(w[0]), np.float32(w[1])
    for g in range(pair.shape[1]):
        x[0, g] = a * pair[0, g] + b * pair[1, g]


@njit(cache=True, nogil=True)
def _fit(y, floor, pair, w, table, scratch):  # type: ignore[no-untyped-def]
    """Move ``w`` (2,) to the minimum; a second profile of zeros stays out. Returns the NLL."""
    x, d1, d2 = scratch[0], scratch[1], scratch[2]
    nll, after, tried = np.empty(1), np.empty(1), np.empty(2)
    for _ in range(_MOST_STEPS):
        _rates(pair, w, x)
        block_slopes(0, 1, y, x, floor, table, d1, d2, nll)
        g0, g1, h00, h01, h11 = 0.0, 0.0, 0.0, 0.0, 0.0
        for g in range(pair.shape[1]):
            p, q, bend = pair[0, g], pair[1, g], d2[0, g]
            g0 -= d1[0, g] * p
            g1 -= d1[0, g] * q
            h00 += bend * p * p
            h01 += bend * p * q
            h11 += bend * q * q
        move0, move1 = _step(g0, g1, h00, h01, h11, w[0], w[1])
        length = 1.0
        for _ in range(8):
            tried[0] = max(w[0] + length * move0, 0.0)
            tried[1] = max(w[1] + length * move1, 0.0)
            _rates(pair, tried, x)
            block_nll(0, 1, y, x, floor, table, after)
            if after[0] <= nll[0] + 1e-6 * abs(nll[0]):
                break
            length *= 0.4
        else:
            return nll[0]
        moved = abs(tried[0] - w[0]) + abs(tried[1] - w[1])
        w[0], w[1] = tried[0], tried[1]
        if moved <= _TOLERANCE * max(w[0] + w[1], 0.1):
            return min(after[0], nll[0])
    return after[0]


@njit(cache=True, nogil=True)
def _step(g0, g1, h00, h01, h11, w0, w1):  # type: ignore[no-untyped-def]
    """The d of least g·d + ½ d·H d with w + d ≥ 0."""
    small = 1e-7 * (h00 + h11) + 1e-12
    h00, h11 = h00 + small, h11 + small
    det = h00 * h11 - h01 * h01
    if det > 1e-12 * h00 * h11:
        d0, d1 = (h01 * g1 - h11 * g0) / det, (h01 * g0 - h00 * g1) / det
        if d0 >= -w0 and d1 >= -w1:
            return d0, d1
    # on an edge: one of the two gone, the other wherever it likes best
    a1 = max(-(g1 - h01 * w0) / h11, -w1)
    e0 = -g0 * w0 + g1 * a1 + 0.5 * (h00 * w0 * w0 - 2 * h01 * w0 * a1 + h11 * a1 * a1)
    a0 = max(-(g0 - h01 * w1) / h00, -w0)
    e1 = g0 * a0 - g1 * w1 + 0.5 * (h00 * a0 * a0 - 2 * h01 * a0 * w1 + h11 * w1 * w1)
    return (-w0, a1) if e0 < e1 else (a0, -w1)
