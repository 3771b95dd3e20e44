"""Types after some cells have changed: the touched spots are solved anew, all others held.

What was learned of the section (profiles, noise, weights, ν) stays. A spot is touched when one of
its cells is new, gone, moved or taken over. With F the cells of the touched spots, and the labels
of all others held, the part of the energy that F can change is

    Σ_{touched i} NLL_i(c_i) + ν Σ_{(a, b): a ∈ F} w_ab 1[k_a ≠ k_b].

w_ab rests on how many neighbours a and b have, so on cells up to three reaches away: within that
distance whole spots are taken out as a problem of their own, and the answer is that of the whole.
Cells between spots that a touched spot may speak for are voted on anew.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from spotscope.methods.cell_typing._fit_moments import expected_cells
from spotscope.methods.cell_typing._fitted import FittedTyping, assemble
from spotscope.methods.cell_typing._icm import evidence_only
from spotscope.methods.cell_typing._locks import lock_cells
from spotscope.methods.cell_typing._state import (
    argmax_start,
    build_field,
    candidates_of,
    rounded_start,
)
from spotscope.model import TypeSource

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._result import CellTyping

__all__ = ["retype_around", "rows_before", "touched_spots", "with_cells"]

Floats = npt.NDArray[np.float64]
Owner = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]

_REACHES = 3.0


@singledispatch
def with_cells(
    fitted: FittedTyping,
    owner: Owner,
    yx_um: Floats,
    *,
    spots: Rows | None = None,
    looks: npt.NDArray[np.float32] | None = None,
    held: dict[int, int] | None = None,
) -> FittedTyping:
    """The same fit for other cells: what was learned stays, nothing is fitted.

    Parameters
    ----------
    fitted
        The fit.
    owner, yx_um
        (cell,) spot, or -1, and (cell, 2) place of every cell as they are now.
    spots
        Rising numbers of the spots to keep, all by default; ``owner`` counts within them.
    looks
        (cell, type) what the looks of these cells say; by default those of the fit for cells that
        stand where they stood, and nothing for others.
    held
        Type of cells, by their number, that is known already: labels are found around them.
    """
    state = fitted.state
    if looks is None:
        looks = _carried_looks(state.looks, rows_before(state.yx_um, yx_um))
    keep = np.arange(len(state.weights)) if spots is None else spots
    weights = state.weights[keep]
    expected = state.expected
    if state.metric is not None:
        n_cells = np.bincount(owner[owner >= 0], minlength=len(keep))
        expected = expected_cells(weights, n_cells, state.mix)
    now = replace(
        state,
        mixtures=state.mixtures.take(keep),
        weights=weights,
        expected=expected,
        owner=np.asarray(owner, np.int32),
        yx_um=np.asarray(yx_um, float),
        looks=looks,
    )
    candidates = candidates_of(now)
    field = build_field(now, candidates)
    locks = lock_cells(now, field, candidates, held or {})
    starts = [rounded_start(now, locks.candidates), argmax_start(now, locks.candidates)]
    free = evidence_only(locks.field, [locks.start(start, now) for start in starts])
    nu = (fitted.auto_nu, fitted.nu_grid, fitted.nu_scores)
    return assemble(now, free, nu, (field, candidates), fitted.calibration)


def touched_spots(fitted: FittedTyping, owner: Owner, old: Rows) -> Rows:
    """Spots that own other cells than when they were fitted, rising.

    Parameters
    ----------
    fitted
        Of the cells as they were.
    owner
        (cell,) spot of every cell as it is now, or -1.
    old
        (cell,) its number in the fit; -1 where it is new or was changed.
    """
    before = fitted.state.owner
    gone = np.ones(len(before), bool)
    gone[old[old >= 0]] = False
    kept = old >= 0
    moved = np.flatnonzero(kept)[before[old[kept]] != owner[kept]]
    spots = [before[gone], owner[~kept], owner[moved], before[old[moved]]]
    found = np.unique(np.concatenate(spots))
    return np.asarray(found[found >= 0], np.intp)


@singledispatch
def retype_around(
    fitted: FittedTyping, base: CellTyping, owner: Owner, yx_um: Floats, old: Rows
) -> CellTyping:
    """Types of the cells as they are now; labels in untouched spots are those of ``base``.

    Parameters
    ----------
    fitted
        Of the cells as they were.
    base
        What it answered, at the ν that is used here too.
    owner, yx_um, old
        As in :func:`with_cells` and :func:`touched_spots`.
    """
    touched = touched_spots(fitted, owner, old)
    answer = _carried(base, owner, old)
    inside = np.isin(owner, touched)
    gone = np.ones(len(fitted.state.owner), bool)
    gone[old[old >= 0]] = False
    # whatever a changed cell may have spoken for, or stands between spots itself
    heart = np.concatenate([yx_um[inside | (old < 0)], fitted.state.yx_um[gone]])
    if len(heart) == 0:
        return answer
    rows, spots = _world(heart, owner, yx_um, fitted.state.reach_um)
    place = np.full(len(fitted.state.weights), -1, np.int64)
    place[spots] = np.arange(len(spots))
    local_owner = np.where(owner[rows] >= 0, place[owner[rows]], -1).astype(np.int32)
    held = (owner[rows] >= 0) & ~inside[rows]
    locks = {int(i): int(answer.codes[rows[i]]) for i in np.flatnonzero(held)}
    looks = _carried_looks(fitted.state.looks, old)
    local = with_cells(
        fitted,
        local_owner,
        yx_um[rows],
        spots=spots,
        looks=looks[rows] if len(looks) else looks,
        held=locks,
    )
    solved = local.solve(float(base.nu), locks)
    new = ~held & ((owner[rows] < 0) | inside[rows])
    for name in ("codes", "source", "margin", "support"):
        getattr(answer, name)[rows[new]] = getattr(solved, name)[new]
    answer.proportions[touched] = 0.0
    known = place[touched] >= 0
    answer.proportions[touched[known]] = solved.proportions[place[touched[known]]]
    return answer


def _carried(base: CellTyping, owner: Owner, old: Rows) -> CellTyping:
    """What is known of the cells that are still there; the others have no type yet."""
    known = old >= 0
    n = len(owner)
    codes = np.full(n, -1, np.int16)
    source = np.full(n, str(TypeSource.NONE), dtype=base.source.dtype)
    margin, support = np.zeros(n, np.float32), np.zeros(n, np.float32)
    for new, was in (
        (codes, base.codes),
        (source, base.source),
        (margin, base.margin),
        (support, base.support),
    ):
        new[known] = was[old[known]]
    return replace(
        base,
        codes=codes,
        source=source,
        margin=margin,
        support=support,
        proportions=base.proportions.copy(),
    )


def _carried_looks(looks: npt.NDArray[np.float32], old: Rows) -> npt.NDArray[np.float32]:
    """Of the cells that are still there; of new and changed ones nothing is known."""
    if not len(looks):
        return looks
    carried = np.zeros((len(old), looks.shape[1]), np.float32)
    carried[old >= 0] = looks[old[old >= 0]]
    return carried


def rows_before(before: Floats, now: Floats) -> Rows:
    """(cell,) row of the cell that stood at the very same place, or -1."""
    old = np.full(len(now), -1, np.intp)
    # places as single numbers, which can be sorted
    places = [np.ascontiguousarray(yx, float).view(np.complex128).ravel() for yx in (now, before)]
    _, here, there = np.intersect1d(places[0], places[1], return_indices=True)
    old[here] = there
    return old


def _world(heart: Floats, owner: Owner, yx_um: Floats, reach_um: float) -> tuple[Rows, Rows]:
    """Cells of whole spots near enough to matter, cells between spots to vote on; the spots."""
    distance, _ = cKDTree(heart).query(yx_um, distance_upper_bound=_REACHES * reach_um)
    near = owner[(owner >= 0) & np.isfinite(distance)]
    spots = np.unique(near)
    of_spots = np.isin(owner, spots)
    between = (owner < 0) & (distance <= reach_um)
    return np.flatnonzero(of_spots | between), np.asarray(spots, np.intp)
