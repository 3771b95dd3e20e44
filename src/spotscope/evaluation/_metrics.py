"""How well cells were typed: one definition each.

Throughout, P̂ and P are (spot, type) proportions, found and true, whose rows sum to 1. A row of 0
says that the spot has no cell; where either side has one, the spot is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "CompositionError",
    "calibration_by_chance",
    "calibration_error",
    "cell_error",
    "composition_error",
    "jensen_shannon",
    "pcc",
    "pcc_per_type",
    "rmse",
]

Floats = npt.NDArray[np.float64]


def pcc(found: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Pearson correlation of all entries: cov(P̂, P) / (sd(P̂) sd(P)).

    Parameters
    ----------
    found, truth
        Arrays of one shape, such as (spot, type).

    Returns
    -------
    -1 to 1; NaN when either is constant, as nothing can be said then.
    """
    a, b = _same_shape(found, truth)
    if a.size == 0 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    a, b = a.ravel() - a.mean(), b.ravel() - b.mean()
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))


def pcc_per_type(found: npt.ArrayLike, truth: npt.ArrayLike) -> Floats:
    """(type,) Pearson correlation over spots, for each column; NaN for a constant one."""
    a, b = _same_shape(found, truth)
    return np.array([pcc(a[:, k], b[:, k]) for k in range(a.shape[1])])


def rmse(found: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Root mean square error over all entries: √ mean (P̂ - P)²."""
    a, b = _same_shape(found, truth)
    return float(np.sqrt(((a - b) ** 2).mean()))


def jensen_shannon(found: npt.ArrayLike, truth: npt.ArrayLike) -> Floats:
    """(spot,) Jensen-Shannon divergence of each row, in bits: 0 the same, 1 nothing in common.

        JS(p, q) = ½ Σ p log₂(p / m) + ½ Σ q log₂(q / m),   m = (p + q) / 2

    Rows are scaled to sum to 1 first; a row of 0 on either side gives NaN.
    """
    a, b = _same_shape(found, truth)
    with np.errstate(divide="ignore", invalid="ignore"):
        p, q = a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)
        middle = (p + q) / 2
        terms = np.where(p > 0, p * np.log2(p / middle), 0)
        terms = terms + np.where(q > 0, q * np.log2(q / middle), 0)
    known = (a.sum(axis=1) > 0) & (b.sum(axis=1) > 0)
    return np.where(known, np.maximum(terms.sum(axis=1) / 2, 0), np.nan)


@dataclass(frozen=True, slots=True)
class CompositionError:
    """How far found proportions are from the true ones.

    Parameters
    ----------
    n_spots, n_left_out
        Spots compared, and those without a cell on either side.
    pcc, pcc_median
        Correlation over all entries, and the median of that of each type.
    rmse
        Root mean square error.
    js_mean
        Mean Jensen-Shannon divergence of a spot, in bits.
    """

    n_spots: int
    n_left_out: int
    pcc: float
    pcc_median: float
    rmse: float
    js_mean: float


def composition_error(found: npt.ArrayLike, truth: npt.ArrayLike) -> CompositionError:
    """Compare (spot, type) proportions, or counts, which are scaled to sum to 1 in each spot.

    Types without any variation over spots, on either side, have no correlation and do not enter
    ``pcc_median``.
    """
    a, b = _same_shape(found, truth)
    known = (a.sum(axis=1) > 0) & (b.sum(axis=1) > 0)
    a, b = (rows[known] / rows[known].sum(axis=1, keepdims=True) for rows in (a, b))
    if not known.any():
        nan = float("nan")
        return CompositionError(0, len(known), nan, nan, nan, nan)
    each = pcc_per_type(a, b)
    each = each[np.isfinite(each)]
    return CompositionError(
        n_spots=int(known.sum()),
        n_left_out=int((~known).sum()),
        pcc=pcc(a, b),
        pcc_median=float(np.median(each)) if each.size else float("nan"),
        rmse=rmse(a, b),
        js_mean=float(jensen_shannon(a, b).mean()),
    )


def cell_error(found: npt.ArrayLike, truth: npt.ArrayLike) -> float:
    """Share of cells with a wrong type; a cell left untyped (-1) is wrong.

    Parameters
    ----------
    found, truth
        (cell,) codes of types; cells whose truth is -1 are left out.

    Returns
    -------
    0 to 1; NaN when no truth is known.
    """
    a, b = np.asarray(found), np.asarray(truth)
    assert a.shape == b.shape, (a.shape, b.shape)
    known = b >= 0
    return float((a[known] != b[known]).mean()) if known.any() else float("nan")


def calibration_error(support: npt.ArrayLike, right: npt.ArrayLike, bins: int = 10) -> float:
    """Expected calibration error: how far what is said to be sure is from being right.

        ECE = Σ_b n_b / n | mean support - share right |_b     over bins of support of one width

    Parameters
    ----------
    support
        (cell,) probability that the answer is right, 0 to 1.
    right
        (cell,) whether it is.
    bins
        Of equal width.

    Returns
    -------
    0 to 1; NaN without cells.
    """
    a, b = _same_shape(support, right)
    if a.size == 0:
        return float("nan")
    where = np.minimum((a * bins).astype(int), bins - 1)
    gap = np.bincount(where, a - b, bins)
    return float(np.abs(gap).sum() / a.size)


def calibration_by_chance(support: npt.ArrayLike, draws: int = 20, bins: int = 10) -> float:
    """ECE that perfectly calibrated support has by chance among so many cells, a mean of draws.

    Parameters
    ----------
    support
        (cell,) probability that the answer is right, 0 to 1; taken as true here.
    draws
        Of who is right.
    bins
        As in :func:`calibration_error`.
    """
    rng, p = np.random.default_rng(0), np.asarray(support, float)
    return float(
        np.mean([calibration_error(p, rng.random(p.size) < p, bins) for _ in range(draws)])
    )


def _same_shape(found: Any, truth: Any) -> tuple[Floats, Floats]:
    a, b = np.asarray(found, float), np.asarray(truth, float)
    assert a.shape == b.shape, (a.shape, b.shape)
    return a, b
