"""Measured single cells whose types are known, read and brought to one form.

Every set is a pair: cells with places, of which spots are made, and a reference of other cells. The
names of types are those of the reference; cells whose type it lacks, or that have none, are left
out before anything is summed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import ReadError, Reference

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import scipy.sparse as sp
    from anndata import AnnData

__all__ = ["CELL_SETS", "RealCells", "read_table"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class RealCells:
    """Cells of one tissue, and the reference they are typed from.

    Parameters
    ----------
    counts
        (cell, gene) raw counts.
    yx_um
        (cell, 2).
    codes
        (cell,) true types, an index into ``reference.types``.
    genes
        Names of the genes.
    reference
        Other cells.
    """

    counts: sp.csr_matrix
    yx_um: Floats
    codes: npt.NDArray[np.int64]
    genes: tuple[str, ...]
    reference: Reference

    def take(self, cells: npt.NDArray[np.intp]) -> RealCells:
        """Only some cells; the reference stays."""
        return RealCells(
            self.counts[cells], self.yx_um[cells], self.codes[cells], self.genes, self.reference
        )


def read_table(data: Path, name: str) -> AnnData:
    """Read one table of the data folder.

    Raises
    ------
    ReadError
        If it is not there.
    """
    import anndata

    path = data / name
    if not path.is_file():
        raise ReadError(
            f"Expected the benchmark's data at {path}, found nothing; say where the data sets lie "
            "(--data DIR)."
        )
    return anndata.read_h5ad(path)


def _starmap(data: Path, development: bool, seed: int) -> RealCells:
    """Mouse visual cortex: one section typed from the other."""
    cells = read_table(data, "starmap_v1/cells.h5ad")
    section = cells.obs["section"].astype(str).to_numpy()
    here = section == ("Dat1" if development else "Dat2")
    return _pair(cells[here], cells[~here].copy())


#: MERFISH classes by the names of the single-cell reference; both are of one laboratory.
_MPOA_NAMES = {
    "Inhibitory": "Inhibitory",
    "Excitatory": "Excitatory",
    "Astrocyte": "Astrocytes",
    "Ependymal": "Ependymal",
    "Microglia": "Microglia",
    "Pericytes": "Mural",
    **{f"Endothelial {i}": "Endothelial" for i in (1, 2, 3)},
    **{f"OD Mature {i}": "Mature oligodendrocyte" for i in (1, 2, 3, 4)},
    **{f"OD Immature {i}": "Immature oligodendrocyte" for i in (1, 2)},
}


def _merfish(data: Path, development: bool, seed: int) -> RealCells:
    """Mouse preoptic area by MERFISH, typed from a thin single-cell reference of its panel."""
    cells = read_table(data, "merfish_mpoa/merfish_bregma-0.29.h5ad")
    reference = read_table(data, "merfish_mpoa/scrna_reference_panel.h5ad")
    names = set(_MPOA_NAMES.values())
    kept = reference.obs["cell_type"].astype(str).isin(names).to_numpy()
    cells.obs["cell_type"] = cells.obs["cell_type"].astype(str).map(_MPOA_NAMES)
    return _half(_pair(cells, reference[kept].copy()), development, axis=1)


def _osmfish(data: Path, development: bool, seed: int) -> RealCells:
    """Mouse somatosensory cortex, 33 genes: a random half of the cells types the other half."""
    cells = read_table(data, "osmfish_ssc/cells.h5ad")
    cells = cells[(cells.obs["valid"] == 1).to_numpy()]
    drawn = np.random.default_rng(seed).random(cells.n_obs) < 0.5
    return _half(_pair(cells[~drawn], cells[drawn].copy()), development, axis=0)


def _xenium(data: Path, development: bool, seed: int) -> RealCells:
    """Human breast cancer: cells of one section typed from cells of another."""
    cells = read_table(data, "janesick_breast/xenium_dev.h5ad")
    reference = read_table(data, "janesick_breast/xenium_rep1_sample.h5ad")
    return _half(_pair(cells, reference), development, axis=1)


#: Readers by name: (data folder, development half or reporting half, seed).
CELL_SETS: dict[str, Callable[[Path, bool, int], RealCells]] = {
    "starmap": _starmap,
    "merfish": _merfish,
    "osmfish": _osmfish,
    "xenium": _xenium,
}


def _pair(cells: AnnData, reference: AnnData) -> RealCells:
    import pandas as pd
    import scipy.sparse as sp

    known = Reference.from_table(reference)
    codes = pd.Index(known.types).get_indexer(cells.obs["cell_type"].astype(str))
    kept = np.flatnonzero(codes >= 0)
    return RealCells(
        sp.csr_matrix(cells.X)[kept],
        np.asarray(cells.obsm["spatial"], float)[kept, ::-1],
        codes[kept].astype(np.int64),
        tuple(map(str, cells.var_names)),
        known,
    )


def _half(cells: RealCells, development: bool, axis: int) -> RealCells:
    """Development has the cells below the median along an axis, reporting those above."""
    place = cells.yx_um[:, axis]
    below = place < np.median(place)
    return cells.take(np.flatnonzero(below if development else ~below))
