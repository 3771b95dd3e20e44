"""Spots on a hexagonal lattice over the tissue, and what each of them counts.

    Y_s ~ Poisson(η_s Σ_g-wise κ_g [(1 - b) (A X)_sg + b mean of the neighbours' (A X)_g] + ambient)

A (spot, cell) exact overlaps, X the cells' own counts, κ_g the platform's effect on a gene
(lognormal, deviation 0.3), η_s how well the spot captures, b the share that bleeds over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.spatial import cKDTree

from spotscope.evaluation._lattice import hex_lattice
from spotscope.evaluation.demo._genes import GENES
from spotscope.evaluation.demo._noise import sample
from spotscope.evaluation.demo._tissue import STEP_UM
from spotscope.model import Lattice, Membership, Spots, StarConvex

if TYPE_CHECKING:
    from spotscope.evaluation.demo._tissue import Tissue

__all__ = ["make_spots"]

Floats = npt.NDArray[np.float64]
LATTICE = Lattice("hex", pitch_um=100.0, diameter_um=55.0)
PLATFORM_SPREAD = 0.3
CAPTURE, CAPTURE_SPREAD = 0.25, 0.25
BLEED, AMBIENT = 0.06, 0.02


def make_spots(
    rng: np.random.Generator,
    tissue: Tissue,
    nuclei: StarConvex,
    cell_counts: sp.csr_matrix,
    extent_um: float,
) -> tuple[Spots, Membership]:
    """Lay the lattice over the section and count."""
    import pandas as pd
    from anndata import AnnData

    yx, grid = hex_lattice((extent_um, extent_um), LATTICE.pitch_um)
    yx = yx + rng.uniform(0, 20, 2)
    radius = LATTICE.diameter_um / 2
    inside = (yx > radius).all(axis=1) & (yx < extent_um - radius).all(axis=1)
    inside &= sample(tissue.section, yx, STEP_UM) > radius / 3
    yx, grid = yx[inside], grid[inside]
    obs = pd.DataFrame(
        {"in_tissue": 1, "array_row": grid[:, 0], "array_col": grid[:, 1]},
        index=[_barcode(row, column) for row, column in grid],
    )
    empty = sp.csr_matrix(np.zeros((len(yx), len(GENES)), np.int32))
    table = AnnData(empty, obs=obs, var=pd.DataFrame(index=list(GENES)))
    spots = Spots(table, yx, LATTICE)
    membership = Membership.from_discs(nuclei, spots)
    table.X = _count(rng, yx, np.asarray((membership.overlap @ cell_counts).todense()))
    return spots, membership


def _count(rng: np.random.Generator, yx: Floats, caught: Floats) -> sp.csr_matrix:
    near = cKDTree(yx).query_pairs(LATTICE.pitch_um * 1.1, output_type="ndarray")
    size = len(yx)
    link = sp.coo_matrix((np.ones(len(near)), (near[:, 0], near[:, 1])), (size, size)).tocsr()
    link = link + link.T
    around = (link @ caught) / np.maximum(np.asarray(link.sum(axis=1)), 1)
    expected = (1 - BLEED) * caught + BLEED * around
    expected *= rng.lognormal(0, PLATFORM_SPREAD, caught.shape[1])
    expected = (1 - AMBIENT) * expected + AMBIENT * expected.mean(axis=0)
    expected *= CAPTURE * rng.lognormal(0, CAPTURE_SPREAD, (len(yx), 1))
    return sp.csr_matrix(rng.poisson(expected).astype(np.int32))


def _barcode(row: int, column: int) -> str:
    """A barcode in the manner of 10x, one for each place of the lattice."""
    number, letters = (int(row) * 4096 + int(column)) * 2654435761 % 4**16, ""
    for _ in range(16):
        number, letter = divmod(number, 4)
        letters += "ACGT"[letter]
    return f"{letters}-1"
