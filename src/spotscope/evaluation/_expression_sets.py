"""Measured single cells for expression: some are summed into spots, others are learned from.

Every set has a *development* part, on which choices are made, and a *reporting* part, which is
shown; no cell is in both, and none is in the reference.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.evaluation._real_cells import CELL_SETS, RealCells, read_table
from spotscope.model import Reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from anndata import AnnData

__all__ = ["EXPRESSION_SETS", "ExpressionSet"]

#: Genes kept of a whole transcriptome, chosen on the reference alone.
_MOST_GENES = 2000
_SHARE_OF_REFERENCE = 0.6


@dataclass(frozen=True, slots=True)
class ExpressionSet:
    """How a set is read.

    Parameters
    ----------
    read
        (data folder, development part, seed) to cells and reference.
    has_places
        Whether neighbours in a spot are neighbours in the tissue, or drawn at random.
    """

    read: Callable[[Path, bool, int], RealCells]
    has_places: bool = True


def _merfish(data: Path, development: bool, seed: int) -> RealCells:
    """Mouse preoptic area: a random half of the cells to learn from, a side of the rest for spots.

    The half is drawn once, not by the seed, so that no cell is shown that a choice was made on.
    """
    cells = read_table(data, "merfish_mpoa/merfish_bregma-0.29.h5ad")
    labels = cells.obs["cell_type"].astype(str)
    cells = cells[labels.isin(_common(labels)).to_numpy() & (labels != "Ambiguous").to_numpy()]
    drawn = np.random.default_rng(0).random(cells.n_obs) < 0.5
    rest = cells[~drawn].copy()
    x = np.asarray(rest.obsm["spatial"], float)[:, 0]
    side = (x < np.median(x)) == development
    return _pair(rest[side].copy(), cells[drawn].copy())


def _pdac(data: Path, development: bool, seed: int) -> RealCells:
    """Human pancreatic tumour, whole transcriptome, cells without a place."""
    cells = read_table(data, "pdac_A/scrna_reference.h5ad")
    labels = cells.obs["cell_type"].astype(str)
    cells = cells[labels.isin(_common(labels)).to_numpy()]
    place = np.random.default_rng(0).permutation(cells.n_obs) / cells.n_obs
    learn = place < _SHARE_OF_REFERENCE
    middle = (1 + _SHARE_OF_REFERENCE) / 2
    part = (place >= _SHARE_OF_REFERENCE) & ((place < middle) == development)
    reference = cells[learn]
    genes = _variable_genes(sp.csr_matrix(reference.X))
    return _pair(cells[part][:, genes].copy(), reference[:, genes].copy())


#: Readers by name. merfish-10x is the hard one: a thin reference of another technique.
EXPRESSION_SETS: dict[str, ExpressionSet] = {
    "starmap": ExpressionSet(CELL_SETS["starmap"]),
    "merfish": ExpressionSet(_merfish),
    "merfish-10x": ExpressionSet(CELL_SETS["merfish"]),
    "xenium": ExpressionSet(CELL_SETS["xenium"]),
    "pdac": ExpressionSet(_pdac, has_places=False),
}


def _common(labels: object, least: int = 10) -> set[str]:
    """Types with enough cells that both parts and the reference hold some."""
    import pandas as pd

    counted = pd.Series(labels).value_counts()
    return set(counted.index[counted >= least])


def _variable_genes(counts: sp.csr_matrix) -> npt.NDArray[np.intp]:
    """The genes whose logarithmic expression varies most, in the order of the table."""
    totals = np.asarray(counts.sum(axis=1, dtype=float)).ravel()
    scaled = sp.diags(np.median(totals) / np.maximum(totals, 1)) @ counts
    logged = scaled.log1p()
    mean = np.asarray(logged.mean(axis=0)).ravel()
    variance = np.asarray(logged.multiply(logged).mean(axis=0)).ravel() - mean**2
    return np.sort(np.argsort(-variance, kind="stable")[:_MOST_GENES])


def _pair(cells: AnnData, reference: AnnData) -> RealCells:
    import pandas as pd

    known = Reference.from_table(reference)
    codes = pd.Index(known.types).get_indexer(cells.obs["cell_type"].astype(str))
    kept = np.flatnonzero(codes >= 0)
    yx = np.zeros((cells.n_obs, 2))
    if "spatial" in cells.obsm:
        yx = np.asarray(cells.obsm["spatial"], float)[:, ::-1]
    return RealCells(
        sp.csr_matrix(cells.X)[kept],
        yx[kept],
        codes[kept].astype(np.int64),
        tuple(map(str, cells.var_names)),
        known,
    )
