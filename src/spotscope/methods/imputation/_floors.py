"""Simple ways to tell genes that a panel lacks, each at the depth of its cell.

With y the counts of a panel cell, t their total over shared genes, and the same for the reference:

    type mean   t · (mean count of the gene) / (mean total), over reference cells of its type
    kNN         t · Σ_n w_n y_ng / t_n, over the k reference cells of the highest correlation
    ridge       t · B z,  B fitted in the reference alone:  min |Y / t - Z B|² + λ |B|²

z are shared genes as log(1 + y / t · T), standardised in each table apart: a gene that one
technique catches better than the other is then alike in both. The fourth, kNN along principal
vectors, is in ``_principal``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.imputation._principal import principal_impute
from spotscope.methods.imputation._tables import (
    Floats,
    neighbour_shares,
    shares,
    standard,
    totals,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    import scipy.sparse as sp

__all__ = ["FLOORS", "knn_impute", "ridge_impute", "type_mean_impute"]

_NEIGHBOURS = 50
#: Penalty in units of the reference's cells: a shared gene's weight is halved where it explains
#: a hundredth of another's variance.
_RIDGE = 0.01


def type_mean_impute(
    shared: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    learned: sp.csr_matrix,
    learned_codes: npt.NDArray[np.integer],
    wanted: sp.csr_matrix,
) -> Floats:
    """Give every cell the mean of its type.

    Parameters
    ----------
    shared, codes
        (cell, shared gene) counts of the panel, and (cell,) types; -1 where unknown.
    learned, learned_codes, wanted
        (reference cell, shared gene), (reference cell,), (reference cell, wanted gene).

    Returns
    -------
    (cell, wanted gene) expected counts.
    """
    n_types = int(max(codes.max(), learned_codes.max())) + 1
    picker = np.zeros((n_types, len(learned_codes)))
    picker[learned_codes, np.arange(len(learned_codes))] = 1
    picker = np.vstack([picker, np.ones(len(learned_codes))])  # without a type (-1): of all cells
    rates = np.asarray(picker @ wanted) / np.maximum(picker @ totals(learned), 1e-12)[:, None]
    return totals(shared)[:, None] * rates[codes]


def knn_impute(
    shared: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    learned: sp.csr_matrix,
    learned_codes: npt.NDArray[np.integer],
    wanted: sp.csr_matrix,
) -> Floats:
    """Give every cell what the reference cells most like it have; types are not looked at.

    Parameters and result are those of :func:`type_mean_impute`.
    """
    cells, others = _unit(standard(shared)), _unit(standard(learned))
    found = neighbour_shares(
        cells, others, _NEIGHBOURS, lambda alike: np.maximum(alike, 1e-6), learned, wanted
    )
    return totals(shared)[:, None] * found


def ridge_impute(
    shared: sp.csr_matrix,
    codes: npt.NDArray[np.integer],
    learned: sp.csr_matrix,
    learned_codes: npt.NDArray[np.integer],
    wanted: sp.csr_matrix,
) -> Floats:
    """Predict the missing genes from the shared ones by ridge regression within the reference.

    Parameters and result are those of :func:`type_mean_impute`.
    """
    z, x = standard(shared), standard(learned)
    share = shares(learned, wanted)
    mean = share.mean(axis=0)
    gram = x.T @ x + _RIDGE * len(x) * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x.T @ (share - mean))
    return totals(shared)[:, None] * np.maximum(mean + z @ weights, 0)


#: By name, as on the command line.
FLOORS: dict[str, Callable[..., Floats]] = {
    "mean": type_mean_impute,
    "knn": knn_impute,
    "ridge": ridge_impute,
    "principal": principal_impute,
}


def _unit(rows: Floats) -> Floats:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
