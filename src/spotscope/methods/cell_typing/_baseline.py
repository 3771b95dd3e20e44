"""The honest baseline: weighted non-negative least squares on type means.

    w_i = argmin over w ≥ 0 of Σ_g (y_ig - Σ_k w_k μ_kg)² / (mean_k μ_kg + ε)

over all shared genes that are not mitochondrial. No platform effect, no noise model, no neighbours,
no nuclei: milliseconds, and the first picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._genes import is_mitochondrial, share_genes
from spotscope.methods.cell_typing._products import times

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._genes import SharedGenes
    from spotscope.model import Membership, Reference, Spots

__all__ = ["BaselineTyping", "baseline", "least_squares", "rounded_codes"]

Floats = npt.NDArray[np.float64]

_TINY_SHARE = 1e-5


@dataclass(frozen=True, slots=True, eq=False)
class BaselineTyping:
    """Answer of the baseline.

    Parameters
    ----------
    types
        Names of the cell types.
    weights
        (spot, type) raw least-squares weights, in counts.
    proportions
        (spot, type) weights over their sum; zero rows where nothing was seen.
    codes
        (cell,) the proportions rounded to each spot's number of cells; -1 outside spots.
    """

    types: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    proportions: npt.NDArray[np.float32]
    codes: npt.NDArray[np.int16]


def baseline(spots: Spots, reference: Reference, membership: Membership) -> BaselineTyping:
    """Type spots by weighted least squares, and cells by rounding.

    Parameters
    ----------
    spots, reference
        Raw counts.
    membership
        Which cell lies in which spot.

    Raises
    ------
    MethodError
        If no gene is shared.
    """
    return least_squares(share_genes(spots, reference), reference.types, membership)


def least_squares(
    genes: SharedGenes, types: tuple[str, ...], membership: Membership
) -> BaselineTyping:
    """Do what :func:`baseline` says on genes already shared."""
    from spotscope.methods.cell_typing._continuous import nonnegative_steps

    used = ~is_mitochondrial(genes.names)
    profiles = genes.profiles[:, used]
    weighted = profiles / (profiles.mean(axis=0) + _TINY_SHARE)
    all_weighted, known = np.zeros(genes.profiles.shape), used.astype(np.float64)
    all_weighted[:, used] = weighted
    upper = np.triu_indices(len(profiles))
    hessian = (weighted @ profiles.T)[upper][None]
    # counts differ a thousandfold between spots: solve for shares, then scale back
    total = np.maximum(times(genes.counts, known)[:, None], 1.0)
    slope = -times(genes.counts, all_weighted.T) / total
    weights = nonnegative_steps(hessian, slope, np.zeros(slope.shape), upper) * total
    proportions = weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-12)
    codes = rounded_codes(proportions, membership.owner)
    return BaselineTyping(types, weights.astype(np.float32), proportions.astype(np.float32), codes)


def rounded_codes(
    proportions: npt.NDArray[np.floating], owner: npt.NDArray[np.int32]
) -> npt.NDArray[np.int16]:
    """(cell,) labels whose composition is the nearest to the proportions (largest remainder).

    Parameters
    ----------
    proportions
        (spot, type).
    owner
        (cell,) the cell's spot, or -1.
    """
    codes = np.full(len(owner), -1, np.int16)
    inside = np.flatnonzero(owner >= 0)
    order = inside[np.argsort(owner[inside], kind="stable")]
    spots, n_cells = np.unique(owner[order], return_counts=True)
    wanted = proportions[spots] * n_cells[:, None]
    whole = np.floor(wanted + 1e-9).astype(int)
    rank = np.argsort(np.argsort(whole - wanted, axis=1, kind="stable"), axis=1, kind="stable")
    whole += rank < (n_cells - whole.sum(axis=1))[:, None]
    # a spot without proportions has more cells than types: the first type takes the rest
    whole[:, 0] += n_cells - whole.sum(axis=1)
    codes[order] = np.repeat(np.tile(np.arange(whole.shape[1]), len(spots)), whole.ravel())
    return codes
