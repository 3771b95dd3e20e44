"""One slice of several that were fitted together: asked alone, answered with all of them.

A question (ν, held types, corrected cells) is lifted to the stack of slices, answered there, and
the slice's part of the answer given back. Cells of the others listen and are listened to; nothing
of theirs is held, and what they come to is not shown.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._around import retype_around, rows_before, with_cells
from spotscope.methods.cell_typing._fitted import FittedTyping
from spotscope.methods.cell_typing._why import SpotReasons, why
from spotscope.model import run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.methods.cell_typing._result import CellTyping
    from spotscope.model import Task, Transform

__all__ = ["FittedSlice", "SlicePlace", "fit_of_slice", "part_of"]

Floats = npt.NDArray[np.float64]
Owner = npt.NDArray[np.int32]
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class SlicePlace:
    """Where a slice is in the stack.

    Parameters
    ----------
    cells, spots
        Its first one, and the first of the slice after it.
    onto
        From its own places to the stack's, in µm.
    depth_um
        How deep it lies.
    """

    cells: tuple[int, int]
    spots: tuple[int, int]
    onto: Transform
    depth_um: float

    def lifted(self, yx_um: Floats) -> Floats:
        """(..., 3) places in the stack, from (..., 2) of the slice's own."""
        deep = np.full((len(yx_um), 1), self.depth_um)
        return np.concatenate([deep, self.onto(yx_um)], axis=1)


def part_of(typing: CellTyping, place: SlicePlace) -> CellTyping:
    """A slice's part of an answer on the stack; energy and what ν flipped stay the whole's."""
    cells, spots = slice(*place.cells), slice(*place.spots)
    of_cells = ("codes", "source", "margin", "support")
    of_spots = ("weights", "proportions", "misfit")
    return replace(
        typing,
        **{name: getattr(typing, name)[cells] for name in of_cells},
        **{name: getattr(typing, name)[spots] for name in of_spots},
        whole=typing,
    )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FittedSlice(FittedTyping):
    """The fit of several slices, for questions of one; made by :func:`fit_of_slice`.

    Its ``state`` and ``free`` are the slice's own; all else it has from :class:`FittedTyping` is of
    all slices, where its answers come from.

    Parameters
    ----------
    whole
        The fit of all slices.
    place
        Where the slice is among them.
    """

    whole: FittedTyping
    place: SlicePlace

    def solve(
        self,
        nu: float,
        locks: Mapping[int, str | int] | None = None,
        nu_of: npt.NDArray[np.floating] | None = None,
    ) -> CellTyping:
        """Label all slices at ``nu``; the slice's part. As of a single section."""
        return part_of(self.whole.solve(nu, *self._lifted(locks, nu_of)), self.place)

    def settle(
        self,
        nu: float,
        locks: Mapping[int, str | int] | None = None,
        nu_of: npt.NDArray[np.floating] | None = None,
    ) -> Task[CellTyping]:
        """Label all slices as ``params.search`` says; the slice's part. As of a single section."""
        return part_of((yield from self.whole.settle(nu, *self._lifted(locks, nu_of))), self.place)

    def under(self, params: CellTypingParams) -> FittedSlice:
        """The same fit with these live parameters, of all slices."""
        whole = self.whole.under(params)
        state = replace(self.state, params=whole.state.params)
        return replace(self, state=state, whole=whole)

    def save(self, folder: Path) -> None:
        """Refuse: ``whole`` is what is kept, and what a slice's fit is made from again.

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("Expected the fit of all slices to be saved; save FittedSlice.whole.")

    def among_all(self, mine: npt.NDArray[Any], others: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Per cell of the stack: the slice's as given, all others as they are."""
        first, last = self.place.cells
        return np.concatenate([others[:first], mine, others[last:]])

    def owner_of_all(self, owner: Owner) -> Owner:
        """(cell of the stack,) spot of the stack, where the slice's cells have these spots."""
        mine = np.where(owner >= 0, owner + self.place.spots[0], -1)
        return np.asarray(self.among_all(mine, self.whole.state.owner), np.int32)

    def places_of_all(self, yx_um: Floats, old: Rows) -> Floats:
        """(cell of the stack, 3) places; cells that are still there stay to the last digit."""
        mine, before = self.place.lifted(yx_um), self.whole.state.yx_um
        mine[old >= 0] = before[self.place.cells[0] + old[old >= 0]]
        return np.asarray(self.among_all(mine, before), float)

    def place_with(self, n_cells: int) -> SlicePlace:
        """Where the slice is once it has so many cells."""
        first, _ = self.place.cells
        return replace(self.place, cells=(first, first + n_cells))

    def _lifted(
        self, locks: Mapping[int, str | int] | None, nu_of: npt.NDArray[np.floating] | None
    ) -> tuple[dict[int, str | int] | None, npt.NDArray[np.floating] | None]:
        """Held types and ν of its own cells, of all cells of the stack."""
        first, _ = self.place.cells
        given = None if locks is None else {first + cell: name for cell, name in locks.items()}
        if nu_of is not None:
            nu_of = self.among_all(nu_of, np.full(len(self.whole.state.owner), np.nan))
        return given, nu_of


