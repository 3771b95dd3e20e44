"""What every reader of tables needs: h5ad opened with errors one can act on, raw counts found."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spotscope.io._broken import broken, is_of_reading
from spotscope.io._gene_names import name_by_symbols
from spotscope.io._table_zarr import is_table
from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from anndata import AnnData

__all__ = ["COUNT_LAYERS", "names_may_repeat", "open_h5ad", "repeated_genes", "take_raw_counts"]

#: Fewer rows may have like totals by chance; of more none do to this share.
_ROWS, _ALIKE, _LOOKED_AT = 10, 0.02, 1000
#: So many molecules are never all of different genes.
_DEEP = 50
#: Of counts per ten thousand or a million; of so many molecules some gene has more.
_LARGEST_LOG, _DEEP_OF_LOGS = 14, 300
COUNT_LAYERS = ("counts", "raw_counts", "raw")


@contextmanager
def names_may_repeat() -> Iterator[None]:
    """Keep anndata from warning of repeated names: ours are checked, counted and said."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*names are not unique", category=UserWarning)
        yield


def open_h5ad(path: Path) -> AnnData:
    """Read an h5ad file, or the same in a Zarr folder.

    Raises
    ------
    ReadError
        If there is none, or it cannot be read as AnnData.
    """
    from anndata import read_h5ad, read_zarr

    if not path.is_file() and not is_table(path):
        raise ReadError(f"Expected an h5ad file at {path}, found none; check the path.")
    try:
        # Old files carry layouts that anndata reads well and warns of: nothing for the user to do.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = read_h5ad(path) if path.is_file() else read_zarr(path)
        _check_whole(table)
    except Exception as err:
        if not is_of_reading(err):
            raise
        raise broken(path, "an AnnData table", err) from err
    return table


def _check_whole(table: AnnData) -> None:
    """Raise ValueError where values lie beside their matrix: nothing else would look."""
    for matrix in (table.X, *table.layers.values()):
        if getattr(matrix, "format", "") in ("csr", "csc"):
            matrix.check_format(full_check=True)


def take_raw_counts(table: AnnData) -> tuple[AnnData, tuple[str, ...]]:
    """Return the table with raw counts as X, genes named by symbols where it has some, and notes.

    Counts are taken from where they lie. When X is no raw counts and neither is a layer or
    ``raw``, they stay as they are, and the model's own check says what is wrong with them.

    Raises
    ------
    ReadError
        If there are no counts of any kind.
    """
    table, notes = _with_counts(table)
    with names_may_repeat():
        return table, (*notes, *name_by_symbols(table))


def _with_counts(table: AnnData) -> tuple[AnnData, tuple[str, ...]]:
    if _whole(table.X):
        return table, (*_said_of_depths(table.X), *_said_of_ones(table.X))
    x = "X is empty" if table.X is None else "X holds normalised values"
    for layer in COUNT_LAYERS:
        if layer in table.layers and _whole(table.layers[layer]):
            table.X = table.layers[layer]
            del table.layers[layer]
            return table, (f"{x}: raw counts taken from layers[{layer!r}].",)
    if table.raw is not None and _whole(table.raw.X):
        return _from_raw(table), (f"{x}: raw counts taken from .raw.",)
    if table.X is None:
        raise ReadError(
            "Expected a matrix of raw counts in X, found a table without values; "
            "write the counts to adata.X or adata.layers['counts']."
        )
    return table, ()


def _said_of_depths(counts: Any) -> tuple[str, ...]:
    """A note where all rows have the same total: no experiment does, rounded values do."""
    totals = np.asarray(counts[:_LOOKED_AT].sum(axis=1), float).ravel()
    totals = totals[totals > 0]
    if len(totals) < _ROWS or totals.std() > _ALIKE * totals.mean():
        return ()
    return (
        f"All rows of X have about the same total ({totals.mean():,.0f}): these look like "
        "normalised values that were rounded; give the raw count matrix.",
    )


def _said_of_ones(counts: Any) -> tuple[str, ...]:
    """A note where nothing was counted often in deep rows: what was seen, or logarithms."""
    part = counts[:_LOOKED_AT]
    if 0 in part.shape:
        return ()  # the model says what is missing
    totals = np.asarray(part.sum(axis=1), float).ravel()
    if 1 < part.max() <= _LARGEST_LOG and np.median(totals) >= _DEEP_OF_LOGS:
        return (
            f"No value of X is above {int(part.max())} in rows of {np.median(totals):,.0f}: these "
            "look like rounded logarithms; give the raw count matrix.",
        )
    if part.max() > 1 or np.median(totals) < _DEEP:
        return ()
    return (
        "No value of X is above 1: these look like genes that were seen or not; give the raw count "
        "matrix.",
    )


def _from_raw(table: AnnData) -> AnnData:
    from anndata import AnnData

    with names_may_repeat():
        raw = AnnData(table.raw.X, table.obs, table.raw.var.copy(), dict(table.uns))
    for key, value in table.obsm.items():
        raw.obsm[key] = value
    return raw


def _whole(matrix: Any) -> bool:
    """Whether all values are whole, finite and not negative."""
    if matrix is None:
        return False
    values = np.asarray(getattr(matrix, "data", matrix)) if hasattr(matrix, "nnz") else matrix
    values = np.asarray(values)
    if values.dtype.kind in "ub" or values.size == 0:
        return True
    if values.dtype.kind not in "if" or values.min() < 0:
        return False
    return values.dtype.kind == "i" or bool(
        np.isfinite(values).all() and (values == np.rint(values)).all()
    )


def repeated_genes(names: pd.Index) -> tuple[str, ...]:
    """A note if gene names stand more than once, else nothing."""
    twice = pd.Index(names[names.duplicated()]).unique()
    if len(twice) == 0:
        return ()
    shown = ", ".join(map(str, twice[:3])) + ("…" if len(twice) > 3 else "")
    what = "gene name stands" if len(twice) == 1 else "gene names stand"
    return (f"{len(twice):,} {what} more than once ({shown}); the counts are added up.",)
