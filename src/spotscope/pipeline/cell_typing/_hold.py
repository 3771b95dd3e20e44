"""What the pathologist has said: types of nuclei that are known, and ν of regions.

It is kept in the record of the typing, by label, so that every answer after it (another ν, edited
nuclei, a session that is opened again) is found around it. Nuclei that are gone hold nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.model import MethodError, Region, TypeSource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spotscope.methods.cell_typing import CellTyping, FittedTyping
    from spotscope.model import Session, StarConvex, Task

__all__ = [
    "Held",
    "held_of",
    "hold",
    "labels_in",
    "lay_upon",
    "nu_of_cells",
    "same_region",
    "settle_held",
    "solve_held",
    "with_held",
]

_STEP, _KEY = "type", "held"


@dataclass(frozen=True, slots=True)
class Held:
    """What is given.

    Parameters
    ----------
    types
        Type by label of a nucleus.
    regions
        (region, ν): smoothness of the cells in it; where regions meet the later one counts.
    """

    types: Mapping[int, str] = field(default_factory=dict)
    regions: tuple[tuple[Region, float], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.types or self.regions)

    def of_region(self, region: Region, nu: float | None) -> Held:
        """The same, but a region (known by its corners) has ``nu``, or that of the section."""
        others = tuple(pair for pair in self.regions if not same_region(pair[0], region))
        return replace(self, regions=others if nu is None else (*others, (region, float(nu))))

    def to_json(self) -> dict[str, Any]:
        """As a plain dictionary."""
        return {
            "types": {str(label): name for label, name in self.types.items()},
            "regions": [
                {
                    "name": region.name,
                    "nu": nu,
                    "polygon_yx_um": region.polygon_yx_um.round(2).tolist(),
                }
                for region, nu in self.regions
            ],
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Held:
        """What :meth:`to_json` wrote."""
        regions = tuple(
            (Region(str(r["name"]), np.asarray(r["polygon_yx_um"], float)), float(r["nu"]))
            for r in said.get("regions", ())
        )
        return cls({int(k): str(v) for k, v in said.get("types", {}).items()}, regions)


def same_region(one: Region, other: Region) -> bool:
    """Whether two regions have the same corners, to a hundredth of a µm."""
    corners = one.polygon_yx_um.round(2), other.polygon_yx_um.round(2)
    return corners[0].shape == corners[1].shape and np.allclose(*corners, atol=0.011)


def held_of(session: Session) -> Held:
    """What has been said of a session's types."""
    record = session.records.get(_STEP)
    said = record.figures.get(_KEY) if record is not None else None
    return Held.from_json(said) if said else Held()


def labels_in(session: Session, regions: Sequence[Region]) -> tuple[int, ...]:
    """Labels of the nuclei whose centre lies in one of the regions.

    Raises
    ------
    MethodError
        If there is none.
    """
    nuclei = session.nuclei
    if nuclei is None:
        raise MethodError("Expected nuclei, found none; find nuclei and type them first.")
    inside = np.zeros(nuclei.n, bool)
    for region in regions:
        inside |= region.contains(nuclei.yx_um)
    if not inside.any():
        named = ", ".join(region.name for region in regions)
        raise MethodError(f"Expected nuclei in {named}, found none; give a region on the tissue.")
    return tuple(nuclei.label_id[inside].tolist())


def hold(
    session: Session,
    types: Mapping[int, str | None] | None = None,
    regions: Sequence[tuple[Region, float]] | None = None,
) -> Session:
    """Say which types some nuclei have, and how smooth some regions are; then call ``retype``.

    Parameters
    ----------
    session
        Typed.
    types
        Type by label, in addition to those said before; None lets a nucleus go.
    regions
        (region, ν), in place of those said before; None leaves them.

    Raises
    ------
    MethodError
        If a nucleus or a type is not of this session.
    """
    record = session.records.get(_STEP)
    if session.cells is None or session.nuclei is None or record is None:
        raise MethodError("Expected typed nuclei, found none; type cells before holding some.")
    before = held_of(session)
    now = dict(before.types)
    said = types or {}
    rows = session.nuclei.rows_of(np.fromiter(said, np.int64, len(said))).tolist()
    for (label, name), row in zip(said.items(), rows, strict=True):
        if row < 0:
            raise MethodError(
                f"Expected a nucleus of this session, found label {label}; it may be deleted."
            )
        if name is None:
            now.pop(label, None)
        elif name in session.cells.types:
            now[label] = name
        else:
            raise MethodError(
                f"Expected one of the types {', '.join(session.cells.types)}, found {name!r}; "
                "hold nuclei to a type of the reference."
            )
    held = Held(now, before.regions if regions is None else tuple(regions))
    records = {**session.records, _STEP: with_held(record, held)}
    return replace(session, records=records)


def with_held(record: Any, held: Held) -> Any:
    """A typing's record that says what is given."""
    figures = {key: value for key, value in record.figures.items() if key != _KEY}
    return replace(record, figures={**figures, _KEY: held.to_json()} if held else figures)


def solve_held(
    held: Held, fitted: FittedTyping, nuclei: StarConvex | None, nu: float
) -> CellTyping:
    """What the fit answers at once at ``nu``, for the nuclei it was made with, around the given."""
    return fitted.solve(nu, *_given(held, fitted, nuclei))


def settle_held(
    held: Held, fitted: FittedTyping, nuclei: StarConvex | None, nu: float
) -> Task[CellTyping]:
    """As :func:`solve_held`, by as long a search as the fit's parameters say."""
    return (yield from fitted.settle(nu, *_given(held, fitted, nuclei)))


def _given(
    held: Held, fitted: FittedTyping, nuclei: StarConvex | None
) -> tuple[dict[int, str] | None, npt.NDArray[np.float64] | None]:
    """Types by cell of the fit, and (cell,) ν of its own; None for nothing."""
    locks: dict[int, str] = {}
    if nuclei is not None and held.types:
        labels = np.fromiter(held.types, np.int64)
        rows = nuclei.rows_of(labels)
        names = held.types.values()
        found = zip(rows.tolist(), names, strict=True)
        locks = {row: name for row, name in found if row >= 0 and name in fitted.types}
    return locks or None, nu_of_cells(held, np.asarray(fitted.state.yx_um))


def nu_of_cells(held: Held, yx_um: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
    """(cell,) ν of cells in regions, NaN elsewhere; None where no region has its own."""
    if not held.regions:
        return None
    own = np.full(len(yx_um), np.nan)
    for region, nu in held.regions:
        own[region.contains(yx_um)] = nu
    return own


def lay_upon(held: Held, typing: CellTyping, nuclei: StarConvex | None) -> CellTyping:
    """The same answer with what is given upon it, for nuclei that came after the fit."""
    if nuclei is None or not held.types:
        return typing
    rows = nuclei.rows_of(np.fromiter(held.types, np.int64))
    names = list(held.types.values())
    known = [
        (row, typing.types.index(name))
        for row, name in zip(rows.tolist(), names, strict=True)
        if row >= 0 and name in typing.types
    ]
    if not known:
        return typing
    at, wanted = (np.array(column) for column in zip(*known, strict=True))
    codes, support, source = typing.codes.copy(), typing.support.copy(), typing.source.copy()
    codes[at], support[at] = wanted, 1.0
    source[at] = np.where(source[at] == str(TypeSource.NONE), str(TypeSource.SPOT), source[at])
    return replace(typing, codes=codes, support=support, source=source)
