"""The answer for the cells asked for, as it fills: some spots at a time, one tier after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.expression._allocate import draw_counts, largest_remainder
from spotscope.methods.expression._between import lean
from spotscope.methods.expression._gaussian import straight_rates
from spotscope.methods.expression._result import CellExpression
from spotscope.methods.expression._who import exchanged, who_is_who

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.methods.expression._describe import Described
    from spotscope.methods.expression._evidence import Evidence
    from spotscope.methods.expression._gaussian import GaussianCells
    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.methods.expression._unseen import Unseen

__all__ = ["CHUNK", "Answer"]

Ints = npt.NDArray[np.int64]

#: Numbers in one working array: keeps a stop within about a tenth of a second.
CHUNK = 1 << 19


@dataclass(slots=True, eq=False)
class Answer:
    """The answer as it fills.

    Parameters
    ----------
    evidence
        What is known of the section.
    cells, row
        (row,) cells asked for, and (cell,) their rows, -1 of others.
    mean, sd, explained
        (row, gene).
    assigned
        Whole counts so far: rows, genes and numbers.
    unseen
        What is expected of cells that no spot sees; None where they are not asked for.
    """

    evidence: Evidence
    cells: Ints
    row: Ints
    mean: npt.NDArray[np.float32]
    sd: npt.NDArray[np.float32]
    explained: npt.NDArray[np.float32]
    assigned: list[tuple[Ints, Ints, npt.NDArray[np.int32]]]
    unseen: Unseen | None

    @classmethod
    def blank(cls, evidence: Evidence, asked: Ints, unseen: Unseen | None) -> Answer:
        """Rows for the cells asked for; those that no spot sees have their prior."""
        place = evidence.arrangement
        member = np.zeros(len(place.home), bool)
        for first, last in zip(place.start[asked], place.start[asked + 1], strict=True):
            member[place.cells[first:last]] = True
        inside = member.copy()
        if unseen is not None:
            member |= place.home < 0
            member |= evidence.codes < 0
        cells = np.flatnonzero(member)
        row = np.full(len(member), -1, np.int64)
        row[cells] = np.arange(len(cells))
        shape = (len(cells), len(evidence.wanted))
        mean, sd, explained = (np.zeros(shape, np.float32) for _ in range(3))
        if unseen is not None:
            for some in _parts(np.flatnonzero(member & ~inside), evidence):
                mean[row[some]], sd[row[some]] = unseen.describe(some)
        return cls(evidence, cells, row, mean, sd, explained, [], unseen)

    def anew(self) -> Answer:
        """Return a copy to be filled by the next tier, beginning as this one ended."""
        arrays = (self.mean.copy(), self.sd.copy(), self.explained.copy())
        return Answer(self.evidence, self.cells, self.row, *arrays, [], self.unseen)

    def lean(self, closed: GaussianCells, yx_um: npt.NDArray[np.float64]) -> None:
        """Let cells that no spot sees follow those of their type around them."""
        e, unseen = self.evidence, self.unseen
        assert unseen is not None, "cells that no spot sees were not asked for"
        home, codes = e.arrangement.home, np.asarray(e.codes)
        inside = np.flatnonzero(np.isfinite(closed.known[:, 0]))
        between = np.flatnonzero((home < 0) & (codes >= 0))
        spread = np.sqrt(closed.factors.spread)
        z = closed.known[inside] / spread[codes[inside]]
        found = lean(z, yx_um[inside], codes[inside], home[inside], yx_um[between], codes[between])
        way = np.zeros((len(codes), found.shape[1]), np.float32)
        way[between] = found * spread[codes[between]]
        for some in _parts(between, e):
            there = way[some] @ closed.wanted.matrix.T
            ratio = straight_rates(np.ones(there.shape, np.float32), there)
            rows = self.row[some]
            self.mean[rows], self.sd[rows] = unseen.describe(some, ratio)

    def add(
        self, spots: Ints, cells: Ints, found: Described, params: ExpressionParams, seed: int
    ) -> None:
        """Take what a tier found of the cells (b, m) of spots (b,), and give out their counts."""
        rows, e = self.row[cells], self.evidence
        if e.support is not None:
            found = exchanged(found, who_is_who(e.codes[cells], e.support[cells]))
        self.mean[rows], self.sd[rows] = found.mean, found.sd
        self.explained[rows] = found.explained
        seen = np.flatnonzero(e.column >= 0)
        counts = e.counts[spots].toarray()[:, e.column[seen]]
        shares = found.shares[:, :, seen]
        if params.allocation == "remainder":
            whole = largest_remainder(counts, shares)
        else:
            whole = np.stack(
                [
                    draw_counts(y, share, np.random.default_rng([seed, spot]))
                    for y, share, spot in zip(counts, shares, spots, strict=True)
                ]
            )
        spot, cell, gene = np.nonzero(whole)
        self.assigned.append((rows[spot, cell], seen[gene], whole[spot, cell, gene]))

    def finish(self, method: str) -> CellExpression:
        """Return what is there, as this tier's."""
        e = self.evidence
        shape = (len(self.cells), len(e.wanted))
        parts = self.assigned or [(np.zeros(0, int), np.zeros(0, int), np.zeros(0, np.int32))]
        row, gene, value = (np.concatenate(part) for part in zip(*parts, strict=True))
        assigned = sp.csr_matrix((value.astype(np.int32), (row, gene)), shape=shape)
        assigned.sort_indices()
        names = tuple(e.fitted.gene_names[g] for g in e.wanted)
        outside = (e.arrangement.home[self.cells] < 0) | (e.codes[self.cells] < 0)
        return CellExpression(
            self.cells,
            names,
            self.mean,
            self.sd,
            assigned,
            self.explained,
            outside,
            method,
            (e.note, *e.fitted.notes),
        )


def _parts(cells: Ints, evidence: Evidence) -> Iterator[Ints]:
    """Cells, not too many at once."""
    at_once = max(1, CHUNK // len(evidence.wanted))
    for first in range(0, len(cells), at_once):
        yield cells[first : first + at_once]
