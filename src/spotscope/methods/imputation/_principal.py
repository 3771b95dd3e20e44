"""Neighbours in the directions that both techniques share: SpaGE's idea, from its equations.

Principal components P of the panel and Q of the reference on shared genes are compared by the
singular values of Qᵀ P = U Σ Vᵀ (cosines of the angles between the two spaces); the reference's
principal vectors Q U with a cosine above a bound are kept, both tables are seen along them, and a
cell has what its k nearest reference cells have, nearest by the angle, each weighed by one minus
its share of the distances. Abdelaal et al. 2020, Nucleic Acids Research 48, e107.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.imputation._tables import Floats, neighbour_shares, standard, totals

if TYPE_CHECKING:
    import scipy.sparse as sp

__all__ = ["principal_impute"]

_DIRECTIONS = 30
_LEAST_COSINE = 0.3
_NEIGHBOURS = 50


def principal_impute(
    shared: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    learned: sp.csr_matrix,
    learned_codes: npt.NDArray[np.integer],
    wanted: sp.csr_matrix,
) -> Floats:
    """Give every cell what its nearest reference cells have, in the directions both share.

    Parameters and result are those of :func:`type_mean_impute`; types are not looked at.
    """
    z, x = standard(shared), standard(learned)
    vectors = _common_directions(z, x)
    cells, others = _to_length(z @ vectors), _to_length(x @ vectors)

    def by_distance(alike: Floats) -> Floats:
        apart = 1 - alike
        weight = 1 - apart / np.maximum(apart.sum(axis=1, keepdims=True), 1e-12)
        return np.asarray(weight * (apart < 1))

    found = neighbour_shares(cells, others, _NEIGHBOURS, by_distance, learned, wanted)
    return totals(shared)[:, None] * found


def _common_directions(z: Floats, x: Floats) -> Floats:
    """(gene, direction) principal vectors of the reference that the panel has too."""
    n = max(1, min(_DIRECTIONS, z.shape[1] - 1, len(z), len(x)))
    there = _components(x, n)
    left, cosines, _ = np.linalg.svd(there.T @ _components(z, n))
    kept = cosines >= min(_LEAST_COSINE, cosines.max())
    return np.asarray(there @ left[:, kept])


def _components(rows: Floats, n: int) -> Floats:
    centred = rows - rows.mean(axis=0)
    return np.asarray(np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :n])


def _to_length(rows: Floats) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
