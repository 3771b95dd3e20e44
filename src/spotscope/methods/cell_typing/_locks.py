"""Types that are given: a cell locked to a type keeps it, and the others are labelled around it.

A lock is a unary energy of infinity on all other types, so no move touches the cell. A type that a
spot did not consider becomes one of its candidates when a cell of it is locked to that type.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._candidates import Candidates
from spotscope.methods.cell_typing._state import State, compositions_of
from spotscope.model import MethodError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.methods.cell_typing._icm import Field
    from spotscope.methods.cell_typing._result import CellTyping

__all__ = ["Locks", "lock_cells", "with_locks"]


class Locks(NamedTuple):
    """(lock,) cells and types given, and the problem they leave.

    Parameters
    ----------
    cells, codes
        (lock,) cells, and their types.
    field, candidates
        Of the spots, the locked cells held.
    """

    cells: npt.NDArray[np.int64]
    codes: npt.NDArray[np.int64]
    field: Field
    candidates: Candidates

    def start(self, codes: npt.NDArray[np.int16], state: State) -> npt.NDArray[np.int16]:
        """(spot cell,) labels with the locked ones as given."""
        whole = np.full(len(state.owner), -1, np.int16)
        whole[state.spot_cells] = codes
        whole[self.cells] = self.codes
        return whole[state.spot_cells]


def lock_cells(
    state: State, field: Field, candidates: Candidates, given: Mapping[int, str | int]
) -> Locks:
    """Hold cells at their types.

    Parameters
    ----------
    state, field, candidates
        Of a fit.
    given
        Type, by name or number, of cells by number.

    Raises
    ------
    MethodError
        If there is no such cell, or no such type.
    """
    cells = np.array(list(given), np.int64)
    codes = np.array([_code(state, wanted) for wanted in given.values()], np.int64)
    n = len(state.owner)
    if not given:
        return Locks(cells, codes, field, candidates)
    if not ((cells >= 0) & (cells < n)).all():
        raise MethodError(
            f"Expected cells from 0 to {n - 1:,}, found a lock on cell "
            f"{int(cells[(cells < 0) | (cells >= n)][0]):,}; lock a cell of this sample."
        )
    wider = _with_types(candidates, state.owner[cells], codes)
    held = np.zeros(n, np.bool_)
    held[cells] = True
    compositions = field.compositions if wider is candidates else compositions_of(state, wider)
    locked = held[state.spot_cells]
    return Locks(cells, codes, replace(field, compositions=compositions, locked=locked), wider)


def with_locks(typing: CellTyping, locks: Locks) -> CellTyping:
    """The answer, sure of what was given; cells between spots too."""
    codes, support = typing.codes.copy(), typing.support.copy()
    codes[locks.cells], support[locks.cells] = locks.codes, 1.0
    return replace(typing, codes=codes, support=support)


def _code(state: State, wanted: str | int) -> int:
    found = state.types.index(wanted) if wanted in state.types else wanted
    if isinstance(found, str) or not 0 <= found < len(state.types):
        raise MethodError(
            f"Expected one of the types {', '.join(state.types)}, found a lock on {wanted!r}; "
            "lock cells to a type of the reference."
        )
    return int(found)


def _with_types(
    candidates: Candidates, spots: npt.NDArray[np.int32], codes: npt.NDArray[np.int64]
) -> Candidates:
    """Candidates that include a type in each of these spots; the same object if they did."""
    per = np.diff(candidates.start)
    n_types = int(max(candidates.codes.max(initial=-1), codes.max(initial=-1))) + 1
    there = np.zeros((len(per), n_types), bool)
    there[np.repeat(np.arange(len(per)), per), candidates.codes] = True
    inside = spots >= 0
    wanted = zip(spots[inside].tolist(), codes[inside].tolist(), strict=True)
    lacking = ~there[spots[inside], codes[inside]]
    missing = sorted({pair for pair, lacks in zip(wanted, lacking, strict=True) if lacks})
    if not missing:
        return candidates
    at = candidates.start[[spot + 1 for spot, _ in missing]]
    more = np.bincount([spot for spot, _ in missing], minlength=len(per))
    start = np.concatenate([[0], np.cumsum(per + more)])
    return Candidates(start, np.insert(candidates.codes, at, [code for _, code in missing]))
