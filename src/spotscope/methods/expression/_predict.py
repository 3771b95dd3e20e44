"""Spots come apart into cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.expression._allocate import draw_counts, largest_remainder
from spotscope.methods.expression._baseline import split_cells
from spotscope.methods.expression._between import lean
from spotscope.methods.expression._check import cell_problems, memory_problems, support_problems
from spotscope.methods.expression._evidence import gather, wanted_genes
from spotscope.methods.expression._gaussian import GaussianCells, straight_rates
from spotscope.methods.expression._result import CellExpression
from spotscope.methods.expression._who import exchanged, who_is_who
from spotscope.model import MethodError, Progress, as_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from spotscope.methods.expression._describe import Described
    from spotscope.methods.expression._evidence import Evidence
    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.model import Membership, Rng, Spots, Task

__all__ = ["predict"]

Ints = npt.NDArray[np.int64]

#: Numbers in one working array: keeps a stop within about a tenth of a second.
_CHUNK = 1 << 19
_MOST_BYTES = 16 << 30
_PREVIEWS = 8
_STAGES = {
    "split": "splitting counts",
    "gaussian": "inferring cells",
    "score": "drawing cells",
}


def predict(
    fitted: FittedExpression,
    spots: Spots,
    codes: npt.NDArray[np.integer],
    membership: Membership,
    params: ExpressionParams,
    *,
    spots_wanted: npt.ArrayLike | None = None,
    genes: Sequence[str] | None = None,
    platform: Mapping[str, float] | npt.ArrayLike | None = None,
    split: CellExpression | None = None,
    yx_um: npt.NDArray[np.floating] | None = None,
    support: npt.ArrayLike | None = None,
    rng: Rng = None,
    device: str = "cpu",
) -> Task[CellExpression]:
    """Infer what every cell expresses.

    Depths, effects of genes and noise are those of the whole section, so a region is answered
    exactly as it would be within the whole. The first progress report carries the split.

    Parameters
    ----------
    fitted
        Learned from the reference.
    spots
        Raw counts.
    codes
        (cell,) types, an index into ``fitted.type_names``; -1 where unknown.
    membership
        Which cell lies in which spot.
    params
        Of this answer.
    spots_wanted
        Numbers of spots; all by default, and then also the cells that no spot sees.
    genes
        Names of the genes to return; all by default. All shared genes are evidence anyhow.
    platform
        Effects of the spots' platform by gene name, or (gene,); estimated by default.
    split
        The split of the same cells, where it is there already.
    yx_um
        (cell, 2) places: those that no spot sees then lean to cells of their type around them;
        without places they are as their type is.
    support
        (cell,) probability of each cell's type, by which nuclei of a spot are averaged where
        ``params.who`` asks for it; NaN and None count as certain.
    rng
        Of samples and drawn counts.
    device
        Where a network computes.

    Raises
    ------
    MethodError
        If an input stands in the way; the message says what to do.
    """
    codes = np.asarray(codes)
    _stop(fitted, spots, codes, membership, params, genes, support)
    yield Progress("comparing depths", 0, 1)
    evidence = gather(fitted, spots.table, codes, membership, params, genes, platform, support)
    every = np.arange(spots.n)
    asked = every if spots_wanted is None else np.unique(np.asarray(spots_wanted, np.int64))
    outside = spots_wanted is None
    seed = int(as_rng(rng).integers(2**63))
    total = int(evidence.arrangement.n_cells[asked].sum())
    if split is None or params.method == "split":
        answer, cells_of = _Answer.blank(evidence, asked, outside), split_cells(evidence)
        split = yield from _tier(answer, asked, cells_of, "split", params, seed, total)
    if params.method == "split":
        return split
    yield Progress("splitting counts", total, total, preview=split)
    answer = _Answer.blank(evidence, asked, outside)
    closed = GaussianCells(evidence)
    second = yield from _tier(answer, asked, closed, "gaussian", params, seed, total)
    if outside and yx_um is not None:
        answer.lean(closed, np.asarray(yx_um, float))  # into the arrays of ``second``
    if params.method == "gaussian":
        return second
    yield Progress("inferring cells", total, total, preview=second)

    from spotscope.methods.expression._sample import ScoreCells

    sampled = ScoreCells(evidence, params, seed, device)
    return (yield from _tier(answer.anew(), asked, sampled, "score", params, seed, total))


def _stop(
    fitted: FittedExpression,
    spots: Spots,
    codes: npt.NDArray[np.integer],
    membership: Membership,
    params: ExpressionParams,
    genes: Sequence[str] | None,
    support: npt.ArrayLike | None,
) -> None:
    for problem in (
        *cell_problems(spots.n, codes, membership, len(fitted.type_names)),
        *support_problems(len(codes), support),
        *memory_problems(len(codes), len(wanted_genes(fitted, genes)), _MOST_BYTES),
    ):
        if problem.fatal:
            raise MethodError(problem.message)
    if params.method not in fitted.methods:
        raise MethodError(
            f"Expected a fit that knows the method {params.method!r}, found one that knows "
            f"{', '.join(fitted.methods)}; learn from the reference with this method."
        )


def _tier(
    answer: _Answer,
    asked: Ints,
    cells: Callable[[Ints, Ints], Described],
    method: str,
    params: ExpressionParams,
    seed: int,
    total: int,
) -> Task[CellExpression]:
    """Ask one tier, some spots at a time."""
    stage = _STAGES[method]
    evidence = answer.evidence
    done = 0
    width = max(len(evidence.wanted), len(evidence.shared))
    yield Progress(stage, 0, total)
    for some, members in evidence.arrangement.groups(asked, max(1, _CHUNK // width)):
        answer.add(some, members, cells(some, members), params, seed)
        before, done = done, done + members.size
        shown = None
        if method == "score" and _PREVIEWS * done // total > _PREVIEWS * before // total:
            # slow enough to be watched: what is drawn so far, the rest as it was
            shown = replace(answer.anew().finish(method), assigned=None)
        yield Progress(stage, done, total, preview=shown)
    return answer.finish(method)


@dataclass(slots=True, eq=False)
class _Answer:
    """The answer as it fills."""

    evidence: Evidence
    cells: Ints
    row: Ints
    mean: npt.NDArray[np.float32]
    sd: npt.NDArray[np.float32]
    explained: npt.NDArray[np.float32]
    assigned: list[tuple[Ints, Ints, npt.NDArray[np.int32]]]

    @classmethod
    def blank(cls, evidence: Evidence, asked: Ints, outside: bool) -> _Answer:
        """Rows for the cells asked for; those that no spot sees have their prior."""
        place = evidence.arrangement
        member = np.zeros(len(place.home), bool)
        for first, last in zip(place.start[asked], place.start[asked + 1], strict=True):
            member[place.cells[first:last]] = True
        inside = member.copy()
        if outside:
            member |= place.home < 0
            member |= evidence.codes < 0
        cells = np.flatnonzero(member)
        row = np.full(len(member), -1, np.int64)
        row[cells] = np.arange(len(cells))
        shape = (len(cells), len(evidence.wanted))
        mean, sd, explained = (np.zeros(shape, np.float32) for _ in range(3))
        made = cls(evidence, cells, row, mean, sd, explained, [])
        made._fill_prior(np.flatnonzero(member & ~inside))
        return made

    def anew(self) -> _Answer:
        """Return a copy to be filled by the next tier, beginning as this one ended."""
        arrays = (self.mean.copy(), self.sd.copy(), self.explained.copy())
        return _Answer(self.evidence, self.cells, self.row, *arrays, [])

    def _fill_prior(self, cells: Ints) -> None:
        """Type means at the section's depth; of a cell without a type the section's mean cell."""
        if not cells.size:
            return
        e = self.evidence
        middle = float(np.exp(np.log(e.scene.depth).mean()))
        means = e.fitted.means[:, e.wanted] * e.scene.effects[e.wanted] * middle
        variance = e.fitted.dispersion[:, e.wanted] * means**2 + min(middle, 1.0) * means
        mix = np.bincount(e.codes[e.codes >= 0], minlength=len(means)).astype(float)
        mix /= max(mix.sum(), 1.0)
        centre = mix @ means
        means = np.vstack([means, centre])
        variance = np.vstack([variance, mix @ (variance + (means[:-1] - centre) ** 2)])
        rows = self.row[cells]
        self.mean[rows] = means[e.codes[cells]]
        self.sd[rows] = np.sqrt(variance[e.codes[cells]])

    def lean(self, closed: GaussianCells, yx_um: npt.NDArray[np.float64]) -> None:
        """Let cells that no spot sees follow those of their type around them."""
        e = self.evidence
        home, codes = e.arrangement.home, np.asarray(e.codes)
        inside = np.flatnonzero(np.isfinite(closed.known[:, 0]))
        between = np.flatnonzero((home < 0) & (codes >= 0))
        spread = np.sqrt(closed.factors.spread)
        z = closed.known[inside] / spread[codes[inside]]
        found = lean(z, yx_um[inside], codes[inside], home[inside], yx_um[between], codes[between])
        at_once = max(1, _CHUNK // len(e.wanted))
        for first in range(0, len(between), at_once):
            some = slice(first, first + at_once)
            way = (found[some] * spread[codes[between[some]]]) @ closed.wanted.matrix.T
            rows = self.row[between[some]]
            ratio = straight_rates(np.ones(way.shape, np.float32), way.astype(np.float32))
            self.mean[rows] *= ratio
            # of the two parts of the variance one goes as the rate, the other as its square
            self.sd[rows] *= np.where(ratio > 1, ratio, np.sqrt(ratio))

    def add(
        self, spots: Ints, cells: Ints, found: Described, params: ExpressionParams, seed: int
    ) -> None:
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
