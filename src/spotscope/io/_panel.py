"""Single cells measured with a panel of genes: h5ad with raw counts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.io._anndata import open_h5ad, repeated_genes, take_raw_counts
from spotscope.model import ReadError, as_counts

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["read_panel"]


def read_panel(path: str | Path) -> tuple[AnnData, tuple[str, ...]]:
    """Read cells of a panel, and say what there is to know about them.

    Parameters
    ----------
    path
        ``.h5ad`` (cell, gene); raw counts in X, ``layers["counts"]`` or ``.raw``.

    Returns
    -------
    The table, X as CSR int32, and notes.

    Raises
    ------
    ReadError
        If there is no such table, or its counts are not raw.
    """
    path = Path(path)
    try:
        table, notes = take_raw_counts(open_h5ad(path))
        if table.n_obs == 0 or table.n_vars == 0:
            raise ReadError(
                f"Expected at least one cell and one gene, found a table of {table.n_obs} × "
                f"{table.n_vars}; check that the right file was given."
            )
        table.X = as_counts(table.X, "the panel")
    except ReadError as err:
        err.add_note(f"while reading the panel {path}")
        raise
    return table, (*notes, *repeated_genes(table.var_names))
