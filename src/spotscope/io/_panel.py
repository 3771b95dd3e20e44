"""Single cells measured with a panel of genes: h5ad with raw counts, or Xenium's folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope.io._anndata import open_h5ad, repeated_genes, take_raw_counts
from spotscope.io._places import xy_of
from spotscope.io._xenium import find_xenium, xenium_table
from spotscope.model import ReadError, as_counts

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["read_panel"]


def read_panel(path: str | Path) -> tuple[AnnData, tuple[str, ...]]:
    """Read cells of a panel, and say what there is to know about them.

    Parameters
    ----------
    path
        ``.h5ad`` (cell, gene); raw counts in X, ``layers["counts"]`` or ``.raw``. Or the output
        folder of Xenium.

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
        table, said = _read(path)
        table, notes = take_raw_counts(table)
        if table.n_obs == 0 or table.n_vars == 0:
            raise ReadError(
                f"Expected at least one cell and one gene, found a table of {table.n_obs} × "
                f"{table.n_vars}; check that the right file was given."
            )
        table.X = as_counts(table.X, "the panel")
        if hasattr(table.obsm.get("spatial"), "columns"):
            table.obsm["spatial"] = xy_of(table.obsm["spatial"], path.name)
    except ReadError as err:
        err.add_note(f"while reading the panel {path}")
        raise
    notes += _without_lost_places(table)
    return table, (*said, *notes, *repeated_genes(table.var_names))


def _without_lost_places(table: AnnData) -> tuple[str, ...]:
    """Drop places that are not all there, and say so: a cell's neighbours could not be told."""
    if "spatial" not in table.obsm:
        return ()
    places = np.asarray(table.obsm["spatial"])
    if places.dtype.kind in "iuf" and np.isfinite(places).all():
        return ()
    del table.obsm["spatial"]
    return ("Not every cell has a place in obsm['spatial']: places are not looked at.",)


def _read(path: Path) -> tuple[AnnData, tuple[str, ...]]:
    if path.suffix == ".h5ad" or (folder := find_xenium(path)) is None:
        return open_h5ad(path), ()
    table, notes = xenium_table(folder)
    table.obsm["spatial"] = table.obs[["x_centroid", "y_centroid"]].to_numpy(float)
    return table, notes
