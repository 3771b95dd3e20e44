"""What one cell of a type gives to each gene, and how cells of one type differ.

A reference cell is brought to the mean depth of its type, x' = f x with f = d_k / total, so that a
few rich cells do not make the profile. Then, over the cells of type k,

    mean_kg = E x',    poisson_kg = E f x',    between_kg = var x' - poisson_kg   (0 at least),

and what moves several genes at once is kept as the largest directions L of the covariance within
types, cells weighted so that each type counts as it does in the section. A type of few cells
borrows the relative variance of the others: with n_k cells it counts n_k / (n_k + 20).

The depth is d_k = g (t_k / g)^0.7, t_k the mean total of the type, g the geometric mean of all: how
much RNA types hold differs between platforms, so the ratio is trusted in part. (Chosen on the
development parts of the benchmark, as is the number of directions.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.linalg import LinearOperator, eigsh

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.model import Reference

__all__ = ["CellMoments", "between_cells", "cell_moments"]

Floats = npt.NDArray[np.float64]

#: Trust in the reference's ratios of RNA per cell.
SIZE_POWER = 0.7
#: Directions in which genes vary together.
_DIRECTIONS = 15
_FEW_CELLS = 20
#: A profile of n cells is known to about one half of a count of the mean profile in n cells.
_HALF_COUNTS = 2.0
_LEAST_VARIANCE = 0.02
_LARGEST_DENSE = 64
#: Cells of the reference that are looked at together.
_CELLS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True, eq=False)
class CellMoments:
    """Means and variances of one cell, in counts of the reference.

    Parameters
    ----------
    mean, poisson, between
        (type, gene), as in the module.
    directions
        (gene, direction) L: L Lᵀ is what genes vary together.
    size
        (type,) mean counts of a cell over all genes, as trusted.
    n_cells
        (type,) reference cells.
    """

    mean: Floats
    poisson: Floats
    between: Floats
    directions: Floats
    size: Floats
    n_cells: Floats


def between_cells(reference: Reference, picked: sp.csr_matrix) -> float:
    """Relative variance between cells of one type beyond Poisson's, over the picked genes.

        Σ_kg (Σ_c (x - t_c μ_kg)² - x) / Σ_kgc (t_c μ_kg)²

    About 0 when cells of a type differ only by chance, as in a simulation; 0.1 to 0.6 in tissue.
    """
    totals = reference.totals()
    shape = (reference.n_types, picked.shape[1])
    sums, squares, crossed = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for picker, cells, of in _parts(reference, picked, totals):
        sums += np.asarray((picker @ cells).todense())
        squares += np.asarray((picker @ cells.multiply(cells)).todense())
        crossed += np.asarray((picker @ sp.diags(of) @ cells).todense())
    depth = np.bincount(reference.codes, totals, shape[0])
    depth2 = np.bincount(reference.codes, totals**2, shape[0])
    share = sums / np.maximum(depth, 1.0)[:, None]
    expected = share**2 * depth2[:, None]
    excess = squares - 2 * share * crossed + expected - sums
    return float(excess.sum() / max(expected.sum(), 1e-300))


def cell_moments(reference: Reference, picked: sp.csr_matrix, mix: Floats) -> CellMoments:
    """Measure the cells of a reference; only sparse products are made.

    Parameters
    ----------
    reference
        Raw counts.
    picked
        (reference gene, gene) one-hot choice of the genes that are used.
    mix
        (type,) share of the section's cells, roughly; weighs what types have in common.
    """
    totals, codes = reference.totals(), reference.codes
    n = np.bincount(codes, totals > 0, reference.n_types).astype(np.float64)
    mean_total = np.bincount(codes, totals, reference.n_types) / np.maximum(n, 1)
    mean_total = np.maximum(mean_total, 1e-9)
    middle = float(np.exp(np.log(mean_total).mean()))
    size = middle * (mean_total / middle) ** SIZE_POWER
    factor = size[codes] / np.maximum(totals, 1.0)
    shape = (reference.n_types, picked.shape[1])
    mean, poisson, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for picker, cells, of in _parts(reference, picked, factor):
        scaled = (sp.diags(of) @ cells).tocsr()
        mean += np.asarray((picker @ scaled).todense())
        poisson += np.asarray((picker @ sp.diags(of) @ scaled).todense())
        scaled.data **= 2
        squares += np.asarray((picker @ scaled).todense())
    per = 1 / np.maximum(n, 1)[:, None]
    mean, poisson, variance = mean * per, poisson * per, squares * per - (mean * per) ** 2
    some = _spread_over_types(codes, totals > 0)
    few = (sp.diags(factor[some]) @ (reference.table.X[some] @ picked)).tocsr()
    directions = _directions(few, codes[some], mix, poisson)
    mean = mean + _HALF_COUNTS * mean.mean(axis=0) * per
    between = _borrowed(variance - poisson, mean, n, mix)
    return CellMoments(mean, poisson, between, directions, size, n)


def _parts(
    reference: Reference, picked: sp.csr_matrix, value: Floats
) -> Iterator[tuple[sp.csr_matrix, sp.csr_matrix, Floats]]:
    """Some cells at a time: (type, cell) indicator, their counts as floats, and their values.

    A reference is never copied whole.
    """
    table, codes = reference.table.X, reference.codes
    for first in range(0, len(codes), _CELLS_AT_ONCE):
        part = slice(first, first + _CELLS_AT_ONCE)
        cells = (table[part] @ picked).astype(np.float64)
        n = cells.shape[0]
        ones = (np.ones(n), (codes[part], np.arange(n)))
        yield sp.csr_matrix(ones, shape=(reference.n_types, n)), cells, value[part]


def _spread_over_types(
    codes: npt.NDArray[np.int16], seen: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    """Cells with counts, at most a few ten thousand of them, evenly from every type."""
    order = np.argsort(codes, kind="stable")
    order = order[seen[order]]
    step = -(-len(order) // _CELLS_AT_ONCE)
    return np.sort(order[::step])


def _borrowed(between: Floats, mean: Floats, n: Floats, mix: Floats) -> Floats:
    """(type, gene) variance between cells; types of few cells take the gene's, over all types."""
    positive = np.maximum(between, 0.0)
    relative = (mix @ positive) / np.maximum(mix @ mean**2, 1e-12)
    own = (n / (n + _FEW_CELLS))[:, None]
    shrunk = own * between + (1 - own) * np.maximum(relative, 0.05) * mean**2
    return np.asarray(np.maximum(shrunk, _LEAST_VARIANCE * mean**2))


