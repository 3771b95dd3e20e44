"""Platform effects: some genes are caught better by the spots' assay than by the reference's.

Over the whole section, gene g has B_g of N counts, and the mix p of types predicts

    E_g = N Σ_k p_k μ_kg;     p minimises Σ_g (ln B_g - ln E_g)²  with p ≥ 0, over clear genes.

The effect e^{γ_g} of gene g is estimated from ĝ = ln (B_g + ½)/(E_g + ½), which is worth little
where few counts were seen. With v_g = 1/(B_g + ½) + 1/(R_g + ½), R_g the reference's counts,

    γ_g = c + (ĝ_g - c) τ² / (τ² + v_g),

c the median of ĝ and τ² its spread beyond the v_g: well seen genes keep their ratio, others the
common one. A share β of what a spot shows comes from elsewhere in the section, in the proportions
B_g, so the profiles that explain spots are

    μ'_kg = (1 - β) e^{γ_g} μ_kg + β (Σ_h e^{γ_h} μ_kh) B_g / Σ_h B_h.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

__all__ = ["gene_effects", "section_mix", "with_background"]

Floats = npt.NDArray[np.float64]

_CLEAR = 10
_MAX_STEPS = 100
_LEAST_SPREAD = 0.05


def section_mix(totals: Floats, profiles: Floats) -> Floats:
    """(type,) share of every type in the counts of the whole section.

    Parameters
    ----------
    totals
        (gene,) counts B over all spots.
    profiles
        (type, gene) μ.
    """
    k = len(profiles)
    clear = (totals >= _CLEAR) & (profiles.max(axis=0) > 0)
    if clear.sum() < k:
        clear = (totals > 0) & (profiles.max(axis=0) > 0)
    # Σp is free below, so the scale is too; set so that the first guess has the right total
    share = totals[clear] / totals[clear].sum()
    rows = profiles[:, clear].T
    rows = rows / rows.sum(axis=0).mean()
    weights = np.full(k, 1.0 / k)

    def misfit(w: Floats) -> float:
        return float(((np.log(share) - np.log(rows @ w + 1e-12)) ** 2).sum())

    now = misfit(weights)
    for _ in range(_MAX_STEPS):
        predicted = rows @ weights + 1e-12
        # ln(rows·w') ≈ ln predicted + (rows·w')/predicted - 1: a non-negative least-squares step
        target, _ = nnls(rows / predicted[:, None], np.log(share / predicted) + 1.0)
        length, moved = 1.0, False
        while length > 1e-3 and not moved:
            tried = weights + length * (target - weights)
            after = misfit(tried)
            moved = after < now
            length *= 0.5
        if not moved or now - after < 1e-6 * now:
            break
        weights, now = tried, after
    return weights / weights.sum()


def gene_effects(
    totals: Floats, all_counts: float, mix: Floats, profiles: Floats, seen: Floats
) -> Floats:
    """(gene,) e^γ, shrunk by evidence as the module says.

    Parameters
    ----------
    totals
        (gene,) B.
    all_counts
        N, counts of all genes in all spots.
    mix
        (type,) p.
    profiles
        (type, gene) μ.
    seen
        (gene,) R.
    """
    expected = all_counts * (mix @ profiles)
    raw = np.log((totals + 0.5) / (expected + 0.5))
    variance = 1 / (totals + 0.5) + 1 / (seen + 0.5)
    middle = float(np.median(raw))
    spread = max(float(np.mean((raw - middle) ** 2 - variance)), _LEAST_SPREAD)
    return np.exp(middle + (raw - middle) * spread / (spread + variance))


def with_background(profiles: Floats, totals: Floats, share: float) -> Floats:
    """(type, gene) profiles with a share of the whole section mixed into each.

    Parameters
    ----------
    profiles
        (type, gene) on the spots' platform.
    totals
        (gene,) B.
    share
        β, 0 to 1.
    """
    section = totals / max(float(totals.sum()), 1e-300)
    return (1 - share) * profiles + share * profiles.sum(axis=1, keepdims=True) * section
