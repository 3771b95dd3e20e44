"""A seeded tissue: bands of four types and two scattered ones, counts drawn from the model."""

from __future__ import annotations

from dataclasses import dataclass

import anndata as ad
import numpy as np
import pandas as pd
import scipy.sparse as sp

from spotscope.model import Lattice, Membership, Reference, Spots

PITCH, DIAMETER = 100.0, 55.0


@dataclass
class Tissue:
    spots: Spots
    reference: Reference
    membership: Membership
    yx_um: np.ndarray
    codes: np.ndarray
    proportions: np.ndarray


def table(counts, rows, genes, **obs):
    return ad.AnnData(
        sp.csr_matrix(np.asarray(counts, np.int32)),
        obs=pd.DataFrame(obs, index=list(rows)),
        var=pd.DataFrame(index=list(genes)),
    )


def profiles_of(rng, n_types, n_genes, markers=8, fold=12):
    base = rng.gamma(0.8, 1, n_genes) + 0.02
    mu = np.tile(base, (n_types, 1))
    for k in range(n_types):
        mu[k, k * markers : (k + 1) * markers] *= fold
    return mu / mu.sum(axis=1, keepdims=True)


def reference_of(rng, mu, cells=40, depth=3000):
    counts = rng.poisson(np.repeat(mu, cells, axis=0) * depth)
    names = [f"type{k}" for k in range(len(mu))]
    return Reference.from_table(
        table(
            counts,
            [f"c{i}" for i in range(len(counts))],
            [f"G{g}" for g in range(mu.shape[1])],
            cell_type=np.repeat(names, cells),
        )
    )


def membership_of(owner, n_spots):
    owner = np.asarray(owner, np.int32)
    inside = np.flatnonzero(owner >= 0)
    overlap = sp.csr_matrix(
        (np.ones(len(inside)), (owner[inside], inside)), shape=(n_spots, len(owner))
    )
    return Membership(overlap, owner)


def make_tissue(seed=0, side=10, umis=250, n_genes=120, cells=(1, 5), between=60) -> Tissue:
    """Bands of types 0-3 across x, a fifth of the cells of types 4 and 5 anywhere."""
    rng = np.random.default_rng(seed)
    mu = profiles_of(rng, 6, n_genes, fold=5)
    yx = PITCH * np.stack(np.divmod(np.arange(side * side), side), axis=1).astype(float)
    n_cells = rng.integers(*cells, len(yx))
    owner = np.repeat(np.arange(len(yx)), n_cells)
    cells_um = yx[owner] + rng.uniform(-19, 19, (len(owner), 2))
    band = np.clip((cells_um[:, 1] / (PITCH * side) * 4).astype(int), 0, 3)
    codes = np.where(rng.random(len(owner)) < 0.2, rng.integers(4, 6, len(owner)), band)
    proportions = np.zeros((len(yx), 6))
    np.add.at(proportions, (owner, codes), 1.0)
    proportions /= n_cells[:, None]
    depth = rng.lognormal(np.log(umis), 0.3, len(yx))
    noise = np.exp(rng.normal(0, 0.4, (len(yx), n_genes)))
    platform = np.exp(rng.normal(0, 0.4, n_genes))
    counts = rng.poisson(depth[:, None] * (proportions @ mu) * noise * platform)
    extra = rng.uniform(0, PITCH * (side - 1), (between, 2))
    owner = np.concatenate([owner, np.full(between, -1)])
    spots = Spots(
        table(counts, [f"s{i}" for i in range(len(yx))], [f"G{g}" for g in range(n_genes)]),
        yx,
        Lattice("square", PITCH, DIAMETER),
    )
    return Tissue(
        spots,
        reference_of(rng, mu),
        membership_of(owner, len(yx)),
        np.concatenate([cells_um, extra]),
        codes,
        proportions,
    )
