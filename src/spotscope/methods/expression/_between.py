"""Nuclei that no spot sees: as their type is, and as cells of it around them differ from it.

Of the cells in spots, z are the latents told by counts, in standard deviations of their types. The
mean z̄ of the cells of one type that are near (of the 60 nearest cells in spots those of the type,
15 at most) foretells a cell's own as far as it does so for cells in spots, from cells of other
spots:

    ẑ_j = β_j z̄_j,    β_j = Σ_c z_cj z̄_cj / Σ_c z̄_cj²,  between 0 and 1

so a section without niches has β = 0, and every nucleus its type's mean. Without a cell of its type
around it z̄ is 0 too. A type may differ from the reference in all of the section: that is in z̄.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

if TYPE_CHECKING:
    from scipy.spatial import cKDTree

__all__ = ["around", "lean"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NEAREST, _OF_TYPE = 60, 15


def lean(
    z: Floats,
    yx_um: Floats,
    codes: npt.NDArray[np.integer],
    spots: npt.NDArray[np.integer],
    wanted_yx_um: Floats,
    wanted_codes: npt.NDArray[np.integer],
) -> Floats:
    """(nucleus, latent) ẑ of nuclei between spots.

    Parameters
    ----------
    z, yx_um, codes, spots
        (cell, latent), (cell, 2), (cell,) and (cell,) of cells in spots.
    wanted_yx_um, wanted_codes
        (nucleus, 2) and (nucleus,) of those between.
    """
    from scipy.spatial import cKDTree

    if not len(z) or not len(wanted_codes):
        return np.zeros((len(wanted_codes), z.shape[1]))
    tree = cKDTree(yx_um)
    known = around(tree, codes, yx_um, codes, spots, spots) @ z
    worth = (known * z).sum(axis=0) / np.maximum((known * known).sum(axis=0), 1e-12)
    near = around(tree, codes, wanted_yx_um, wanted_codes)
    return np.asarray((near @ z) * np.clip(worth, 0, 1))


def around(
    tree: cKDTree,
    codes: npt.NDArray[np.integer],
    yx_um: Floats,
    wanted: npt.NDArray[np.integer],
    spots: npt.NDArray[np.integer] | None = None,
    own: npt.NDArray[np.integer] | None = None,
) -> sp.csr_matrix:
    """(nucleus, cell) equal weights of the cells of its type around each; rows sum to 1 or 0.

    Parameters
    ----------
    tree, codes
        Places and types of the cells.
    yx_um, wanted
        (nucleus, 2) and (nucleus,) types.
    spots, own
        (cell,) and (nucleus,) spots: cells of a nucleus' own spot are left out.
    """
    k = min(_NEAREST, len(codes))
    near = tree.query(yx_um, k=k)[1].reshape(len(wanted), k)
    taken = codes[near] == np.asarray(wanted)[:, None]
    if spots is not None and own is not None:
        taken &= spots[near] != own[:, None]
    taken &= taken.cumsum(axis=1) <= _OF_TYPE
    row, column = np.nonzero(taken)
    weight = 1 / taken.sum(axis=1)[row] if len(row) else np.zeros(0)
    return sp.csr_matrix((weight, (row, near[row, column])), shape=(len(wanted), len(codes)))
