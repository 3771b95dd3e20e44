"""Expression into the cell table: rows of a region among rows that are there already."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from spotscope.model import Cells, ExpressionKey, ExpressionSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from anndata import AnnData

    from spotscope.methods.expression import CellExpression
    from spotscope.model import RunRecord

__all__ = [
    "DENSE",
    "RECORD",
    "SPARSE",
    "has_expression",
    "hidden_r_of",
    "table_with",
    "told_spots",
    "untold_since",
    "with_expression",
    "with_rows",
    "write_column",
]

#: Key of ``uns`` under which the run record travels with the layers (JSON).
RECORD = "expression_record"
DENSE = (ExpressionKey.MEAN, ExpressionKey.SD)
SPARSE = (ExpressionKey.ASSIGNED, ExpressionKey.SPLIT)


def has_expression(cells: Cells | None) -> bool:
    """Whether the expression of any of the cells has been inferred."""
    return cells is not None and ExpressionKey.MEAN.value in cells.table.layers


def told_spots(cells: Cells | None) -> frozenset[str]:
    """Names of the spots whose nuclei's expression is known."""
    if cells is None or not has_expression(cells):
        return frozenset()
    obs = cells.table.obs
    told = obs[ExpressionKey.SPOT][obs[ExpressionKey.SOURCE] == ExpressionSource.SPOT]
    return frozenset(told.astype(str).unique())


def untold_since(cells: Cells | None) -> int:
    """How many nuclei were told, or lie in a spot that was, and are not since a correction."""
    if cells is None or not has_expression(cells):
        return 0
    obs = cells.table.obs
    of_a_spot = obs[ExpressionKey.SPOT].astype(str) != ""
    return int((of_a_spot & (obs[ExpressionKey.SOURCE] == ExpressionSource.NONE)).sum())


def with_expression(
    cells: Cells,
    found: CellExpression,
    split: CellExpression,
    spot_names: npt.NDArray[np.str_],
    record: RunRecord,
    hidden_r: npt.NDArray[np.floating] | None = None,
) -> Cells:
    """Put expression into a cell table; what is there of other cells stays.

    Parameters
    ----------
    cells
        Typed cells.
    found, split
        The answer asked for, and the floor beside it: the same cells and genes.
    spot_names
        (cell of ``cells``,) the spot that each cell's counts come from; "" for none.
    record
        How it came about.
    hidden_r
        (gene,) how well each gene is told while it is hidden; None keeps what is there.

    Returns
    -------
    Cells whose table has the genes, with the layers of :class:`~spotscope.model.ExpressionKey`.
    Earlier expression of other genes cannot be kept beside these, and goes.
    """
    assert found.gene_names == split.gene_names
    assert (found.cells == split.cells).all()
    assert found.assigned is not None
    old = cells.table if _same_genes(cells, found.gene_names) else None
    n, genes, rows = cells.n, len(found.gene_names), found.cells
    layers: dict[str, Any] = {}
    for key, values in zip(DENSE, (found.mean, found.sd), strict=True):
        if len(rows) == n:  # all of them: on a large section a copy is what memory lacks
            layers[key.value] = values
            continue
        whole = (
            np.full((n, genes), np.nan, np.float32) if old is None else old.layers[key.value].copy()
        )
        whole[rows] = values
        layers[key.value] = whole
    floor = sp.csr_matrix(split.mean)
    for key, part in zip(SPARSE, (found.assigned, floor), strict=True):
        before = None if old is None else old.layers[key.value]
        layers[key.value] = with_rows(before, n, rows, part)
    table = table_with(cells.table, found.gene_names, layers)
    source = np.where(found.from_prior, ExpressionSource.PRIOR, ExpressionSource.SPOT)
    write_column(table, ExpressionKey.SOURCE, rows, source, str(ExpressionSource.NONE), old)
    write_column(table, ExpressionKey.METHOD, rows, np.full(len(rows), found.method), "", old)
    write_column(table, ExpressionKey.SPOT, rows, spot_names[rows], "", old)
    table.var[ExpressionKey.EXPLAINED.value] = _explained(found, old)
    table.var[ExpressionKey.HIDDEN_R.value] = hidden_r_of(genes, hidden_r, old)
    table.uns[RECORD] = json.dumps(record.to_json())
    return replace(cells, table=table)


def _explained(found: CellExpression, old: AnnData | None) -> npt.NDArray[np.float32]:
    """(gene,) mean over all cells of spots, those that were there before with their own mean."""
    told = found.explained[~found.from_prior]
    total, n = told.sum(axis=0, dtype=float), len(told)
    if old is not None:
        kept = (old.obs[ExpressionKey.SOURCE.value] == ExpressionSource.SPOT).to_numpy(bool)
        kept[found.cells] = False
        total = total + kept.sum() * old.var[ExpressionKey.EXPLAINED.value].to_numpy(float)
        n += int(kept.sum())
    return np.asarray(total / max(n, 1), np.float32)


def hidden_r_of(
    genes: int, found: npt.NDArray[np.floating] | None, old: AnnData | None
) -> npt.NDArray[np.float32]:
    """(gene,) the new ones, else those that were there, else nothing."""
    if found is not None:
        return np.asarray(found, np.float32)
    if old is not None and ExpressionKey.HIDDEN_R.value in old.var:  # not in earlier sessions
        return old.var[ExpressionKey.HIDDEN_R.value].to_numpy(np.float32)
    return np.full(genes, np.nan, np.float32)


def _same_genes(cells: Cells, names: Sequence[str]) -> bool:
    return has_expression(cells) and tuple(map(str, cells.table.var_names)) == tuple(names)


def table_with(before: AnnData, names: Sequence[str], layers: dict[str, Any]) -> AnnData:
    """The same cells with these genes; X are the whole counts, as X is everywhere."""
    import pandas as pd
    from anndata import AnnData

    table = AnnData(
        layers[ExpressionKey.ASSIGNED.value],
        obs=before.obs.copy(),
        var=pd.DataFrame(index=pd.Index(list(names), name="gene")),
        obsm=dict(before.obsm),
        uns=dict(before.uns),
    )
    for name, values in layers.items():
        table.layers[name] = values
    return table


def write_column(
    table: AnnData,
    key: ExpressionKey,
    rows: npt.NDArray[np.integer],
    values: npt.NDArray[Any],
    nothing: str,
    old: AnnData | None,
) -> None:
    import pandas as pd

    column = np.full(table.n_obs, nothing, dtype=object)
    if old is not None:
        column[:] = old.obs[key.value].astype(str)
    column[rows] = [str(value) for value in values]
    table.obs[key.value] = pd.Categorical(column)


def with_rows(
    before: sp.csr_matrix | None, n: int, rows: npt.NDArray[np.integer], part: sp.csr_matrix
) -> sp.csr_matrix:
    """A CSR matrix of ``n`` rows in which some rows are new."""
    place = sp.csr_matrix(
        (np.ones(len(rows), part.dtype), (rows, np.arange(len(rows)))), (n, len(rows))
    )
    whole = place @ part
    if before is not None:
        stays = np.ones(n, before.dtype)
        stays[rows] = 0
        whole = whole + sp.diags_array(stays, format="csr", dtype=before.dtype) @ before
    whole = sp.csr_matrix(whole).astype(part.dtype)
    whole.eliminate_zeros()
    return whole
