"""A single-cell reference, and the counts of the demo's own cells from the same biology.

A cell c of type k has an expected count of gene g

    λ_cg = depth_c · ω_cg · p_kg / Σ_g' p_kg',     y_cg ~ Poisson(λ_cg)

with p the profile of its type, depth_c lognormal about the type's mean, and ω gamma with mean 1:
genes come in bursts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.evaluation.demo._genes import GENES, MARKERS, PROGRAMMES
from spotscope.evaluation.demo._kinds import KINDS, TYPES
from spotscope.model import Reference

__all__ = ["draw_counts", "make_profiles", "make_reference"]

Floats = npt.NDArray[np.float64]
#: Spread of cell depths within a type, as the deviation of the logarithm.
DEPTH_SPREAD = 0.35
#: Shape of the gamma bursts: the variance of a count is its mean + mean² / shape.
BURST_SHAPE = 2.0
N_REFERENCE = 2000


def make_profiles(rng: np.random.Generator) -> Floats:
    """(type, gene) expected share of a cell's counts; rows sum to 1."""
    place = {gene: i for i, gene in enumerate(GENES)}
    common = rng.lognormal(0, 0.9, len(GENES))
    profile = np.tile(common, (len(TYPES), 1)) * rng.lognormal(0, 0.15, (len(TYPES), len(GENES)))
    for kind, genes in MARKERS.items():
        _raise(rng, profile, [place[g] for g in genes.split()], {kind: 1.0})
    for genes, strength in PROGRAMMES.items():
        _raise(rng, profile, [place[g] for g in genes.split()], strength)
    return profile / profile.sum(axis=1, keepdims=True)


def _raise(
    rng: np.random.Generator,
    profile: Floats,
    genes: list[int],
    strength: dict[str, float],
) -> None:
    """Give ``genes`` to the types of ``strength``, and a trace to all others."""
    level = rng.lognormal(0.6, 0.7, len(genes))
    profile[:, genes] = level * rng.lognormal(np.log(0.04), 0.8, (len(TYPES), len(genes)))
    for kind, factor in strength.items():
        profile[TYPES.index(kind), genes] = level * factor


def draw_counts(
    rng: np.random.Generator, profiles: Floats, codes: npt.NDArray[np.int16]
) -> sp.csr_matrix:
    """(cell, gene) counts of cells of the given types."""
    depth = np.array([kind.depth for kind in KINDS.values()])[codes]
    depth = depth * rng.lognormal(-(DEPTH_SPREAD**2) / 2, DEPTH_SPREAD, len(codes))
    expected = profiles[codes] * depth[:, None]
    burst = rng.standard_gamma(BURST_SHAPE, expected.shape, np.float32) / BURST_SHAPE
    return sp.csr_matrix(rng.poisson(expected * burst).astype(np.int32))


def make_reference(rng: np.random.Generator, profiles: Floats) -> Reference:
    """About 2,000 cells; common types are common, and no type has fewer than 60."""
    import pandas as pd
    from anndata import AnnData

    share = rng.dirichlet(np.full(len(TYPES), 8.0))
    per_type = np.maximum((share * N_REFERENCE).astype(int), 60)
    codes = rng.permutation(np.repeat(np.arange(len(TYPES)), per_type)).astype(np.int16)
    obs = pd.DataFrame(
        {"cell_type": pd.Categorical([TYPES[code] for code in codes], categories=TYPES)},
        index=[f"cell_{i:04d}" for i in range(len(codes))],
    )
    table = AnnData(draw_counts(rng, profiles, codes), obs=obs, var=pd.DataFrame(index=list(GENES)))
    return Reference(table, TYPES, codes, "demo reference")
