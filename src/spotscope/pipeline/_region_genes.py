"""The genes that mark a region: how much more of the counts they are there than elsewhere.

The rate r = Σ y / Σ d of a gene, its counts over all counts of a side's n spots, has

    var r = n / (n - 1) · Σ_s (y_s - r d_s)² / (Σ_s d_s)²,   at least that of counting, r / Σ d,

and the ratio of two sides the interval ln (r_1 / r_2) ± 1.96 √(var r_1 / r_1² + var r_2 / r_2²)
(delta method). Genes are ordered by the end of the interval that is nearer to no difference. It is
a list to look at and no test: many genes were looked at, and spots beside each other are alike.

All of it comes from sums over spots, Σ y, Σ y², Σ y d, Σ d, Σ d²: those of a section are worked out
once, and those of the rest are what is left of them without the region.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from spotscope.model import Progress, run
from spotscope.pipeline._recall import Recall

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.model import Spots, Task

__all__ = ["GeneContrast", "gene_rates", "marking_genes", "section_sums_step"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: A gene is listed if its spots hold at least so many counts of it, both sides together.
_FEWEST_COUNTS = 20
_TOP_GENES = 12
#: Counts that are summed at a stretch: numpy holds Python's lock for as long.
_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class GeneContrast:
    """One gene: its share of counts (per 10,000) inside and elsewhere, and the ratio of the two."""

    name: str
    inside: float
    elsewhere: float
    ratio: float
    low: float
    high: float


class GeneSums(NamedTuple):
    """Sums over the n spots of a side: of d and d²; (gene,) of y, y² and y d.

    All are of whole numbers, so one side can be taken off without rounding.
    """

    n: int
    depth: float
    depth_squared: float
    seen: Floats
    squares: Floats
    with_depth: Floats

    def without(self, part: GeneSums) -> GeneSums:
        """Those of the other spots."""
        return GeneSums(
            self.n - part.n,
            self.depth - part.depth,
            self.depth_squared - part.depth_squared,
            self.seen - part.seen,
            self.squares - part.squares,
            self.with_depth - part.with_depth,
        )


class GeneRates(NamedTuple):
    """(gene,) share of counts, its relative error, and counts of one side."""

    rate: Floats
    error: Floats
    counts: Floats


#: Of a section's counts, by identity; a list that holds its sums as soon as they are known.
_SECTIONS: Recall[list[GeneSums]] = Recall(2)


def marking_genes(spots: Spots, inside: Mask, outside: Mask) -> Task[tuple[GeneContrast, ...]]:
    """Genes with more of the counts in the spots of one side than in those of the other.

    Parameters
    ----------
    spots
        The section.
    inside, outside
        (spot,) the two sides; no spot is on both.
    """
    first = yield from _sums(spots.counts, inside)
    if np.array_equal(outside, ~inside):
        whole = yield from section_sums_step(spots)
        second = whole.without(first)
    else:
        second = yield from _sums(spots.counts, outside)
    return _contrasts(spots, _rates(first), _rates(second))


def section_sums_step(spots: Spots) -> Task[GeneSums]:
    """The sums of all spots, worked out once for a section's counts and then known."""
    counts = spots.counts
    known: list[GeneSums] = _SECTIONS((counts.data, counts.indices), None, list)
    if not known:
        known.append((yield from _sums(counts, np.ones(spots.n, bool))))
    return known[0]


def gene_rates(counts: sp.csr_matrix) -> GeneRates:
    """The rate of every gene in a side's (spot, gene) counts, as at the head of this file."""
    return _rates(run(_sums(counts, np.ones(counts.shape[0], bool))))


def _contrasts(spots: Spots, here: GeneRates, there: GeneRates) -> tuple[GeneContrast, ...]:
    ratio = np.log(here.rate / there.rate)
    error = np.sqrt(here.error**2 + there.error**2)
    low, high = ratio - 1.96 * error, ratio + 1.96 * error
    listed = (here.counts + there.counts >= _FEWEST_COUNTS) & (low > 0)
    ranked = np.argsort(np.where(listed, -low, np.inf), kind="stable")[: int(listed.sum())]
    return tuple(
        GeneContrast(
            str(spots.table.var_names[g]),
            float(here.rate[g] * 1e4),
            float(there.rate[g] * 1e4),
            float(np.exp(ratio[g])),
            float(np.exp(low[g])),
            float(np.exp(high[g])),
        )
        for g in ranked[:_TOP_GENES]
    )


def _sums(counts: sp.csr_matrix, side: Mask) -> Task[GeneSums]:
    """The sums over some spots of (spot, gene) counts, some at a stretch."""
    rows, genes = np.flatnonzero(side), counts.shape[1]
    each = np.diff(counts.indptr)[rows]
    parts = np.split(rows, np.flatnonzero(np.diff(np.cumsum(each) // _AT_ONCE)) + 1)
    depth = depth_squared = 0.0
    seen, squares, with_depth = np.zeros((3, genes))
    for done, part in enumerate(parts):
        yield Progress("counting genes", done, len(parts))
        some = counts[part]
        y, gene = some.data.astype(float), some.indices
        spot = np.repeat(np.arange(len(part)), np.diff(some.indptr))
        d = np.bincount(spot, y, minlength=len(part))
        depth += float(d.sum())
        depth_squared += float((d**2).sum())
        seen += np.bincount(gene, y, minlength=genes)
        squares += np.bincount(gene, y**2, minlength=genes)
        with_depth += np.bincount(gene, y * d[spot], minlength=genes)
    return GeneSums(len(rows), depth, depth_squared, seen, squares, with_depth)


def _rates(side: GeneSums) -> GeneRates:
    total = max(side.depth, 1.0)
    # half a count: a gene that was never seen there has no ratio of infinity
    rate = (side.seen + 0.5) / total
    residual = side.squares - 2 * rate * side.with_depth + rate**2 * side.depth_squared
    spread = side.n / max(side.n - 1, 1) * np.maximum(residual, 0.0) / total**2
    return GeneRates(rate, np.sqrt(np.maximum(spread, rate / total)) / rate, side.seen)
