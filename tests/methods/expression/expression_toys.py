"""Cells drawn from the model itself: two types that differ, and differ within along one direction.

    ln ρ_cg = ln m_kg + d_c + w_g h_c,    y_cg ~ Poisson(ρ_cg)

``w`` is 0.8 for genes 0-9, -0.8 for genes 10-19 and 0 for the others; depths d have a standard
deviation of 0.3. Genes 20-29 are three times as high in the first type, 30-39 in the second.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp
from anndata import AnnData

from spotscope.methods.expression import ExpressionParams
from spotscope.model import Lattice, Membership, Reference, Spots

N_GENES = 60
GAUSSIAN = ExpressionParams(method="gaussian", rank=2, rounds=5)
DIRECTION = np.r_[np.full(10, 0.8), np.full(10, -0.8), np.zeros(40)]


def toy_means(level=8.0):
    means = np.full((2, N_GENES), level)
    means[0, 20:30] *= 3
    means[1, 30:40] *= 3
    return means


def draw_cells(n, rng, *, spread=1.0, depth=0.3, level=8.0):
    """Counts (cell, gene), codes, and latents (cell, 2): depth, and along the direction."""
    codes = np.arange(n) % 2
    h = np.stack([rng.normal(0, depth, n), rng.normal(0, spread, n)], axis=1)
    log = np.log(toy_means(level))[codes] + h[:, :1] + h[:, 1:] * DIRECTION
    return rng.poisson(np.exp(log)), codes, h


def reference_of(counts, codes):
    obs = pd.DataFrame(
        {"cell_type": np.array(["A", "B"])[codes]}, index=[f"c{i}" for i in range(len(codes))]
    )
    var = pd.DataFrame(index=[f"G{g}" for g in range(counts.shape[1])])
    return Reference.from_table(AnnData(sp.csr_matrix(counts), obs=obs, var=var))


def spots_of(counts, owner):
    """Sum cells into spots; every cell lies whole in its spot."""
    owner = np.asarray(owner, np.int32)
    n = owner.max() + 1
    overlap = sp.csr_matrix((np.ones(len(owner)), (owner, np.arange(len(owner)))))
    summed = np.rint(overlap @ counts).astype(int)
    table = AnnData(
        sp.csr_matrix(summed),
        obs=pd.DataFrame(index=[f"s{i}" for i in range(n)]),
        var=pd.DataFrame(index=[f"G{g}" for g in range(counts.shape[1])]),
    )
    places = np.stack([np.arange(n) * 100.0, np.zeros(n)], axis=1)
    return Spots(table, places, Lattice("square", 100.0, 55.0)), Membership(overlap, owner)


def cosine(a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    return (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))
