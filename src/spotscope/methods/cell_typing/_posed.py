"""One question to a fit: a smoothness, types that are given, and the quick way to its labels."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._icm import Field, Solution, descend
from spotscope.methods.cell_typing._locks import Locks, lock_cells
from spotscope.methods.cell_typing._state import State, argmax_start
from spotscope.model import MethodError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.methods.cell_typing._candidates import Candidates

__all__ = ["Posed", "lower_of_two", "pose"]


class Posed(NamedTuple):
    """What is to be solved.

    Parameters
    ----------
    asked, nu
        The smoothness asked for, and the largest of any cell: the edges of others weigh less.
    given
        Types that are given, and the problem they leave.
    """

    asked: float
    nu: float
    given: Locks

    @property
    def field(self) -> Field:
        """The problem."""
        return self.given.field

    @property
    def candidates(self) -> Candidates:
        """Types of its spots."""
        return self.given.candidates


def pose(
    state: State,
    field: Field,
    candidates: Candidates,
    nu: float,
    locks: Mapping[int, str | int],
    nu_of: npt.NDArray[np.floating] | None,
) -> Posed:
    """Set a question up.

    Parameters
    ----------
    state, field, candidates
        Of a fit.
    nu, locks, nu_of
        As of :meth:`FittedTyping.solve`.

    Raises
    ------
    MethodError
        As :meth:`FittedTyping.solve`.
    """
    asked = used = float(nu)  # a whole number would be compiled for anew
    if nu_of is not None:
        used, field = _own_smoothness(field, state, asked, nu_of)
    return Posed(asked, used, lock_cells(state, field, candidates, locks))


def lower_of_two(posed: Posed, state: State, free: npt.NDArray[np.int16]) -> Solution:
    """The lower of the ways down from the labels at ν = 0 and from each spot's heaviest type."""
    field, nu = posed.field, posed.nu
    starts = [free] if nu == 0 else [free, argmax_start(state, posed.candidates)]
    starts = [posed.given.start(start, state) for start in starts]
    # both ways down are gone at once, unless they would jostle over what is remembered
    with ThreadPoolExecutor(len(starts) if field.compositions.shareable else 1) as pool:
        found = list(pool.map(lambda start: descend(field, start, nu), starts))
    return min(found, key=lambda solution: solution.energy)


def _own_smoothness(
    field_: Field, state: State, nu: float, nu_of: npt.NDArray[np.floating]
) -> tuple[float, Field]:
    """The largest smoothness of any cell, and the field whose edges weigh accordingly less."""
    wanted = np.asarray(nu_of, float)
    if wanted.shape != state.owner.shape or (wanted < 0).any():
        raise MethodError(
            f"Expected a smoothness of 0 or more (or NaN) for each of {len(state.owner):,} cells, "
            f"found an array of shape {wanted.shape}; give one for every cell."
        )
    each = np.where(np.isnan(wanted), nu, wanted)[state.spot_cells]
    most = float(each.max(initial=nu))
    graph = field_.graph
    one = np.repeat(np.arange(len(each)), np.diff(graph.start))
    share = (each[one] + each[graph.other]) / max(2 * most, 1e-300)
    return most, replace(field_, graph=graph._replace(weight=graph.weight * share))
