"""Findings in words and tables: for the terminal, the report and the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from spotscope.pipeline.analyses._step import Finding

__all__ = ["in_words", "lines_of", "order_of", "rows_of", "shown_columns", "tip_of"]

#: What is shown of each table: column, and its word.
_COLUMNS: dict[str, dict[str, str]] = {
    "neighbours": {
        "type_a": "type",
        "type_b": "beside",
        "ratio_unsmoothed": "× ν=0",
        "z_unsmoothed": "clear ν=0",
        "ratio": "×",
        "z": "clear",
        "contacts": "contacts",
        "values": "values",
    },
    "ligands_spots": {
        "ligand": "ligand",
        "receptor": "receptor",
        "morans_r": "together",
        "q": "by chance",
        "values": "values",
    },
    "ligands_cells": {
        "source": "from",
        "target": "to",
        "ligand": "ligand",
        "receptor": "receptor",
        "magnitude_rank": "magnitude",
        "specificity_rank": "specificity",
        "contacts": "contacts",
        "values": "values",
    },
    "variable": {
        "gene": "gene",
        "score": "score",
        "q": "by chance",
        "sd_log": "spread",
        "values": "values",
    },
    "difference": {
        "gene": "gene",
        "cell_type": "in",
        "ratio": "×",
        "low_95": "from",
        "high_95": "to",
        "ratio_in_spots": "in spots",
        "q": "by chance",
        "values": "values",
    },
}
#: By which a table may be ordered: column, and whether its small values come first.
_ORDERS: dict[str, tuple[tuple[str, bool], ...]] = {
    "neighbours": (("z_unsmoothed", False), ("z", False)),
    "ligands_spots": (("morans_r", False),),
    "ligands_cells": (("magnitude_rank", True),),
    "variable": (("score", False), ("q", True)),
    "difference": (("q", True),),
}
#: What a word over a column leaves unsaid.
_TIPS = {
    "q": "Of the rows as clear as this one or clearer, the share that chance alone gives (false "
    "discovery rate)",
    "sd_log": "How much the gene differs between spots (standard deviation of the logarithm of "
    "its counts per 10,000)",
    "score": "How alike neighbouring spots are in this gene",
    "morans_r": "How much ligand and receptor lie together; 0 by chance (Moran's R)",
    "z": "How far this is from what shuffled places give, in multiples of their spread",
    "z_unsmoothed": "How far this is from what shuffled places give, in multiples of their spread: "
    "without smoothing, of nuclei in spots alone",
    "ratio_unsmoothed": "Without smoothing, of nuclei in spots alone",
}
_NAMES = ("type_a", "type_b", "source", "target", "ligand", "receptor", "gene", "cell_type")


def order_of(finding: Finding) -> tuple[str, bool] | None:
    """The column by which the rows are ordered, and whether small values come first.

    None where no column that is shown tells their order.
    """
    for name, rising in _ORDERS[finding.name]:
        if name in finding.table.columns:
            steps = np.diff(finding.table[name].dropna().to_numpy(float))
            if steps.any() and (steps >= 0 if rising else steps <= 0).all():
                return name, rising
    return None


def shown_columns(finding: Finding) -> dict[str, str]:
    """The columns of a finding that are shown, and the word for each.

    The one that rows are ordered by follows the names.
    """
    columns = finding.table.columns
    words = {name: word for name, word in _COLUMNS[finding.name].items() if name in columns}
    order = order_of(finding)
    first = [name for name in words if name in _NAMES] + ([order[0]] if order else [])
    return {name: words[name] for name in dict.fromkeys([*first, *words])}


def tip_of(column: str) -> str:
    """What the word over a column leaves unsaid; "" where it says all."""
    return _TIPS.get(column, "")


def rows_of(finding: Finding, most: int) -> tuple[list[str], list[list[str]]]:
    """Head and first rows of a finding, as words; an arrow marks what the rows are ordered by."""
    words, order = shown_columns(finding), order_of(finding)
    table = finding.table[list(words)].head(most)
    rows = [[in_words(value) for value in row] for row in table.itertuples(index=False)]
    if order is not None:
        words[order[0]] += " ↑" if order[1] else " ↓"
    return list(words.values()), rows


def lines_of(finding: Finding, most: int) -> list[str]:
    """A finding for the terminal."""
    head, rows = rows_of(finding, most)
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    lines = [f"{finding.title} ({len(finding.table):,} rows)"]
    for row in (head, *rows):
        padded = [word.ljust(width) for word, width in zip(row, widths, strict=True)]
        lines.append("  " + "  ".join(padded).rstrip())
    return lines


def in_words(value: Any) -> str:
    """A value of a table as a word; nothing where it is no number."""
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if not np.isfinite(number):
            return ""
        return f"{number:.1e}" if 0 < abs(number) < 0.001 else f"{number:.3g}"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    return str(value)
