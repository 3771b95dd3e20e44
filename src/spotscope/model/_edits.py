"""What a person corrects about the nuclei: records that can be replayed, undone and written down.

A record says where, not which number: it speaks of the nucleus that covers a place. So the same
records hold after the nuclei were found anew, with other thresholds, on another machine.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from spotscope.model._errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

__all__ = ["MOST_CELLS", "Edit", "EditKind", "EditLog", "EditMark"]

Point: TypeAlias = tuple[float, float]
#: In one spot; the widest there are (1 mm) hold some thousands. More is a slip of the keyboard.
MOST_CELLS = 10_000


class EditKind(StrEnum):
    """What is done."""

    DELETE = "delete"
    MERGE = "merge"
    SPLIT = "split"
    REDRAW = "redraw"
    ACCEPT = "accept"
    ERASE = "erase"  # every nucleus with its centre in a region, once
    EXCLUDE = "exclude"  # as erase, and the region is no tissue to count on: fold, pen, glass
    COUNT = "count"  # how many cells lie in a disc: the least sure go, or some are put there


class EditMark(IntEnum):
    """What was done to a nucleus that is there."""

    NONE = 0
    ACCEPTED = 1
    MERGED = 2
    SPLIT = 3
    REDRAWN = 4
    DRAWN = 5
    ESTIMATED = 6  # counted, not seen


#: Fewest places and corners of each kind.
_NEEDS = {
    EditKind.DELETE: (1, 0),
    EditKind.MERGE: (2, 0),
    EditKind.SPLIT: (1, 2),
    EditKind.REDRAW: (0, 3),
    EditKind.ACCEPT: (1, 3),
    EditKind.ERASE: (0, 3),
    EditKind.EXCLUDE: (0, 3),
    EditKind.COUNT: (1, 0),
}


@dataclass(frozen=True, slots=True)
class Edit:
    """One correction.

    Parameters
    ----------
    kind
        What is done.
    at_um
        (y, x) in µm, the centre of each nucleus it is done to. None for a redrawing that draws a
        nucleus where there was none, and for regions.
    path_um
        (y, x) in µm: two ends of the line that splits; the corners of the new outline, of the
        outline that was accepted, or of the region.
    note
        Why, in the user's words ("fold").
    counts, radius_um
        Of a count: at each place the number of cells in the disc of this radius about it.

    Raises
    ------
    ReadError
        If places, corners or counts are missing, or are no numbers.
    """

    kind: EditKind
    at_um: tuple[Point, ...] = ()
    path_um: tuple[Point, ...] = ()
    note: str = ""
    counts: tuple[int, ...] = ()
    radius_um: float = 0.0

    def __post_init__(self) -> None:
        places, corners = _NEEDS[self.kind]
        if len(self.at_um) < places or len(self.path_um) < corners:
            raise ReadError(
                f"Expected {places} nuclei and {corners} corners to {self.kind}, found "
                f"{len(self.at_um)} and {len(self.path_um)}; make the edit again."
            )
        if not np.isfinite([*self.at_um, *self.path_um]).all():
            raise ReadError(
                f"Expected places in µm to {self.kind} at, found one that is no number; "
                "make the edit again."
            )
        if self.kind is EditKind.COUNT:
            self._check_counts()

    def _check_counts(self) -> None:
        whole = all(0 <= n <= MOST_CELLS for n in self.counts)
        counted = len(self.counts) == len(self.at_um) and whole
        if not counted or not 0 < self.radius_um < np.inf:
            raise ReadError(
                f"Expected a number of cells, 0 to {MOST_CELLS:,}, for each of {len(self.at_um)} "
                f"discs of a radius above 0 µm, found {len(self.counts)} numbers from "
                f"{min(self.counts, default=0):,} to {max(self.counts, default=0):,} and "
                f"{self.radius_um:g} µm; make the edit again."
            )

    @classmethod
    def of(
        cls,
        kind: EditKind,
        at_um: npt.ArrayLike = (),
        path_um: npt.ArrayLike = (),
        note: str = "",
        *,
        counts: Iterable[int] = (),
        radius_um: float = 0.0,
    ) -> Edit:
        """Make a record from arrays (point, 2), and (point,) counts."""
        whole = tuple(int(n) for n in counts)
        return cls(kind, _points(at_um), _points(path_um), note, whole, round(float(radius_um), 3))

    def to_json(self) -> dict[str, Any]:
        """As plain lists; places to a nanometre, as they are compared."""
        out: dict[str, Any] = {"edit": str(self.kind)}
        if self.at_um:
            out["at_um"] = [list(point) for point in self.at_um]
        if self.path_um:
            out["path_um"] = [list(point) for point in self.path_um]
        if self.note:
            out["note"] = self.note
        if self.counts:
            out |= {"counts": list(self.counts), "radius_um": self.radius_um}
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Edit:
        """The inverse of :meth:`to_json`.

        Raises
        ------
        ReadError
            If it is no such record.
        """
        try:
            kind = EditKind(data["edit"])
            return cls.of(
                kind,
                data.get("at_um", ()),
                data.get("path_um", ()),
                str(data.get("note", "")),
                counts=data.get("counts", ()),
                radius_um=data.get("radius_um", 0.0),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise ReadError(
                f"Expected an edit ({', '.join(EditKind)}) with its places in µm, found "
                f"{str(data)[:80]!r}; give edits as spotscope wrote them."
            ) from err


@dataclass(frozen=True, slots=True)
class EditLog:
    """Corrections in the order they were made, and those taken back, the last one first to return.

    Parameters
    ----------
    done
        In force.
    undone
        Taken back; a new correction forgets them.
    """

    done: tuple[Edit, ...] = ()
    undone: tuple[Edit, ...] = ()

    def add(self, *edits: Edit) -> EditLog:
        """The log with more corrections."""
        return EditLog((*self.done, *edits))

    def undo(self) -> EditLog:
        """The log without its last correction; itself where there is none."""
        if not self.done:
            return self
        return EditLog(self.done[:-1], (*self.undone, self.done[-1]))

    def redo(self) -> EditLog:
        """The log with the correction that was taken back last; itself where there is none."""
        if not self.undone:
            return self
        return EditLog((*self.done, self.undone[-1]), self.undone[:-1])

    @property
    def excluded(self) -> tuple[Edit, ...]:
        """The regions that are not to be counted on."""
        return tuple(edit for edit in self.done if edit.kind is EditKind.EXCLUDE)

    def to_json(self) -> dict[str, Any]:
        """As plain dictionaries and lists."""
        return {
            "done": [edit.to_json() for edit in self.done],
            "undone": [edit.to_json() for edit in self.undone],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> EditLog:
        """The inverse of :meth:`to_json`.

        Raises
        ------
        ReadError
            If a record in it is none.
        """
        return replace(
            cls(), done=_edits(data.get("done", ())), undone=_edits(data.get("undone", ()))
        )


def _edits(records: Iterable[Mapping[str, Any]]) -> tuple[Edit, ...]:
    return tuple(Edit.from_json(record) for record in records)


def _points(points: npt.ArrayLike) -> tuple[Point, ...]:
    found = np.asarray(points, float).reshape(-1, 2)
    # a nanometre is as fine as a place needs to be, and reads the same after JSON
    return tuple((round(float(y), 3), round(float(x), 3)) for y, x in found)
