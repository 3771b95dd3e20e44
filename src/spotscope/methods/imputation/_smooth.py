"""Averages over the panel's own cells: those most alike, and those nearest in the tissue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.imputation._tables import standard

if TYPE_CHECKING:
    from spotscope.methods.imputation._tables import Floats

__all__ = ["alike_cells", "nearby_cells"]

_NEIGHBOURS = 30
_DIRECTIONS = 30


def alike_cells(counts: sp.csr_matrix, k: int = _NEIGHBOURS) -> sp.csr_matrix:
    """(cell, cell) equal weights of the k cells nearest along the panel's principal components.

    Parameters
    ----------
    counts
        (cell, gene) of the panel.
    k
        Number of cells; the cell itself is not one of them.
    """
    z = standard(counts)
    centred = z - z.mean(axis=0)
    vectors = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :_DIRECTIONS]
    return _nearest(centred @ vectors, k)


def nearby_cells(yx_um: npt.NDArray[np.floating], k: int = _NEIGHBOURS) -> sp.csr_matrix:
    """(cell, cell) equal weights of the k cells nearest in the tissue.

    Parameters
    ----------
    yx_um
        (cell, 2).
    k
        Number of cells; the cell itself is not one of them.
    """
    return _nearest(np.asarray(yx_um, float), k)


def _nearest(places: Floats, k: int) -> sp.csr_matrix:
    from scipy.spatial import cKDTree

    n = len(places)
    k = min(k, n - 1)
    if k < 1:
        return sp.eye_array(n, format="csr")
    found = cKDTree(places).query(places, k=k + 1)[1]
    # of cells in one place any may come first: each leaves itself out, or else the last
    itself = found == np.arange(n)[:, None]
    itself[~itself.any(axis=1), -1] = True
    others = found[~itself].reshape(n, k)
    rows = np.repeat(np.arange(n), k)
    return sp.csr_matrix((np.full(n * k, 1 / k), (rows, others.ravel())), shape=(n, n))
