"""What expression is timed against: the same answers by the straightforward way, spot by spot."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.expression._evidence import gather
from spotscope.methods.expression._gaussian import GaussianCells
from spotscope.model import run
from spotscope.pipeline.expression._decompose_inputs import codes_in, membership_of_cells

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.methods.expression import FittedExpression
    from spotscope.model import Session

__all__ = ["floor_seconds"]

_SPLIT_SPOTS, _DENSE_SPOTS, _PAPER_SPOTS = 20, 10, 2


def floor_seconds(
    section: Session, fitted: FittedExpression, tiers: Sequence[str], device: str = "cpu"
) -> dict[str, float]:
    """Seconds for one spot, by name; each tier's own floor.

    Parameters
    ----------
    section
        Typed nuclei.
    fitted
        What was learned.
    tiers
        Of which floors are wanted.
    device
        Where a network is asked.
    """
    found = {}
    if "split" in tiers:
        found["y μ / Σ μ, one spot at a time"] = _split(section, fitted)
    if "gaussian" in tiers:
        found["algebra over all nuclei, one spot at a time"] = _dense(section, fitted)
    if "score" in tiers:
        found["published dynamics, our network"] = _paper(section, fitted, device)
    return found


def _split(section: Session, fitted: FittedExpression) -> float:
    """Split y as μ_k / Σ μ_k in plain arrays: no depths, no spread, no whole counts."""
    spots, codes = section.sample.spots, codes_in(section, fitted)
    assert spots is not None
    membership = membership_of_cells(section)
    columns = spots.table.var_names.get_indexer(list(fitted.gene_names))
    started = time.perf_counter()
    some = range(min(_SPLIT_SPOTS, spots.n))
    for spot in some:
        cells = membership.overlap[spot].indices
        y = spots.counts[spot].toarray().ravel()[columns]
        mean = fitted.means[codes[cells]]
        part = y * mean / np.maximum(mean.sum(axis=0), 1e-12)
        assert part.shape == mean.shape
    return (time.perf_counter() - started) / len(some)


def _dense(section: Session, fitted: FittedExpression) -> float:
    """The closed form with a system of (cells x latents)² for every spot; depths are known."""
    spots, codes = section.sample.spots, codes_in(section, fitted)
    assert spots is not None
    params = ExpressionParams(method="gaussian")
    membership = membership_of_cells(section)
    evidence = gather(fitted, spots.table, codes, membership, params, None, None)
    closed = GaussianCells(evidence)
    some = np.arange(spots.n // 2, min(spots.n // 2 + _DENSE_SPOTS, spots.n))
    started = time.perf_counter()
    for spot, cells in evidence.arrangement.groups(some, 1):
        counts = evidence.counts_of(spot)
        cut = evidence.cut(spot, cells, counts, closed.psi, closed.variance)
        closed.describe(cut, spot, cells, closed.latents(spot, cells, counts))
    return (time.perf_counter() - started) / len(some)


def _paper(section: Session, fitted: FittedExpression, device: str) -> float:
    """Annealed Langevin dynamics, 232 levels of five steps."""
    spots, codes = section.sample.spots, codes_in(section, fitted)
    assert spots is not None
    some = np.arange(spots.n // 2, spots.n // 2 + _PAPER_SPOTS)
    params = ExpressionParams(method="score", mode="paper")
    started = time.perf_counter()
    run(
        expression.predict(
            fitted, spots, codes, membership_of_cells(section), params, spots_wanted=some, rng=0,
            device=device,
        )
    )  # fmt: skip
    return (time.perf_counter() - started) / _PAPER_SPOTS
