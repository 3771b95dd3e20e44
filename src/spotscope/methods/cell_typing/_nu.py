"""The smoothness ν that the data ask for, by splitting counts.

Each count of each spot goes to one of two halves by the toss of a coin. Cells are labelled with one
half at every ν of a grid, and scored by how likely they make the other half, each half in its turn.
Too small a ν follows the noise of one half, too large a one blurs what both show. The halves share
all noise but that of counting, so the best score leans to less smoothing; hence the rule of one
standard error: the largest ν is taken whose score, spot by spot, differs from the best by no more
than that difference's standard error. The scores of several splits are averaged.

The coins go with what was counted, and spots are looked at in an order that does: the choice hangs
neither on the order of rows and genes nor on how the section lies in its frame.

With hardly any counts all ν foretell equally badly, and the largest makes a section of one type.
Smoothing is to say where types lie, not how common they are: where half of the spots have fewer
counts than ``umi_min``, ν stays below the first value at which too many labels have gone from some
types to others, as a whole,

    ½ Σ_k |labels of k at ν - labels of k at 0|  >  0.12 of all labels.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.cell_typing._icm import descend, evidence_only, spot_energies
from spotscope.methods.cell_typing._likelihood import floors
from spotscope.methods.cell_typing._state import (
    State,
    argmax_start,
    build_field,
    candidates_of,
    rounded_start,
)
from spotscope.methods.cell_typing._tosses import count_numbers, heads
from spotscope.model import Progress, as_rng

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.model import Rng, Task

__all__ = ["NU_GRID", "choose_nu", "held_out", "neighbourhood", "within_one_error"]

Floats = npt.NDArray[np.float64]

NU_GRID = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
#: More cells than this tell little more: a neighbourhood of so many is looked at.
_CELLS = 3000
#: Each is used both ways. Twice as many choose no better on the development parts.
_SPLITS = 4
#: Spots of a lattice that lie equally far from its middle do, whatever rounding makes of it (µm).
_EQUALLY_FAR = 0.01
#: On the development parts 0 to 0.10 where counts choose, 0.13 to 0.21 at 15 or 50 counts a spot.
_MOST_MOVED = 0.12
_STAGE = "choosing the smoothness"


def choose_nu(
    state: State, spots_um: Floats, *, rng: Rng = None
) -> Task[tuple[float, tuple[float, ...], tuple[float, ...]]]:
    """Choose ν by held-out counts.

    Parameters
    ----------
    state
        A fit.
    spots_um
        (spot, 2) centres.
    rng
        Tosses the coins.

    Returns
    -------
    nu, grid, scores
        The choice; the values tried; negative log-likelihood of the held-out half per spot.
    """
    part = neighbourhood(state, spots_um, _CELLS)
    n = len(part.weights)
    seeds = as_rng(rng).integers(2**64, size=_SPLITS, dtype=np.uint64)
    total, moved = np.zeros((len(NU_GRID), n)), np.zeros(len(NU_GRID))
    done, steps = 0, 2 * _SPLITS * len(NU_GRID)
    yield Progress(_STAGE, done, steps)
    for seed in seeds:  # not on threads, which would each hold as much again
        for at, energies, gone in held_out(part, seed):
            total[at] += energies
            moved[at] += gone
            done += 1
            yield Progress(_STAGE, done, steps)
    each = total / (2 * _SPLITS)
    allowed = len(NU_GRID)
    if np.median(part.mixtures.umis) < part.params.umi_min:
        allowed = int(np.logical_and.accumulate(moved <= _MOST_MOVED * 2 * _SPLITS).sum())
    nu = NU_GRID[within_one_error(each[:allowed])]
    return nu, NU_GRID, tuple(each.mean(axis=1).tolist())


def within_one_error(scores: Floats) -> int:
    """Last row of (value, spot) scores that is no worse than the best by its standard error."""
    best = int(np.argmin(scores.mean(axis=1)))
    worse = scores - scores[best]
    error = worse.std(axis=1) / np.sqrt(scores.shape[1])
    return int(np.flatnonzero(worse.mean(axis=1) <= error + 1e-12).max())


def held_out(part: State, seed: np.uint64) -> Iterator[tuple[int, Floats, float]]:
    """For each half, at every ν: (spot,) its negative log-likelihood under labels of the other.

    Before it the number of the ν in its grid, after it the share of the labels that types have lost
    to others since ν = 0.
    """
    candidates = candidates_of(part)  # from all counts: the same for every ν
    one, other = (build_field(half, candidates) for half in _split(part, seed))
    heavy = argmax_start(part, candidates)
    starts = [rounded_start(part, candidates), heavy]
    for learn, judge in ((one, other), (other, one)):
        free = evidence_only(learn, starts)
        plain = np.bincount(free, minlength=len(part.types))
        for at, nu in enumerate(NU_GRID):
            found = [descend(learn, start, nu) for start in (free, heavy)] if nu else []
            codes = min(found, key=lambda solution: solution.energy).codes if nu else free
            gone = np.bincount(codes, minlength=len(part.types)) - plain
            lost = float(np.abs(gone).sum() / (2 * max(1, len(codes))))
            yield at, spot_energies(judge, codes), lost


def neighbourhood(state: State, spots_um: Floats, most: int) -> State:
    """The spots with cells that lie nearest to the middle one, of at most ``most`` cells.

    Those that lie equally far are taken together or not at all, but for the nearest. Which they
    are, and their order, hangs neither on the order of rows nor on how the section lies.
    """
    busy = np.flatnonzero(state.n_cells > 0)
    away = np.linalg.norm(spots_um[busy] - np.median(spots_um[busy], axis=0), axis=1)
    away = np.rint(away / _EQUALLY_FAR)
    order = np.argsort(away)
    busy, away = busy[order], away[order]
    beyond = away[np.cumsum(state.n_cells[busy]) > most]
    if len(beyond):
        near = away < max(beyond[0], away[0] + 1)
        busy, away = busy[near], away[near]
    busy = busy[np.lexsort((count_numbers(state.mixtures.counts[busy], state.genes), away))]
    renamed = np.full(len(state.weights) + 1, -1, np.int32)
    renamed[busy] = np.arange(len(busy))
    owner = renamed[state.owner]  # -1 is the last entry
    kept = owner >= 0
    return replace(
        state,
        mixtures=state.mixtures.take(busy),
        weights=state.weights[busy],
        owner=owner[kept],
        yx_um=state.yx_um[kept],
        looks=state.looks[kept] if len(state.looks) else state.looks,
        expected=state.expected[busy] if state.metric is not None else state.expected,
    )


def _split(state: State, seed: np.uint64) -> tuple[State, State]:
    """Two fits that differ only in which half of the counts they see."""
    counts = state.mixtures.counts
    tossed = heads(counts, state.genes, seed)
    halves = []
    for data in (tossed, counts.data - tossed):
        half = sp.csr_matrix((data, counts.indices, counts.indptr), shape=counts.shape)
        umis = state.mixtures.umis / 2
        mixtures = replace(state.mixtures, counts=half, umis=umis, floor=floors(umis))
        metric = state.metric and state.metric.thinned(0.5)
        halves.append(replace(state, mixtures=mixtures, metric=metric))
    return halves[0], halves[1]
