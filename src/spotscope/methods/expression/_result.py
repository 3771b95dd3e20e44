"""What expression returns."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

    import scipy.sparse as sp

__all__ = ["CellExpression"]

Floats32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class CellExpression:
    """Expression of cells, and how sure it is.

    Parameters
    ----------
    cells
        (n,) numbers of the cells, ascending.
    gene_names
        Genes, named as in the reference.
    mean
        (n, gene) expected counts of the whole cell, at the depth of its spot.
    sd
        (n, gene) standard deviation of the cell's counts about ``mean``.
    assigned
        (n, gene) CSR int32: whole counts of the spot given to the cell. Over the cells of a spot
        they sum to what the spot counted, exactly. None where nothing is shared out (imputation).
    explained
        (n, gene) 0 to 1: share of the variance between cells of one type that the data took away.
        0 where a value is the type's and says nothing of this cell.
    from_prior
        (n,) True for cells that no spot saw: their values are those of their type.
    method
        Tier that made it.
    notes
        What the user should know.
    """

    cells: npt.NDArray[np.int64]
    gene_names: tuple[str, ...]
    mean: Floats32
    sd: Floats32
    assigned: sp.csr_matrix | None
    explained: Floats32
    from_prior: npt.NDArray[np.bool_]
    method: str
    notes: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Number of cells."""
        return len(self.cells)

    def with_genes(self, names: Sequence[str], *more: CellExpression) -> CellExpression:
        """Return these genes of all, of the same cells; notes and method stay.

        Parameters
        ----------
        names
            Genes to be told, in this order: each is in one of the answers.
        *more
            Answers with genes that this one lacks.
        """
        parts = [self, *more]
        known = [name for part in parts for name in part.gene_names]
        place = {name: column for column, name in enumerate(known)}
        order = np.array([place[name] for name in names], np.int64)
        mean, sd, explained = (
            _columns([getattr(part, name) for part in parts], order)
            for name in ("mean", "sd", "explained")
        )
        whole = [part.assigned for part in parts if part.assigned is not None]
        assigned = _sparse_columns(whole, order) if whole else None
        return replace(
            self,
            gene_names=tuple(names),
            mean=mean,
            sd=sd,
            explained=explained,
            assigned=assigned,
        )

    def interval(self, level: float = 0.9) -> tuple[Floats32, Floats32]:
        """(n, gene) bounds that hold a cell's counts with probability ``level``.

        Counts cannot be negative and are skewed, so the bounds are quantiles of the gamma law of
        the same mean and variance, as whole counts. A tail that the lower bound does not leave out
        (there is nothing below 0) is left out above.
        """
        from scipy.special import gammainc, gammaincinv

        variance = np.maximum(self.sd.astype(np.float64) ** 2, 1e-12)
        mean = np.maximum(self.mean.astype(np.float64), 1e-12)
        shape, scale = mean**2 / variance, variance / mean
        low = np.maximum(np.ceil(gammaincinv(shape, (1 - level) / 2) * scale - 0.5), 0)
        below = np.where(low > 0, gammainc(shape, np.maximum(low - 0.5, 0) / scale), 0)
        high = np.ceil(gammaincinv(shape, np.minimum(below + level, 1 - 1e-9)) * scale - 1e-6)
        return low.astype(np.float32), np.maximum(high, low).astype(np.float32)


def _columns(parts: Sequence[Floats32], order: npt.NDArray[np.int64]) -> Floats32:
    """Columns of matrices side by side, in an order.

    Run by run of columns that stay neighbours: column by column takes five times as long.
    """
    chosen = np.empty((len(parts[0]), len(order)), np.float32)
    ends = np.cumsum([part.shape[1] for part in parts])
    part_of = np.searchsorted(ends, order, side="right")
    breaks = np.flatnonzero((np.diff(order) != 1) | (np.diff(part_of) != 0)) + 1
    for first, last in itertools.pairwise([0, *breaks.tolist(), len(order)]):
        part = parts[part_of[first]]
        begin = order[first] - (ends[part_of[first]] - part.shape[1])
        chosen[:, first:last] = part[:, begin : begin + last - first]
    return chosen


def _sparse_columns(parts: Sequence[sp.csr_matrix], order: npt.NDArray[np.int64]) -> sp.csr_matrix:
    """Columns of sparse matrices side by side, in an order."""
    import scipy.sparse as sp

    side_by_side = sp.hstack(parts, format="csr")
    place = np.full(side_by_side.shape[1], -1, np.int64)
    place[order] = np.arange(len(order))
    row = np.repeat(np.arange(side_by_side.shape[0]), np.diff(side_by_side.indptr))
    column = place[side_by_side.indices]
    there = column >= 0
    shape = (side_by_side.shape[0], len(order))
    values = (side_by_side.data[there], (row[there], column[there]))
    chosen = sp.csr_matrix(values, shape=shape, dtype=side_by_side.dtype)
    chosen.sort_indices()
    return chosen
