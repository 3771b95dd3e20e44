"""Spots, or cells whose expression was inferred, as points of a plane: alike lies near alike.

    z = log(1 + counts at the median depth),  the most variable genes, centred;  Z = U S Vᵀ

PCA shows the first two columns of U S. UMAP, where the package umap-learn is installed (it comes
with the extra ``analysis``), lays out the first 30. Distances between far groups mean little in
either, and axes have no unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.model import ExpressionKey, MethodError, MissingDependencyError, Progress
from spotscope.pipeline._umap import can_lay_out, umap_task

if TYPE_CHECKING:
    from spotscope.model import Session, Task

__all__ = ["EmbedHow", "EmbedOf", "Embedding", "embed_step"]

EmbedOf = Literal["spots", "cells"]
EmbedHow = Literal["pca", "umap"]
_GENES, _COMPONENTS = 1000, 30


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Points of a plane.

    Parameters
    ----------
    of
        "spots" or "cells".
    how
        "pca" or "umap".
    rows
        (point,) rising row of each point in the spot or cell table.
    xy
        (point, 2).
    explained
        Share of the variance in each of the two axes of a PCA; NaN for others.
    """

    of: EmbedOf
    how: EmbedHow
    rows: npt.NDArray[np.intp]
    xy: npt.NDArray[np.float32]
    explained: tuple[float, float]


def embed_step(session: Session, of: EmbedOf = "spots", how: EmbedHow = "pca") -> Task[Embedding]:
    """Lay out a session's spots or cells.

    Parameters
    ----------
    session
        With spots; for cells, with inferred expression.
    of
        What the points are.
    how
        "umap" needs umap-learn.

    Raises
    ------
    MethodError
        If there are too few points.
    MissingDependencyError
        If UMAP is asked for and not installed.
    """
    if how == "umap" and not can_lay_out():
        raise MissingDependencyError(
            'Expected umap-learn, found no such package; pip install "spotscope[analysis]", or '
            "take PCA."
        )
    yield Progress("scaling genes", 0, 3)
    rows, values = _spots(session) if of == "spots" else _cells(session)
    if len(rows) < 3 or values.shape[1] < 2:
        raise MethodError(
            f"Expected at least 3 {of} with 2 genes that vary, found {len(rows)} with "
            f"{values.shape[1]}; infer expression first, or lay out the spots."
        )
    yield Progress("finding the main directions", 1, 3)
    scores, variance, total = _components(values)
    if how == "pca":
        first, second = (float(one / max(total, 1e-12)) for one in variance[:2])
        return Embedding(of, how, rows, scores[:, :2].astype(np.float32), (first, second))
    return Embedding(of, how, rows, (yield from umap_task(scores)), (np.nan, np.nan))


def _spots(session: Session) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    spots = session.sample.spots
    if spots is None:
        raise MethodError("Expected spots, found none; open the spots of this sample.")
    umis = np.asarray(spots.umis, float)
    rows = np.flatnonzero(umis > 0)
    if not len(rows):
        return rows, np.zeros((0, 0), np.float32)
    scale = np.median(umis[rows]) / umis[rows]
    scaled = sp.csr_matrix(sp.diags_array(scale) @ sp.csr_matrix(spots.counts)[rows], dtype=float)
    scaled.data = np.log1p(scaled.data)
    mean = np.asarray(scaled.mean(axis=0)).ravel()
    square = np.asarray(scaled.multiply(scaled).mean(axis=0)).ravel()
    genes = _variable(square - mean**2)
    return rows, np.asarray(scaled[:, genes].todense(), np.float32)


def _cells(session: Session) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    cells = session.cells
    if cells is None or ExpressionKey.MEAN not in cells.table.layers:
        raise MethodError(
            "Expected cells whose expression is known, found none; run the Expression step first."
        )
    mean = cells.table.layers[ExpressionKey.MEAN]
    rows = np.flatnonzero(np.isfinite(mean[:, 0]))
    logs = np.log1p(np.maximum(mean[rows], 0))
    return rows, logs[:, _variable(logs.var(axis=0))] if len(rows) else logs


def _variable(variance: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.intp]:
    """Places of the most variable genes, none that never varies."""
    order = np.argsort(-variance, kind="stable")[:_GENES]
    return np.asarray(np.sort(order[variance[order] > 1e-12]), np.intp)


def _components(
    values: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """(point, component) scores, the variance of each, and all variance.

    From the covariance of the genes, whose number is bounded: one pass over the points. Signs are
    such that the largest loading is positive.
    """
    centred = values - values.mean(axis=0)
    covariance = (centred.T @ centred).astype(np.float64) / max(len(values) - 1, 1)
    variance, axes = np.linalg.eigh(covariance)
    first = np.argsort(-variance)[:_COMPONENTS]
    axes = axes[:, first]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(len(first))])
    return centred @ axes, variance[first], float(np.trace(covariance))
