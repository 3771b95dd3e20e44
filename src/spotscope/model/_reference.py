"""A single-cell reference: raw counts of cells whose types are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.model._counts import as_counts
from spotscope.model._errors import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anndata import AnnData

__all__ = ["Reference"]


#: Cells that are looked at together.
_CELLS_AT_ONCE = 20_000
#: More different labels are no types; the fit of so many would not end.
MOST_TYPES = 500
#: Labels, in lower case, that name no cell type.
NO_TYPE = frozenset(
    (
        *("", "na", "n/a", "nan", "none", "null", "unassigned", "unannotated", "unclassified"),
        *("undefined", "undetermined", "unknown", "unlabeled", "unlabelled", "ambiguous"),
        *("doublet", "doublets", "hybrid", "low quality", "low-quality", "low_quality"),
    )
)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A validated view of a reference.

    Parameters
    ----------
    table
        AnnData (cell, gene), X = raw counts CSR int32.
    types
        Names of the cell types, sorted.
    codes
        (cell,) index into ``types``.
    name
        Shown to the user.
    notes
        What reading it brought up: cells left out because they have no type.
    source
        How it was opened (``path``, ``cell_type``, ``labels``), so that a later step can open it
        again; None for one made in memory.

    Raises
    ------
    ReadError
        If there are fewer than two types, or the counts are not raw.
    """

    table: AnnData
    types: tuple[str, ...]
    codes: npt.NDArray[np.int16]
    name: str = "reference"
    notes: tuple[str, ...] = ()
    source: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        if len(self.types) < 2:
            raise ReadError(
                f"Expected at least two cell types in {self.name}, found {list(self.types)}; "
                "give a reference whose cell_type column tells types apart."
            )
        self.table.X = as_counts(self.table.X, self.name)

    @classmethod
    def from_table(
        cls, table: AnnData, cell_type: str = "cell_type", name: str = "reference"
    ) -> Reference:
        """Validate a table and its cell-type column.

        Cells without a type are left out, and so are those whose label only says that nobody knows
        (``Unassigned``, ``Unknown``, ``Doublet`` …): as a type they would soak up every spot.

        Raises
        ------
        ReadError
            If the column is not there, or names fewer than two types or more than 500.
        """
        if cell_type not in table.obs:
            raise ReadError(
                f"Expected a column {cell_type!r} in the cells of {name}, found "
                f"{', '.join(map(repr, table.obs.columns)) or 'none'}; "
                "name the right one (--cell-type COLUMN)."
            )
        labels = table.obs[cell_type].astype(str).str.strip()
        named = (table.obs[cell_type].notna() & ~labels.str.lower().isin(NO_TYPE)).to_numpy()
        notes: tuple[str, ...] = ()
        if not named.all():
            said = ", ".join(sorted(set(labels[~named])))
            notes = (f"{int((~named).sum()):,} cells of {name} are left out: no type ({said})",)
            table = table[named].copy()
        types, codes = np.unique(labels[named].to_numpy(str), return_inverse=True)
        if len(types) > MOST_TYPES:
            raise ReadError(
                f"Expected at most {MOST_TYPES} cell types in {name}, found {len(types):,} (such "
                f"as {str(types[0])!r}): the column {cell_type!r} names cells or measures them; "
                "name the right one (--cell-type COLUMN)."
            )
        return cls(table, tuple(map(str, types)), codes.astype(np.int16), name, notes)

    @property
    def n_types(self) -> int:
        """Number of cell types."""
        return len(self.types)

    def cells_per_type(self) -> npt.NDArray[np.int64]:
        """(type,) number of cells."""
        return np.bincount(self.codes, minlength=self.n_types)

    def totals(self) -> npt.NDArray[np.float64]:
        """(cell,) counts over all genes."""
        found, counts = np.empty(self.table.n_obs), self.table.X
        for first in range(0, len(found), _CELLS_AT_ONCE):  # scipy copies what it sums, as floats
            part = slice(first, first + _CELLS_AT_ONCE)
            found[part] = np.asarray(counts[part].sum(axis=1, dtype=np.float64)).ravel()
        return found

    def mean_total(self) -> npt.NDArray[np.float64]:
        """(type,) mean total counts of a cell."""
        totals = self.totals()
        return np.bincount(self.codes, totals, self.n_types) / self.cells_per_type()

    def profiles(self) -> npt.NDArray[np.float64]:
        """(type, gene) mean share of a cell's counts: μ_kg = mean over cells of y_g / Σ_g y_g.

        Rows sum to 1. Cells without a count say nothing and are left out. Only sparse products
        are made, of some cells at a time: the reference is neither densified nor copied.
        """
        totals = self.totals()
        weight = np.divide(1.0, totals, out=np.zeros_like(totals), where=totals > 0)
        counted = np.bincount(self.codes, totals > 0, self.n_types)
        sums = np.zeros((self.n_types, self.table.n_vars))
        for first in range(0, len(totals), _CELLS_AT_ONCE):
            part = slice(first, first + _CELLS_AT_ONCE)
            cells = np.arange(len(weight[part]))
            shape = (self.n_types, len(cells))
            picker = sp.csr_matrix((weight[part], (self.codes[part], cells)), shape=shape)
            sums += (picker @ self.table.X[part]).todense()
        return sums / np.maximum(counted, 1)[:, None]
