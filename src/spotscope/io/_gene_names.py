"""Genes by their symbols, where a table is named by Ensembl ids and says the symbols beside them.

So atlases are kept (CELLxGENE: ids as names, ``feature_name`` beside). Named by ids alone they
share no gene with a table of symbols, and nobody finds ERBB2 in them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["name_by_symbols"]

_ENSEMBL = re.compile(r"^ENS[A-Z]*G\d{6,}(\.\d+)?$")
_SYMBOLS = (
    *("feature_name", "gene_symbol", "gene_symbols", "gene_name", "gene_names"),
    *("symbol", "symbols", "gene_short_name", "hgnc_symbol", "name"),
)
_IDS = "gene_ids"
_LOOKED_AT = 50


def name_by_symbols(table: AnnData) -> tuple[str, ...]:
    """Name the genes by symbols, in place; ids stay in ``var["gene_ids"]``.

    Returns
    -------
    A note where names were changed, else nothing.
    """
    if not _are_ids(table.var_names):
        return ()
    columns = {str(name).lower(): name for name in table.var}
    for wanted in _SYMBOLS:
        if wanted not in columns:
            continue
        column = columns[wanted]
        symbols = table.var[column].astype(object)
        symbols = symbols.where(symbols.notna() & (symbols.astype(str).str.strip() != ""))
        if symbols.isna().mean() > 0.5 or _are_ids(pd.Index(symbols.dropna())):
            continue
        if _IDS not in table.var:
            table.var[_IDS] = table.var_names.to_numpy(object)
        names = symbols.fillna(pd.Series(table.var_names, index=symbols.index)).astype(str)
        table.var_names = pd.Index(names.to_numpy(object))
        return (f"Genes are named by the column {column!r}; their Ensembl ids are kept.",)
    return ()


def _are_ids(names: pd.Index) -> bool:
    first = [str(name) for name in names[:_LOOKED_AT]]
    return sum(_ENSEMBL.match(name) is not None for name in first) > len(first) / 2
