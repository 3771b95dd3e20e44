"""The fit of the Gaussian evidence of :mod:`_metric` to a section.

The counts of a cell on the spots' platform are those in the reference times one factor κ for all
genes. Genes are caught more or less by different assays, e^γ_g; but a ratio of observed to expected
counts that strays from κ tells of profiles that do not fit as much as of the assay. So with
ĝ = ln observed / expected over the section under the first weights, and v_g its variance by chance,

    γ_g = (ĝ_g - median) τ² / (τ² + v_g + v₀),    τ² = max(0, mean (ĝ - median)² - v_g - v₀):

nothing is corrected between like assays, whose ratios stray by no more than v₀ = 0.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._continuous import nonnegative_steps
from spotscope.methods.cell_typing._metric import Metric
from spotscope.methods.cell_typing._products import column_sums, times

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.methods.cell_typing._moments import CellMoments

__all__ = ["Weighed", "cell_weights", "weigh"]

Floats = npt.NDArray[np.float64]

#: Chance counts twice: once for Poisson, once for what reaches a spot from elsewhere.
_CHANCE = 2.0
#: The variance of a reference's means is counted tenfold: its cells are no random sample.
_DOUBT = 10.0
_MISFIT = 0.3
_LARGEST_MISFIT = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A section's metric, and (spot, type) weights, in cells."""

    metric: Metric
    weights: Floats
    corrected: bool


def weigh(
    counts: sp.csr_matrix,
    n_cells: npt.NDArray[np.int64],
    moments: CellMoments,
    first: Floats,
    mix: Floats,
    seen: Floats,
) -> Weighed:
    """Fit the metric and the weights.

    Parameters
    ----------
    counts
        (spot, gene).
    n_cells
        (spot,) M.
    moments
        Of the reference.
    first
        (spot, type) proportions from which the scale κ is taken.
    mix
        (type,) those of the section.
    seen
        (gene,) counts in the reference.
    """
    busy = np.flatnonzero(n_cells > 0)
    total = column_sums(counts, busy)
    cells = (first[busy] * n_cells[busy, None]).sum(axis=0)
    scale = total.sum() / max(float((cells @ moments.mean).sum()), 1e-12)
    metric = _metric(moments, mix, total / n_cells[busy].sum(), scale, float(n_cells[busy].mean()))
    weights = cell_weights(metric, counts)
    effects = _gene_effects(total, weights[busy].sum(axis=0) @ metric.profiles, seen)
    if effects is None:
        return Weighed(metric, weights, corrected=False)
    metric = metric.rescaled(effects)
    return Weighed(metric, cell_weights(metric, counts), corrected=True)


def cell_weights(metric: Metric, counts: sp.csr_matrix) -> Floats:
    """(spot, type) cells: the w ≥ 0 of highest likelihood."""
    bend, weigh_ = metric.solved()
    upper = np.triu_indices(len(bend))
    cells = metric.cells_seen(counts)[:, None]
    slope = -times(counts, weigh_.T) / cells
    found = nonnegative_steps(bend[upper][None], slope, np.zeros(slope.shape), upper)
    return np.asarray(found * cells)


def _metric(
    moments: CellMoments, mix: Floats, per_cell: Floats, scale: float, cells: float
) -> Metric:
    """Variances of a cell of the section: types weighed by their share of it."""
    between = mix @ moments.between
    kept = np.maximum(between - (moments.directions**2).sum(axis=1), 0.1 * between)
    doubt = (mix**2 / np.maximum(moments.n_cells, 1)) @ (moments.between + moments.poisson)
    return Metric(
        profiles=scale * moments.mean,
        poisson=_CHANCE * per_cell + 1e-3 * per_cell.mean(),
        between=scale**2 * (kept + _DOUBT * cells * doubt),
        directions=scale * moments.directions,
        per_cell=float(per_cell.sum()),
    )


def _gene_effects(observed: Floats, expected: Floats, seen: Floats) -> Floats | None:
    """(gene,) e^γ, or None where platforms do not differ."""
    chance = 1 / (observed + 0.5) + 1 / (seen + 0.5) + _MISFIT
    ratio = np.log((observed + 0.5) / (expected + 0.5))
    away = ratio - np.median(ratio)
    spread = float(np.mean(np.minimum(away**2, _LARGEST_MISFIT) - chance))
    return None if spread <= 0 else np.asarray(np.exp(away * spread / (spread + chance)))
