"""The section on the reference's scale: depth of every spot, effect of every gene, noise.

Spot s should count, of gene g, E_sg = κ_s e^γ_g Σ_c a_c m_{k_c g}, where κ_s is how deep the spot
was measured next to the reference and γ_g how the platform catches the gene. Both are ratios of
what was seen to what was expected, drawn towards the section's common value as far as chance and
the variance between cells leave them unsure:

    ln κ_s = c + (r_s - c) τ² / (τ² + v_s),    r_s = ln Y_s / E_s,   v_s = Var[Y_s] / E_s²

and the same for γ over genes. Overdispersion φ is what is left: Σ ((Y - E)² - Var[Y]) / Σ E².
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["Scene", "set_scene"]

Floats = npt.NDArray[np.float64]

_ROUNDS = 3
_MOST_NOISE = 5.0
_MOST_DENSE = 20_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """How the spots' assay sees the reference.

    Parameters
    ----------
    depth
        (spot,) κ.
    effects
        (gene,) e^γ of the genes the spots have.
    noise
        φ.
    """

    depth: Floats
    effects: Floats
    noise: float


def set_scene(
    counts: sp.csr_matrix,
    weights: sp.csr_matrix,
    means: Floats,
    dispersion: Floats,
    cells: npt.NDArray[np.integer],
    *,
    effects: Floats | None = None,
    noise: float | None = None,
) -> Scene:
    """Compare the section with the reference.

    Parameters
    ----------
    counts
        (spot, gene) on shared genes.
    weights
        (spot, type) shares of cells seen, summed.
    means, dispersion
        (type, gene) m and the relative variance between cells, on shared genes.
    cells
        (type,) cells in the reference: how well m is known.
    effects, noise
        Where they are known already.
    """
    known = np.asarray(weights.sum(axis=1)).ravel() > 0
    counts, weights = counts[known], weights[known]
    found = np.ones(means.shape[1]) if effects is None else effects
    per_spot = np.asarray(counts.sum(axis=1, dtype=np.float64)).ravel()
    depth = np.ones(len(per_spot))
    for _ in range(_ROUNDS):
        depth = _depths(per_spot, weights, means * found, dispersion)
        if effects is None:
            found = _effects(counts, weights, depth, means, dispersion, cells)
    whole = np.full(len(known), _middle(depth))
    whole[known] = depth
    if noise is None:
        noise = _noise(counts, weights, depth, means * found, dispersion)
    return Scene(whole, found, noise)


def _middle(depth: Floats) -> float:
    return float(np.exp(np.log(depth).mean())) if depth.size else 1.0


def _draw_in(ratio: Floats, variance: Floats) -> Floats:
    """Ratios (logs) drawn to their common value by how sure each is."""
    spread = float(np.var(ratio))
    for _ in range(20):
        sure = 1 / (variance + spread)
        centre = float(np.sum(sure * ratio) / np.sum(sure))
        excess = np.sum(sure**2 * ((ratio - centre) ** 2 - variance)) / np.sum(sure**2)
        spread = max(float(excess), 1e-6)
    return centre + (ratio - centre) * spread / (spread + variance)


def _depths(per_spot: Floats, weights: sp.csr_matrix, means: Floats, dispersion: Floats) -> Floats:
    if not per_spot.size:
        return per_spot
    expected = weights @ means.sum(axis=1)
    # cells differ in depth most of all, and in that all genes go together
    total = means.sum(axis=1)
    together = (np.sqrt(np.maximum(dispersion, 0)) * means).sum(axis=1) / total
    between = weights.multiply(weights) @ (0.25 * together**2 * total**2)
    variance = between / expected**2 + 1 / (per_spot + 0.5)
    ratio = np.log((per_spot + 0.5) / expected)
    return np.exp(_draw_in(ratio, variance))


def _effects(
    counts: sp.csr_matrix,
    weights: sp.csr_matrix,
    depth: Floats,
    means: Floats,
    dispersion: Floats,
    cells: npt.NDArray[np.integer],
) -> Floats:
    n_genes = means.shape[1]
    found = np.ones(n_genes)
    totals = np.asarray(counts.sum(axis=0, dtype=np.float64)).ravel()
    per_type = weights.T @ depth
    expected = per_type @ means
    ok = expected > 0
    if ok.sum() < 2 or totals.sum() == 0:
        return found
    squared = weights.multiply(weights).T @ depth**2
    between = squared @ (means**2 * dispersion)
    known = (per_type**2 / np.maximum(cells, 1)) @ (means**2 * dispersion + means)
    variance = (between + known) / np.where(ok, expected, 1.0) ** 2 + 1 / (totals + 0.5)
    ratio = np.log((totals[ok] + 0.5) / (expected[ok] + 0.5))
    found[ok] = np.exp(_draw_in(ratio, variance[ok]))
    # the overall level belongs to the depths
    return found * expected.sum() / max(float((found * expected).sum()), 1e-300)


def _noise(
    counts: sp.csr_matrix,
    weights: sp.csr_matrix,
    depth: Floats,
    means: Floats,
    dispersion: Floats,
) -> float:
    """φ by moments, gene by gene, of which the median: a few odd genes do not set it."""
    if not depth.size:
        return 0.0
    # every so many spots are enough, and a whole transcriptome is not made dense
    some = slice(None, None, 1 + len(depth) * means.shape[1] // _MOST_DENSE)
    counts, weights, depth = counts[some], weights[some], depth[some]
    scaled = weights.multiply(depth[:, None]).tocsr()
    expected = scaled @ means
    squares = scaled.multiply(scaled) @ (means**2 * dispersion)
    left = np.asarray(((counts.toarray() - expected) ** 2 - expected - squares).sum(axis=0))
    size = np.asarray((expected**2).sum(axis=0))
    informative = np.asarray(expected.sum(axis=0)) > len(depth) * 0.5
    if not informative.any():
        return 0.0
    return float(np.clip(np.median(left[informative] / size[informative]), 0.0, _MOST_NOISE))