def fit_of_slice(whole: FittedTyping, place: SlicePlace, yx_um: Floats) -> FittedSlice:
    """The fit of all slices, to be asked about one.

    Parameters
    ----------
    whole
        Of the stack.
    place
        The slice's.
    yx_um
        (cell, 2) its cells, in its own places.
    """
    state, cells, spots = whole.state, slice(*place.cells), slice(*place.spots)
    owner = state.owner[cells]
    part = replace(
        state,
        mixtures=state.mixtures.take(np.arange(*place.spots)),
        weights=state.weights[spots],
        expected=state.expected[spots],
        owner=np.where(owner >= 0, owner - place.spots[0], -1).astype(np.int32),
        yx_um=np.asarray(yx_um, float),
        looks=state.looks[cells],
    )
    of_spot = state.owner[state.spot_cells]
    free = whole.free[(of_spot >= place.spots[0]) & (of_spot < place.spots[1])]
    known = {name.name: getattr(whole, name.name) for name in fields(whole)}
    return FittedSlice(**{**known, "state": part, "free": free}, whole=whole, place=place)


@with_cells.register(FittedSlice)
def _(
    fitted: FittedSlice,
    owner: Owner,
    yx_um: Floats,
    *,
    looks: npt.NDArray[np.float32] | None = None,
    held: dict[int, int] | None = None,
) -> FittedSlice:
    """What all slices taught, for other cells of this one."""
    old = rows_before(fitted.state.yx_um, yx_um)
    everywhere = fitted.whole.state.looks
    if len(everywhere):
        if looks is None:
            looks = np.zeros((len(owner), everywhere.shape[1]), np.float32)
            looks[old >= 0] = fitted.state.looks[old[old >= 0]]
        everywhere = fitted.among_all(looks, everywhere)
    places = fitted.places_of_all(yx_um, old)
    first, _ = fitted.place.cells
    given = None if held is None else {first + cell: code for cell, code in held.items()}
    now = with_cells(fitted.whole, fitted.owner_of_all(owner), places, looks=everywhere, held=given)
    return fit_of_slice(now, fitted.place_with(len(owner)), yx_um)


@retype_around.register(FittedSlice)
def _(fitted: FittedSlice, base: CellTyping, owner: Owner, yx_um: Floats, old: Rows) -> CellTyping:
    """Types of a slice's cells as they are now, among those of the slices around it."""
    assert base.whole is not None
    first, _ = fitted.place.cells
    unchanged = np.arange(len(fitted.whole.state.owner))
    all_old = fitted.among_all(np.where(old >= 0, old + first, -1), unchanged)
    places = fitted.places_of_all(yx_um, old)
    found = retype_around(fitted.whole, base.whole, fitted.owner_of_all(owner), places, all_old)
    return part_of(found, fitted.place_with(len(owner)))


@why.register(FittedSlice)
def _(
    fitted: FittedSlice,
    codes: npt.NDArray[np.int16],
    support: npt.NDArray[np.floating],
    nu: float,
    spot: int,
) -> SpotReasons:
    """Why a spot of the slice has its types, with the cells of the other slices around it."""
    others = run(fitted.whole.settle(nu))
    own = fitted.among_all(codes, others.codes), fitted.among_all(support, others.support)
    told = why(fitted.whole, *own, nu, spot + fitted.place.spots[0])
    return replace(told, cells=told.cells - fitted.place.cells[0])
