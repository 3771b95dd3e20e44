"""The genes that mark a region: how much more of the counts they are there than elsewhere.

The rate r = Σ y / Σ d of a gene, its counts over all counts of a side's n spots, has

    var r = n / (n - 1) · Σ_s (y_s - r d_s)² / (Σ_s d_s)²,   at least that of counting, r / Σ d,

and the ratio of two sides the interval ln (r_1 / r_2) ± 1.96 √(var r_1 / r_1² + var r_2 / r_2²)
(delta method). Genes are ordered by the end of the interval that is nearer to no difference. It is
a list to look at and no test: many genes were looked at, and spots beside each other are alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.model import Spots

__all__ = ["GeneContrast", "gene_rates", "marking_genes"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: A gene is listed if its spots hold at least so many counts of it, both sides together.
_FEWEST_COUNTS = 20
_TOP_GENES = 12


@dataclass(frozen=True, slots=True)
class GeneContrast:
    """One gene: its share of counts (per 10,000) inside and elsewhere, and the ratio of the two."""

    name: str
    inside: float
    elsewhere: float
    ratio: float
    low: float
    high: float


def marking_genes(spots: Spots, inside: Mask, outside: Mask) -> tuple[GeneContrast, ...]:
    """Genes with more of the counts in the spots of one side than in those of the other."""
    here, there = (gene_rates(spots.counts[side]) for side in (inside, outside))
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


class GeneRates(NamedTuple):
    """(gene,) share of counts, its relative error, and counts of one side."""

    rate: Floats
    error: Floats
    counts: Floats


def gene_rates(counts: sp.csr_matrix) -> GeneRates:
    """The rate of every gene in a side's (spot, gene) counts, as at the head of this file."""
    part = counts.astype(float)
    depth = np.asarray(part.sum(axis=1)).ravel()
    n, total = part.shape[0], max(float(depth.sum()), 1.0)
    seen = np.asarray(part.sum(axis=0)).ravel()
    # half a count: a gene that was never seen there has no ratio of infinity
    rate = (seen + 0.5) / total
    squares = np.asarray(part.multiply(part).sum(axis=0)).ravel()
    residual = squares - 2 * rate * (part.T @ depth) + rate**2 * float((depth**2).sum())
    spread = n / max(n - 1, 1) * np.maximum(residual, 0.0) / total**2
    return GeneRates(rate, np.sqrt(np.maximum(spread, rate / total)) / rate, seen)
