"""Products with sparse counts, some rows at a time.

scipy turns a matrix of whole numbers into one of floats before it multiplies: of a large section,
or a large reference, that is a copy larger than itself. Here only some rows are copied at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scipy.sparse as sp

__all__ = ["chosen", "column_sums", "columns", "times"]

Floats = npt.NDArray[np.float64]

#: Stored values that are copied together.
_VALUES = 125_000


def times(counts: sp.csr_matrix, dense: Floats, *, squared: bool = False) -> Floats:
    """Multiply (row, gene) counts, or their squares, by a dense (gene,) or (gene, column)."""
    found = np.empty((counts.shape[0], *dense.shape[1:]))
    for first, last in _parts(counts):
        part = counts[first:last].astype(np.float64)
        if squared:
            part.data **= 2
        found[first:last] = part @ dense
    return found


def column_sums(counts: sp.csr_matrix, rows: npt.NDArray[np.integer] | None = None) -> Floats:
    """(gene,) counts over some rows, all by default."""
    taken = np.full(counts.shape[0], float(rows is None))
    if rows is not None:
        taken[rows] = 1.0
    found = np.zeros(counts.shape[1])
    for first, last in _parts(counts):
        found += counts[first:last].T @ taken[first:last]
    return found


def columns(counts: sp.csr_matrix, wanted: npt.NDArray[np.integer]) -> sp.csr_matrix:
    """Some columns, sorted within rows; the matrix itself, not a copy, when all are wanted."""
    if np.array_equal(wanted, np.arange(counts.shape[1])) and counts.has_sorted_indices:
        return counts
    found = counts[:, wanted].tocsr()
    found.sort_indices()
    return found


def chosen(counts: sp.csr_matrix, selector: sp.csr_matrix) -> sp.csr_matrix:
    """(row, shared gene) ``counts @ selector``, copied only where genes are left out or added up.

    Parameters
    ----------
    counts
        (row, gene).
    selector
        (gene, shared gene) of ones, as of a ``GeneSpace``.
    """
    by_gene = selector.tocsc()
    if (np.diff(by_gene.indptr) == 1).all():
        return columns(counts, by_gene.indices)
    found = (counts @ selector).tocsr()
    found.sort_indices()
    return found


def _parts(counts: sp.csr_matrix) -> Iterator[tuple[int, int]]:
    """(first, last) rows that together hold so many values."""
    first, n = 0, counts.shape[0]
    while first < n:
        last = int(np.searchsorted(counts.indptr, counts.indptr[first] + _VALUES, side="right")) - 1
        last = min(max(last, first + 1), n)
        yield first, last
        first = last
