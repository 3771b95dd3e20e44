"""How sure the labels are: the posterior of every cell's type, by a short chain over all cells.

From the labels of lowest energy, each cell in turn is drawn given all others,

    P(k_m = c) ∝ exp(- [NLL(c added) - agree_c]),      agree_c = ν Σ_b w_mb J[c, k_b] + u_m[c],

and what is kept is that probability itself, averaged over sweeps, not the draws: eight sweeps are
enough. The random numbers go with what the spots counted, as the order of visits does: the answer
is a function of the labels and ν, and that of a tile is that of the whole section.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.methods.cell_typing._order import band_edges
from spotscope.methods.cell_typing._threads import over_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.methods.cell_typing._icm import Field

__all__ = ["by_type", "drawn", "posterior", "shared_out"]

_BURN = 2
#: Nats behind the likeliest type beyond which a type is not drawn.
_NEVER = 25.0
#: Numbers of types are kept to within this share of a spot's cells, or so many rounds are gone; and
#: no cell is so unlike a type that it could not be of it at all.
_NEAR, _ROUNDS, _FAINT = 1e-3, 30, 1e-12


def posterior(
    field: Field, codes: npt.NDArray[np.int16], nu: float, sweeps: int = 8
) -> npt.NDArray[np.float32]:
    """(cell, candidate) probability of each of its spot's candidates; rows sum to 1.

    Which cell of a spot has which of its types the counts do not know, and a chain of single draws
    hardly swaps two cells. So the spot's composition is taken from the chain, and shared out by
    what neighbours and looks say of each cell:

        P_mc ∝ w_c exp(agree_mc),      w such that  Σ_m P_mc  is the chain's number of cells of c

    (iterative proportional fitting, Deming and Stephan 1940). Neighbours in the same spot are left
    out of agree: a chain takes one of the spot's cells for a type and keeps to it, by chance alone.

    Parameters
    ----------
    field
        A problem with quadratic evidence.
    codes
        (cell,) labels to start from.
    nu
        Smoothness. At 0 spots do not touch one another and are shared out over the cores.
    sweeps
        Averaged over, after a few that are not.
    """
    chance, agreed, _ = _run(field, codes, nu, sweeps, field.tosses)
    return shared_out(field, chance, agreed)


def shared_out(
    field: Field, chance: npt.NDArray[np.float32], agreed: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(cell, candidate) the chances of a spot's cells together, shared out as in :func:`posterior`.

    Parameters
    ----------
    field
        The problem.
    chance, agreed
        (cell, candidate) chances, and what neighbours and looks say; ``chance`` is written to.
    """
    for cell in np.flatnonzero(field.held):
        chance[cell] = chance[cell] >= chance[cell].max()
    evidence = field.compositions.evidence
    over_rows(_share_out, len(field.start) - 1, chance, agreed, field.held, field.start, evidence)
    return chance


def drawn(
    field: Field,
    codes: npt.NDArray[np.int16],
    nu: float,
    rng: np.random.Generator,
    sweeps: int = 20,
) -> npt.NDArray[np.int16]:
    """(cell,) types at the end of a chain of ``sweeps`` that starts at ``codes``."""

    def toss(_: int) -> npt.NDArray[np.float32]:
        return rng.random(len(codes), np.float32)

    return _run(field, codes, nu, sweeps, toss)[2]


def by_type(field: Field, chance: npt.NDArray[np.float32], n_types: int) -> npt.NDArray[np.float64]:
    """(cell, type) from (cell, candidate)."""
    evidence = field.compositions.evidence
    spread = np.zeros((len(chance), n_types))
    per = np.diff(evidence.start)[field.spot]
    for c in range(chance.shape[1]):
        some = np.flatnonzero(per > c)
        spread[some, evidence.codes[evidence.start[field.spot[some]] + c]] = chance[some, c]
    return spread


def _run(
    field: Field,
    codes: npt.NDArray[np.int16],
    nu: float,
    sweeps: int,
    toss: Callable[[int], npt.NDArray[np.float32]],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.int16]]:
    """(cell, candidate) mean chances and agreement with neighbours, and the last draw."""
    evidence = field.compositions.evidence
    most = int(np.diff(evidence.start).max(initial=1))
    chance = np.zeros((len(codes), most), np.float32)
    agreed = np.zeros_like(chance)
    state = codes.astype(np.int16)
    order = field.visits
    edges = band_edges(len(order), len(codes))
    bands, turn = len(edges) - 1, np.empty(len(field.start) - 1, np.int64)
    turn[order] = np.arange(len(order))
    told = (edges, order, turn[field.spot], field.prior(nu))
    rest = (chance, agreed, field.held, field.start, field.graph, evidence)
    per = np.float32(1 / sweeps)
    for s in range(_BURN + sweeps):
        before = state.copy() if bands > 1 else state
        share = per if s >= _BURN else np.float32(0)
        over_rows(_bands, bands, *told, state, before, toss(s), share, *rest, at_least=1)
    return chance, agreed, state


