"""Labels that add up to the shares of types expected of each spot.

The likeliest labels of a spot of many cells favour its common types: with thirty cells, a type of
which half a cell is expected is in hardly any of them. Here spot s has as many cells of a type as
the expected share p_s says, rounded to whole cells by the largest remainders:

    n_sk  =  ⌊p_sk n_s⌋ or one more,   Σ_k n_sk = n_s.

Cells of a type there are too many of go over to one there are too few of, one at a time, where the
posterior c minds least: the cell and types of the largest ln c(to) - ln c(from). Then cells of a
spot swap types as neighbours and looks like best. Locked cells keep theirs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.methods.cell_typing._icm import descend

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._icm import Field

__all__ = ["kept_to_shares", "shares_of_candidates", "whole_cells"]

Codes = npt.NDArray[np.int16]

#: A chance is taken to be no smaller.
_LEAST = 1e-3


def kept_to_shares(
    field: Field,
    candidates: Candidates,
    codes: Codes,
    chance: npt.NDArray[np.floating],
    proportions: npt.NDArray[np.floating],
    nu: float,
) -> Codes:
    """Change as few labels as the shares need.

    Parameters
    ----------
    field, candidates
        The problem.
    codes
        (spot cell,) the likeliest labels as a whole.
    chance
        (spot cell, candidate) posterior.
    proportions
        (spot, type) expected shares.
    nu
        Smoothness, by which cells of a spot are placed.
    """
    wanted = whole_cells(proportions, np.diff(field.start), candidates)
    placed = codes.astype(np.int16)
    chances = np.log(np.maximum(chance, _LEAST))
    _go_over(placed, wanted, chances, field.held, field.start, candidates.start, candidates.codes)
    return descend(field, placed, nu, swaps_only=True).codes


def whole_cells(
    proportions: npt.NDArray[np.floating], n_cells: npt.NDArray[np.integer], candidates: Candidates
) -> npt.NDArray[np.int64]:
    """(entry of ``candidates``,) how many cells of the spot each of its candidates has.

    Parameters
    ----------
    proportions
        (spot, type), as in :func:`shares_of_candidates`.
    n_cells
        (spot,) number of cells.
    candidates
        Types of each spot.
    """
    per = np.diff(candidates.start)
    spot = np.repeat(np.arange(len(per)), per)
    exact = shares_of_candidates(proportions, candidates) * np.asarray(n_cells)[spot]
    whole = np.floor(exact + 1e-9).astype(np.int64)
    left = np.asarray(n_cells) - np.bincount(spot, whole, len(per)).astype(np.int64)
    order = np.lexsort((whole - exact, spot))  # within each spot, the largest remainder first
    rank = np.arange(len(spot)) - candidates.start[spot]
    whole[order] += rank < left[spot]
    return whole


def shares_of_candidates(
    proportions: npt.NDArray[np.floating], candidates: Candidates
) -> npt.NDArray[np.float64]:
    """(entry of ``candidates``,) share of the spot; those of a spot add up to 1.

    Parameters
    ----------
    proportions
        (spot, type); what a spot has of types that are no candidates is shared among those.
    candidates
        Types of each spot.
    """
    per = np.diff(candidates.start)
    spot = np.repeat(np.arange(len(per)), per)
    share = proportions[spot, candidates.codes].astype(np.float64) + 1e-12
    return np.asarray(share / np.bincount(spot, share, len(per))[spot])


@njit(cache=True, nogil=True)
def _go_over(codes, wanted, chances, locked, start, first, types):  # type: ignore[no-untyped-def]
    """Move cells of every spot from types with too many to types with too few."""
    for i in range(len(start) - 1):
        n, f = start[i + 1] - start[i], first[i]
        n_types = first[i + 1] - f
        at = np.zeros(n, np.int64)
        need = wanted[f : f + n_types].copy()
        for m in range(n):
            for c in range(n_types):
                if types[f + c] == codes[start[i] + m]:
                    at[m] = c
            need[at[m]] -= 1
        while True:
            best, cell, to = -math.inf, -1, -1
            for m in range(n):
                if need[at[m]] >= 0 or locked[start[i] + m]:
                    continue
                for c in range(n_types):
                    more = chances[start[i] + m, c] - chances[start[i] + m, at[m]]
                    if need[c] > 0 and more > best:
                        best, cell, to = more, m, c
            if cell < 0:
                break
            need[at[cell]] += 1
            need[to] -= 1
            at[cell] = to
            codes[start[i] + cell] = types[f + to]
