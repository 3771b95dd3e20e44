"""Cell types from a table beside a matrix that has none: barcodes in a column, types in another."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import pandas as pd

from spotscope.io._legacy_st import open_text
from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

__all__ = ["add_types"]

_BARCODE = ("barcode", "barcodes", "cell_id", "cell", "index")


def add_types(table: AnnData, path: Path, cell_type: str) -> None:
    """Put the cell types of a csv or tsv into ``obs``, missing where a cell is not in it.

    Raises
    ------
    ReadError
        If it is no table, has no such column, or none of the cells.
    """
    try:
        frame = _read(path, table.obs_names)
    except (OSError, ValueError, csv.Error) as err:
        raise ReadError(
            f"Expected a table of cell types in {path.name}, found none that can be read ({err}); "
            "give a csv with the columns barcode and cell_type."
        ) from err
    names = [str(column) for column in frame.columns]
    key = _key(frame, table.obs_names)
    rest = [name for name in names if name != key]
    column = cell_type if cell_type in rest else rest[0] if len(rest) == 1 else None
    if column is None:
        raise ReadError(
            f"Expected a column {cell_type!r} in {path.name}, found "
            f"{', '.join(repr(name) for name in names if name)}; "
            "name the right one (--cell-type COLUMN)."
        )
    types = frame.drop_duplicates(key).set_index(key)[column].reindex(table.obs_names)
    types = types.where(types != "")
    if types.isna().all():
        raise ReadError(
            f"Expected the barcodes of the reference in {path.name}, found none of them (such as "
            f"{frame[key].iloc[0] if len(frame) else ''!r} against {table.obs_names[0]!r}); "
            "give the labels of this matrix."
        )
    table.obs[cell_type] = pd.Categorical(types)


def _read(path: Path, cells: pd.Index) -> pd.DataFrame:
    """The table, all text; what R writes without a name over it is a column called ''."""
    how: dict[str, Any] = {"sep": _separator(path), "engine": "python"}
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, **how)
    if frame.columns.isin(cells).any():  # no header: the first line is a cell's
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, header=None, **how)
        frame.columns = frame.columns.astype(str)
    if not isinstance(frame.index, pd.RangeIndex):
        frame.insert(0, "", frame.index.astype(str))
    return frame.reset_index(drop=True)


def _key(frame: pd.DataFrame, cells: pd.Index) -> str:
    """The column of barcodes: the one that has most of the cells, else the one called so."""
    found = {str(name): int(frame[name].isin(cells).sum()) for name in frame.columns}
    best = max(found, key=lambda name: found[name])
    if found[best]:
        return best
    return next((name for name in found if name.lower() in _BARCODE), next(iter(found)))


def _separator(path: Path) -> str | None:
    """What parts the columns, by the first line; None leaves it to pandas to find out.

    Raises
    ------
    ValueError
        If there is one column: pandas would part it at some letter.
    """
    if path.suffix in (".bz2", ".xz", ".zip", ".zst"):
        return None
    with open_text(path) as file:
        header, row = file.readline().strip(), file.readline().strip()
    for mark in "\t;,":
        if mark in header or (mark in row and header):  # R names the types alone
            return mark
    if " " not in header:
        raise ValueError(f"one column, {header[:40]!r}")
    return None
