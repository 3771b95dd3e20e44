"""Where every intersection of genes is made, and every gene dropped is counted and said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from spotscope.model._errors import MethodError

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["Dropped", "GeneSpace"]

_ENSEMBL = re.compile(r"^ENS[A-Z]*G\d{6,}(\.\d+)?$")
_ID_COLUMNS = ("gene_ids", "ensembl", "ensembl_id", "gene_id", "feature_id")
#: Below this share of the smaller table, names are compared again without regard to case.
_FEW = 0.1
#: So human (CD3E) and mouse (Cd3e) are written.
IGNORING_CASE = "symbols, case ignored"


@dataclass(frozen=True, slots=True)
class Dropped:
    """Genes left out, and why."""

    where: str
    reason: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        shown = ", ".join(self.examples)
        return f"{self.count:,} genes of {self.where}: {self.reason} ({shown}…)"


@dataclass(frozen=True, slots=True, eq=False)
class GeneSpace:
    """P, the genes two tables share, as selection operators.

    Parameters
    ----------
    genes
        Names of the shared genes, in the order of the first table.
    left, right
        (gene of the table, shared gene) CSR of ones: ``counts @ left`` are the counts on shared
        genes. A name that stands twice in a table has two ones: its counts are added, none lost.
    matched_by
        ``symbols``, ``Ensembl ids`` or ``symbols, case ignored``.
    dropped
        What is not shared, with reasons.
    """

    genes: tuple[str, ...]
    left: sp.csr_matrix
    right: sp.csr_matrix
    matched_by: str
    dropped: tuple[Dropped, ...]

    @property
    def n(self) -> int:
        """Number of shared genes."""
        return len(self.genes)

    @classmethod
    def shared(
        cls, left: AnnData, right: AnnData, names: tuple[str, str] = ("spots", "reference")
    ) -> GeneSpace:
        """Match by symbol, by Ensembl id without version, or ignoring case: the most wins.

        Raises
        ------
        MethodError
            If no gene is shared.
        """
        ways: list[tuple[str, pd.Index, pd.Index]] = [("symbols", _symbols(left), _symbols(right))]
        if (ids_left := _ids(left)) is not None and (ids_right := _ids(right)) is not None:
            ways.append(("Ensembl ids", ids_left, ids_right))
        scored = [(len(a.unique().intersection(b.unique())), way, a, b) for way, a, b in ways]
        best = max(scored, key=lambda item: item[0])
        if best[0] < _FEW * min(left.n_vars, right.n_vars):
            a, b = _symbols(left).str.upper(), _symbols(right).str.upper()
            folded = len(a.unique().intersection(b.unique()))
            if folded > best[0]:
                best = (folded, IGNORING_CASE, a, b)
        count, way, a, b = best
        if count == 0:
            raise MethodError(
                f"Expected genes shared by {names[0]} and {names[1]}, found none (such as "
                f"{', '.join(left.var_names[:3])} against {', '.join(right.var_names[:3])}); "
                "give both as symbols or both as Ensembl ids of the same species."
            )
        genes = a.unique().intersection(b.unique(), sort=False)
        dropped = [*_report(a, genes, names[0], names[1]), *_report(b, genes, names[1], names[0])]
        return cls(tuple(genes), _selector(a, genes), _selector(b, genes), way, tuple(dropped))

    def summary(self, lost: str = "") -> str:
        """Say in one line how many genes are shared, by which names, and what was left out.

        ``lost`` is what that means for the counts of genes that the first table has alone.
        """
        left_out = [str(item) for item in self.dropped]
        if lost and (np.diff(self.left.indptr) == 0).any():
            left_out[0] += f", {lost}"  # what the first table has alone is dropped first
        said = f"{self.n:,} shared genes (by {self.matched_by}); "
        said += "; ".join(left_out) or "no gene left out"
        if self.matched_by != IGNORING_CASE:
            return said
        return (
            f"{said}; names agree only when case is ignored, as those of human and mouse do: check "
            "that both are of one species"
        )


def _symbols(table: AnnData) -> pd.Index:
    # ten times as fast as pandas' own strip, and asked for at every run
    return pd.Index([str(name).strip() for name in table.var_names])


def _ids(table: AnnData) -> pd.Index | None:
    """Ensembl ids without version, wherever they stand, or None."""
    for column in (None, *_ID_COLUMNS):
        if column is not None and column not in table.var:
            continue
        values = table.var_names if column is None else pd.Index(table.var[column])
        text = pd.Index(values.astype(str))
        if len(text) and text[: min(50, len(text))].str.match(_ENSEMBL).mean() > 0.5:
            return text.str.replace(r"\.\d+$", "", regex=True)
    return None


def _selector(names: pd.Index, genes: pd.Index) -> sp.csr_matrix:
    column = genes.get_indexer(names)
    row = np.flatnonzero(column >= 0)
    return sp.csr_matrix(
        (np.ones(len(row), np.int32), (row, column[row])), shape=(len(names), len(genes))
    )


def _report(names: pd.Index, genes: pd.Index, where: str, other: str) -> list[Dropped]:
    found = []
    absent = names[~names.isin(genes)].unique()
    if len(absent):
        found.append(Dropped(where, f"not in the {other}", len(absent), tuple(absent[:3])))
    twice = names[names.isin(genes) & names.duplicated()].unique()
    if len(twice):
        found.append(
            Dropped(where, "named more than once, counts added", len(twice), tuple(twice[:3]))
        )
    return found