def _directions(
    scaled: sp.csr_matrix, codes: npt.NDArray[np.int16], mix: Floats, poisson: Floats
) -> Floats:
    """(gene, direction) largest directions of the covariance within types, without Poisson's."""
    n_types = len(mix)
    number = np.bincount(codes, minlength=n_types)
    weight = mix / np.maximum(number, 1)
    picker = sp.csr_matrix(
        (weight[codes], (codes, np.arange(len(codes)))), shape=(n_types, len(codes))
    )
    mean = np.asarray((picker @ scaled).todense()) / np.maximum(mix, 1e-12)[:, None]
    each = weight[codes]
    total = np.asarray(scaled.multiply(scaled).T @ each).ravel() - mix @ mean**2
    chance = mix @ poisson
    unit = 1 / np.sqrt(np.maximum(total, 0.0) + mix @ mean + 1e-9)
    own = np.minimum(chance, 0.98 * np.maximum(total, 0.0)) * unit**2

    def times(v: Floats) -> Floats:
        x = unit * np.asarray(v).ravel()
        there = scaled.T @ (each * (scaled @ x)) - mean.T @ (mix * (mean @ x))
        return np.asarray(unit * there - own * np.asarray(v).ravel())

    n = len(unit)
    if n <= _LARGEST_DENSE:
        value, vector = np.linalg.eigh(np.stack([times(row) for row in np.eye(n)], axis=1))
        value, vector = value[-_DIRECTIONS:], vector[:, -_DIRECTIONS:]
    else:
        operator = LinearOperator((n, n), matvec=times, dtype=np.float64)
        value, vector = eigsh(operator, k=_DIRECTIONS, v0=np.ones(n), tol=1e-4)
    return np.asarray(vector * np.sqrt(np.maximum(value, 0.0)) / unit[:, None])
