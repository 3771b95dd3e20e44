"""How far the directions are to be trusted, tried on cells they were not learned from.

Cells differ in more ways than a few directions can say, and what is left out goes together between
genes, so a spot's thousand genes are fewer than a thousand pieces of evidence. Spots are made of
reference cells that were kept back, at several depths, and the evidence is divided by the T of a
short list with which these cells come out best (mean cosine to the cells' counts). A section is
never quite its reference, so T is 2 at least.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._arrange import arrange
from spotscope.methods.expression._evidence import Evidence
from spotscope.methods.expression._gaussian import GaussianCells
from spotscope.methods.expression._params import ExpressionParams
from spotscope.methods.expression._scene import Scene
from spotscope.model import Membership, Progress, in_threads

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.model import Task

__all__ = ["calibrate", "held_out", "pooled"]

Ints = npt.NDArray[np.int64]

CAUTIONS = (2.0, 4.0, 8.0)
_DEPTHS = (1.0, 0.2)
_SHARE_KEPT, _MOST_KEPT = 0.15, 400
#: A type with fewer cells than this keeps none back.
_ENOUGH = 8


def held_out(
    codes: npt.NDArray[np.integer], cells: npt.NDArray[np.intp], rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Cells to learn from, and cells to try on.

    Parameters
    ----------
    codes
        (cell,) types of all cells.
    cells
        Those that may be used.
    rng
        Draws them.
    """
    share = min(_SHARE_KEPT, _MOST_KEPT / max(len(cells), 1))
    often = np.bincount(codes[cells])[codes[cells]] >= _ENOUGH
    kept = often & (rng.random(len(cells)) < share)
    return cells[~kept], cells[kept]


def pooled(
    fitted: FittedExpression,
    counts: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    depth: float,
    rng: np.random.Generator,
) -> tuple[Evidence, sp.csr_matrix]:
    """Spots of 2 to 8 of these cells in turn, thinned to ``depth``; and the cells, in order.

    Parameters
    ----------
    fitted
        Whose genes the counts have.
    counts
        (cell, gene).
    codes
        (cell,).
    depth
        Share of the counts that is kept.
    rng
        Mixes the cells and thins the counts.
    """
    order = rng.permutation(len(codes))
    sizes = rng.integers(2, 9, len(codes))
    ends = np.cumsum(sizes)
    n_spots = max(int(np.searchsorted(ends, len(codes), side="right")), 1)
    used = order[: min(int(ends[n_spots - 1]), len(codes))]
    members = Membership.from_counts(np.diff(np.minimum(ends[:n_spots], len(used)), prepend=0))
    summed = (members.overlap @ counts[used]).astype(np.int64).tocsr()
    summed.data = rng.binomial(summed.data, depth)
    n_genes = len(fitted.gene_names)
    every = np.arange(n_genes)
    scene = Scene(np.full(n_spots, depth), np.ones(n_genes), 0.0)
    place = arrange(members, codes[used])
    capture = np.full(n_spots, depth)
    alike = ExpressionParams().alike  # live: what is learned does not depend on it
    evidence = Evidence(
        fitted, codes[used], place, summed, every, scene, capture, every, every, "", alike
    )
    return evidence, counts[used]


def calibrate(
    fitted: FittedExpression,
    counts: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    rng: np.random.Generator,
) -> Task[float]:
    """Choose T; without cells to try on, the smallest.

    Parameters
    ----------
    fitted
        With directions.
    counts, codes
        (cell, gene) and (cell,) of cells that were kept back.
    rng
        Makes spots of them.
    """
    assert fitted.factors is not None
    if counts.shape[0] < 16:
        return CAUTIONS[0]
    cases = [pooled(fitted, counts, codes, depth, rng) for depth in _DEPTHS]
    scores = []
    for done, caution in enumerate(CAUTIONS):
        factors = replace(fitted.factors, caution=caution)
        each = []
        for evidence, truth in cases:
            cells = GaussianCells(replace(evidence, fitted=replace(fitted, factors=factors)))
            each.append((yield from _likeness(cells, truth, done)))
        scores.append(float(np.mean(each)))
    return CAUTIONS[int(np.argmax(scores))]


def _likeness(cells: GaussianCells, truth: sp.csr_matrix, done: int) -> Task[float]:
    """Mean cosine of inferred to true cells."""
    place = cells.evidence.arrangement

    def alike(group: tuple[Ints, Ints]) -> npt.NDArray[np.float64]:
        members = group[1]
        mean = cells(*group).mean.reshape(members.size, -1)
        true = truth[members.ravel()].toarray()
        size = np.sqrt((mean**2).sum(axis=1) * (true.astype(float) ** 2).sum(axis=1))
        return np.asarray((mean * true).sum(axis=1) / np.maximum(size, 1e-12))

    most = max(1, (1 << 19) // truth.shape[1])
    found = []
    for some in in_threads(alike, place.groups(np.arange(len(place.start) - 1), most)):
        yield Progress("trying on cells kept back", done, len(CAUTIONS))
        found.append(some)
    return float(np.concatenate(found).mean())