@njit(cache=True, nogil=True)
def _bands(first, last, edges, *rest):  # type: ignore[no-untyped-def]
    for band in range(first, last):
        _chain(edges[band], edges[band + 1], *rest)


@njit(cache=True, nogil=True)
def _chain(  # type: ignore[no-untyped-def]
    first,
    last,
    order,
    turn,
    prior,
    codes,
    before,
    tossed,
    per,
    chance,
    agreed,
    locked,
    start,
    graph,
    ev,
):
    """One sweep over a band; cells of others, by the ``turn`` (cell,), are as ``before`` it."""
    types = ev.profiles.shape[0]
    local, slope = np.empty(types, np.int64), np.empty(types)
    odds, said = np.empty(types), np.empty(types)
    local[:] = -1
    nu, looks, like = prior.nu, prior.looks, prior.like
    for visit in range(first, last):
        i = order[visit]
        base, square = ev.start[i], ev.bend_start[i]
        c_all = ev.start[i + 1] - base
        for c in range(c_all):
            local[ev.codes[base + c]] = c
            slope[c] = -ev.pull[base + c]
        for cell in range(start[i], start[i + 1]):
            at = local[codes[cell]]
            for c in range(c_all):
                slope[c] += ev.bend[square + at * c_all + c]
        for cell in range(start[i], start[i + 1]):
            old = local[codes[cell]]
            if locked[cell]:
                chance[cell, old] = 1.0
                continue
            lowest = math.inf
            for c in range(c_all):
                slope[c] -= ev.bend[square + old * c_all + c]
                odds[c] = slope[c] + 0.5 * ev.bend[square + c * c_all + c]
                said[c] = looks[cell, ev.codes[base + c]] if len(looks) else 0.0
                agreed[cell, c] += per * np.float32(said[c])
            for e in range(graph.start[cell], graph.start[cell + 1] if nu > 0 else 0):
                b = graph.other[e]
                other = codes[b] if first <= turn[b] < last else before[b]
                if len(like):
                    for c in range(c_all):
                        said[c] += nu * graph.weight[e] * like[ev.codes[base + c], other]
                elif local[other] >= 0:
                    said[local[other]] += nu * graph.weight[e]
                    if b < start[i] or b >= start[i + 1]:
                        agreed[cell, local[other]] += per * np.float32(nu * graph.weight[e])
            for c in range(c_all):
                odds[c] -= said[c]
                lowest = min(lowest, odds[c])
            total = 0.0
            for c in range(c_all):
                away = odds[c] - lowest
                odds[c] = math.exp(-away) if away < _NEVER else 0.0
                total += odds[c]
            left = tossed[cell] * total
            new = -1
            for c in range(c_all):
                left -= odds[c]
                if left < 0 and new < 0:
                    new = c
                chance[cell, c] += per * np.float32(odds[c] / total)
            if new < 0:
                new = old
            codes[cell] = ev.codes[base + new]
            for c in range(c_all):
                slope[c] += ev.bend[square + new * c_all + c]
        for c in range(c_all):
            local[ev.codes[base + c]] = -1


@njit(cache=True, nogil=True)
def _share_out(first, last, chance, agreed, locked, start, ev):  # type: ignore[no-untyped-def]
    """Turn each cell's chances into its spot's, shared out by what is known of each."""
    for i in range(first, last):
        low, high = start[i], start[i + 1]
        n_types = ev.start[i + 1] - ev.start[i]
        n = 0
        for cell in range(low, high):
            n += not locked[cell]
        if n == 0:
            continue
        mean = np.zeros(n_types)  # numbers of types, over the cells that are not locked
        for cell in range(low, high):
            if locked[cell]:
                continue
            most = -math.inf
            for c in range(n_types):
                mean[c] += chance[cell, c]
                most = max(most, agreed[cell, c])
            for c in range(n_types):
                chance[cell, c] = max(math.exp(agreed[cell, c] - most), _FAINT)
        weight, sums = mean / n, np.empty(n_types)
        for _ in range(_ROUNDS):
            sums[:] = 0.0
            for cell in range(low, high):
                if locked[cell]:
                    continue
                total = 0.0
                for c in range(n_types):
                    total += weight[c] * chance[cell, c]
                for c in range(n_types):
                    sums[c] += weight[c] * chance[cell, c] / total
            off = 0.0
            for c in range(n_types):
                off = max(off, abs(sums[c] - mean[c]))
                if mean[c] > 0:
                    weight[c] *= mean[c] / sums[c]
            if off < _NEAR * n:
                break
        for cell in range(low, high):
            if locked[cell]:
                continue
            total = 0.0
            for c in range(n_types):
                total += weight[c] * chance[cell, c]
            for c in range(n_types):
                chance[cell, c] = np.float32(weight[c] * chance[cell, c] / total)
