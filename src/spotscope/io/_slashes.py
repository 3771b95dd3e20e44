"""Names with a slash: stores read it as a path, cell types are full of it ("high/hypoxic")."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["with_slashes", "without_slashes"]

#: U+2215, the division slash: looks the same in every tool and is no path.
_DIVISION_SLASH = "\N{DIVISION SLASH}"


def without_slashes(table: AnnData) -> None:
    """Make the columns of ``table`` names that Zarr and HDF5 take, in place."""
    _rename(table, "/", _DIVISION_SLASH)


def with_slashes(table: AnnData) -> None:
    """Give the columns of a table that was read their slashes back, in place."""
    _rename(table, _DIVISION_SLASH, "/")


def _rename(table: AnnData, old: str, new: str) -> None:
    table.obs.columns = table.obs.columns.str.replace(old, new, regex=False)
    for key in list(table.obsm):
        frame = table.obsm[key]
        if isinstance(frame, pd.DataFrame) and any(old in str(name) for name in frame.columns):
            table.obsm[key] = frame.rename(columns=lambda name: str(name).replace(old, new))
