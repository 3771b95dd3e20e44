"""Three simple ways to tell genes that a panel lacks, each at the depth of its cell.

With y the counts of a panel cell, t their total over shared genes, and the same for the reference:

    type mean   t · (mean count of the gene) / (mean total), over reference cells of its type
    kNN         t · Σ_n w_n y_ng / t_n, over the k reference cells of the highest correlation
    ridge       t · B z,  B fitted in the reference alone:  min |Y / t - Z B|² + λ |B|²

z are shared genes as log(1 + y / t · T), standardised in each table apart: a gene that one
technique catches better than the other is then alike in both. SpaGE (Abdelaal et al. 2020, Nucleic
Acids Research 48, e107) differs from this kNN by projecting on principal vectors first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

    import scipy.sparse as sp

__all__ = ["FLOORS", "knn_impute", "ridge_impute", "type_mean_impute"]

Floats = npt.NDArray[np.float64]
_NEIGHBOURS = 50
#: Penalty in units of the reference's cells: a shared gene's weight is halved where it explains
#: a hundredth of another's variance.
_RIDGE = 0.01
_SPREAD = 4.0
_BLOCK = 512


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
        (cell, shared gene) counts of the panel, and (cell,) types.
    learned, learned_codes, wanted
        (reference cell, shared gene), (reference cell,), (reference cell, wanted gene).

    Returns
    -------
    (cell, wanted gene) expected counts.
    """
    n_types = int(max(codes.max(), learned_codes.max())) + 1
    picker = np.zeros((n_types, len(learned_codes)))
    picker[learned_codes, np.arange(len(learned_codes))] = 1
    totals = _totals(learned)
    rates = np.asarray(picker @ wanted) / np.maximum(picker @ totals, 1e-12)[:, None]
    return _totals(shared)[:, None] * rates[codes]


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
    cells, others = _unit(_standard(shared)), _unit(_standard(learned))
    share = _shares(learned, wanted)
    found = np.zeros((cells.shape[0], wanted.shape[1]))
    k = min(_NEIGHBOURS, len(others))
    for start in range(0, len(cells), _BLOCK):
        alike = cells[start : start + _BLOCK] @ others.T
        near = np.argpartition(-alike, k - 1, axis=1)[:, :k]
        weight = np.maximum(np.take_along_axis(alike, near, axis=1), 1e-6)
        weight /= weight.sum(axis=1, keepdims=True)
        found[start : start + _BLOCK] = np.einsum("ck,ckg->cg", weight, share[near])
    return _totals(shared)[:, None] * found


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
    z, x = _standard(shared), _standard(learned)
    share = _shares(learned, wanted)
    mean = share.mean(axis=0)
    gram = x.T @ x + _RIDGE * len(x) * np.eye(x.shape[1])
    weights = np.linalg.solve(gram, x.T @ (share - mean))
    return _totals(shared)[:, None] * np.maximum(mean + z @ weights, 0)


#: By name, as on the command line.
FLOORS: dict[str, Callable[..., Floats]] = {
    "mean": type_mean_impute,
    "knn": knn_impute,
    "ridge": ridge_impute,
}


def _totals(counts: sp.csr_matrix) -> Floats:
    return np.asarray(counts.sum(axis=1, dtype=float)).ravel()


def _shares(learned: sp.csr_matrix, wanted: sp.csr_matrix) -> Floats:
    """(reference cell, wanted gene) counts over the cell's total of shared genes."""
    return np.asarray(wanted.todense(), float) / np.maximum(_totals(learned), 1)[:, None]


def _standard(counts: sp.csr_matrix) -> Floats:
    """(cell, gene) logarithms at one depth, columns of mean 0 and deviation 1, cut at ±4."""
    totals = _totals(counts)
    depth = np.median(totals[totals > 0]) if (totals > 0).any() else 1.0
    logged = np.log1p(counts.toarray() * (depth / np.maximum(totals, 1))[:, None])
    sd = logged.std(axis=0)
    z = (logged - logged.mean(axis=0)) / np.where(sd > 0, sd, 1)
    return np.clip(z, -_SPREAD, _SPREAD)


def _unit(rows: Floats) -> Floats:
    rows = rows - rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))
