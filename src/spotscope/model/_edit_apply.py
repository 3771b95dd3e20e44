"""Edits laid upon nuclei: a pure function, so that undoing is applying one edit less."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model._edit_count import recount
from spotscope.model._edit_shapes import (
    centroid,
    cut,
    heart,
    holds,
    polygon_area,
    recast,
)
from spotscope.model._edits import Edit, EditKind, EditMark
from spotscope.model._estimated import is_estimated
from spotscope.model._region import Region
from spotscope.model._star_convex import StarConvex

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Edited", "apply_edits"]

Floats = npt.NDArray[np.float64]
#: Parts of a split smaller than this are a slip of the hand, in µm².
_LEAST_PART_UM2 = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """Nuclei after edits.

    Parameters
    ----------
    outlines
        The nuclei; untouched ones have the label they had, new ones labels never used before.
    marks
        (nucleus,) uint8 :class:`EditMark`: what was done to it last.
    missed
        A sentence for every edit that could not be made on these nuclei.
    """

    outlines: StarConvex
    marks: npt.NDArray[np.uint8]
    missed: tuple[str, ...] = ()


def apply_edits(
    found: StarConvex, edits: Iterable[Edit], within: tuple[float, float] | None = None
) -> Edited:
    """Lay edits upon nuclei, in order.

    Parameters
    ----------
    found
        As the segmentation found them; not changed.
    edits
        What was corrected.
    within
        (y, x) size of the slide in µm; a nucleus drawn beyond it is left out, and said.

    Returns
    -------
    The nuclei by rising label. Merged nuclei keep the smallest of their labels, the larger part of
    a split keeps its own; a nucleus that was drawn has the probability 1, parts have their
    parent's, a merged one that of its surest part. What others marked nuclei as stays: parts have
    their parent's class, a merged nucleus that of its largest marked part, a new one none.
    """
    edits = tuple(edits)
    if not edits:
        return Edited(found, _first_marks(found))
    sheet = _Sheet(found, within)
    missed = [said for edit in edits if (said := sheet.take(edit))]
    return Edited(*sheet.result(), tuple(missed))


class _Sheet:
    """The nuclei while edits are laid upon them: what changes is kept beside what was found."""

    def __init__(self, found: StarConvex, within: tuple[float, float] | None) -> None:
        self._found = found
        self._size = np.full(2, np.inf) if within is None else np.array(within)
        self._yx = found.yx_um.copy()
        self._alive = np.ones(found.n, bool)
        self._mark = _first_marks(found)
        self._label = found.label_id.copy()
        self._class = _first_classes(found)
        self._next = found.last_label + 1
        self._drawn: dict[int, tuple[npt.NDArray[np.float32], float]] = {}
        self._do = {
            EditKind.DELETE: self._delete,
            EditKind.MERGE: self._merge,
            EditKind.SPLIT: self._split,
            EditKind.REDRAW: self._redraw,
            EditKind.ACCEPT: self._accept,
            EditKind.ERASE: self._erase,
            EditKind.EXCLUDE: self._erase,
            EditKind.COUNT: self._count,
        }

    def take(self, edit: Edit) -> str:
        """Lay one edit upon the nuclei; a sentence if that is not possible."""
        return self._do[edit.kind](edit)

    def result(self) -> tuple[StarConvex, npt.NDArray[np.uint8]]:
        rows = np.flatnonzero(self._alive)
        n = self._found.n
        radii = np.empty((len(rows), self._found.n_rays), np.float32)
        probability = np.empty(len(rows), np.float32)
        old = rows < n
        radii[old] = self._found.radii_um[rows[old]]
        probability[old] = self._found.probability[rows[old]]
        place = {int(row): i for i, row in enumerate(rows)} if self._drawn else {}
        for row, (rays, sure) in self._drawn.items():
            if row in place:
                radii[place[row]], probability[place[row]] = rays, sure
        known = self._found.classes
        classes = None if known is None else replace(known, codes=self._class[rows])
        outlines = StarConvex(self._yx[rows], radii, probability, self._label[rows], classes)
        return outlines, self._mark[rows]

    # one method an edit ---------------------------------------------------------------------

    def _delete(self, edit: Edit) -> str:
        for place in edit.at_um:
            row = self._at(place)
            if row is not None:
                self._alive[row] = False
        return ""

    def _merge(self, edit: Edit) -> str:
        rows = [row for place in edit.at_um if (row := self._at(place)) is not None]
        rows = list(dict.fromkeys(rows))
        if len(rows) < 2:
            return _missing("two nuclei to merge", edit.at_um[0])
        polygons = [self._polygon(row) for row in rows]
        area = np.array([polygon_area(corners) for corners in polygons])
        centre = np.average([centroid(corners) for corners in polygons], axis=0, weights=area)
        sure = float(np.fmax.reduce([self._probability(row) for row in rows]))
        keep = min(rows)
        by_size = [rows[i] for i in np.argsort(-area, kind="stable")]
        marked = [self._class[row] for row in by_size if self._class[row] >= 0]
        self._class[keep] = marked[0] if marked else -1
        self._draw(keep, centre, polygons, sure, EditMark.MERGED)
        self._alive[[row for row in rows if row != keep]] = False
        return ""

    def _split(self, edit: Edit) -> str:
        row = self._at(edit.at_um[0])
        if row is None:
            return _missing("a nucleus to split", edit.at_um[0])
        line = np.array(edit.path_um[:2])
        parts = [part for part in cut(self._polygon(row), line[0], line[1]) if len(part) >= 3]
        parts = [part for part in parts if polygon_area(part) >= _LEAST_PART_UM2]
        if len(parts) < 2:
            return _missing("a line through a nucleus", edit.at_um[0])
        parts.sort(key=polygon_area, reverse=True)
        sure = self._probability(row)
        self._draw(row, centroid(parts[0]), parts[:1], sure, EditMark.SPLIT)
        other = self._add()
        self._class[other] = self._class[row]
        self._draw(other, centroid(parts[1]), parts[1:], sure, EditMark.SPLIT)
        return ""

    def _redraw(self, edit: Edit) -> str:
        corners = np.array(edit.path_um)
        if polygon_area(corners) < _LEAST_PART_UM2:
            return _missing("an outline with an area", edit.path_um[0])
        centre = heart(corners)
        if (centre < 0).any() or (centre >= self._size).any():
            return _missing("an outline on the slide", edit.path_um[0])
        row = self._at(edit.at_um[0]) if edit.at_um else None
        mark = EditMark.DRAWN if row is None else EditMark.REDRAWN
        row = self._add() if row is None else row
        self._draw(row, centre, [corners], 1.0, mark)
        return ""

    def _accept(self, edit: Edit) -> str:
        row = self._at(edit.at_um[0])
        if row is None:  # what was found since does not have it: a person said that it is there
            row = self._add()
            self._draw(row, np.array(edit.at_um[0]), [np.array(edit.path_um)], 1.0, EditMark.NONE)
        self._mark[row] = EditMark.ACCEPTED
        return ""

    def _erase(self, edit: Edit) -> str:
        inside = Region(edit.kind, np.array(edit.path_um)).contains(self._yx)
        self._alive &= ~inside
        return ""

    def _count(self, edit: Edit) -> str:
        rows = np.flatnonzero(self._alive)
        told = recount(*self.result(), edit)
        self._alive[rows[told.gone]] = False
        first, n_rays = len(self._yx), self._found.n_rays
        self._append(told.yx_um, EditMark.ESTIMATED)
        for i, radius in enumerate(told.radius_um):
            self._drawn[first + i] = np.full(n_rays, radius, np.float32), np.nan
        return ""

    # what they share ------------------------------------------------------------------------

    def _at(self, place: tuple[float, float]) -> int | None:
        """The nucleus with the nearest centre, if it covers the place."""
        far = np.where(self._alive, ((self._yx - place) ** 2).sum(axis=1), np.inf)
        if not len(far) or not np.isfinite(far.min()):
            return None
        row = int(far.argmin())
        there = far[row] < 1e-3 or holds(self._polygon(row), np.array(place))
        return row if there else None

    def _polygon(self, row: int) -> Floats:
        rays = self._drawn[row][0] if row in self._drawn else self._found.radii_um[row]
        one = StarConvex(self._yx[row : row + 1], rays[None], np.ones(1, np.float32))
        return np.asarray(one.polygons()[0])

    def _probability(self, row: int) -> float:
        return self._drawn[row][1] if row in self._drawn else float(self._found.probability[row])

    def _add(self) -> int:
        """A new row, under a label never used before."""
        self._append(np.zeros((1, 2)), EditMark.NONE)
        return len(self._yx) - 1

    def _append(self, yx_um: Floats, mark: EditMark) -> None:
        n = len(yx_um)
        self._yx = np.concatenate([self._yx, yx_um])
        self._alive = np.append(self._alive, np.ones(n, bool))
        self._mark = np.append(self._mark, np.full(n, mark, np.uint8))
        labels = np.arange(self._next, self._next + n, dtype=np.uint32)
        self._label = np.append(self._label, labels)
        self._class = np.append(self._class, np.full(n, -1, np.int32))
        self._next += n

    def _draw(
        self, row: int, centre: Floats, polygons: list[Floats], sure: float, mark: EditMark
    ) -> None:
        rays = recast(centre, polygons, self._found.n_rays)
        self._drawn[row] = rays, sure
        self._yx[row] = centre
        self._mark[row] = mark


def _first_marks(found: StarConvex) -> npt.NDArray[np.uint8]:
    return np.where(is_estimated(found), EditMark.ESTIMATED, EditMark.NONE).astype(np.uint8)


def _first_classes(found: StarConvex) -> npt.NDArray[np.int32]:
    return np.full(found.n, -1, np.int32) if found.classes is None else found.classes.codes.copy()


def _missing(what: str, place: tuple[float, float]) -> str:
    y, x = place
    return f"Expected {what} at ({y:,.0f}, {x:,.0f}) µm, found none; the edit was left out."
