"""Findings in words and tables: for the terminal, the report and the window."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from spotscope.pipeline._analyse import Finding

__all__ = ["COLUMNS", "lines_of", "rows_of"]

#: What is shown of each table: column, and its word.
COLUMNS: dict[str, dict[str, str]] = {
    "neighbours": {
        "type_a": "type",
        "type_b": "beside",
        "contacts": "contacts",
        "ratio": "times chance",
        "z": "z",
        "ratio_unsmoothed": "unsmoothed",
        "values": "values",
    },
    "ligands_spots": {
        "ligand": "ligand",
        "receptor": "receptor",
        "morans_r": "R",
        "p": "p",
        "q": "q",
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
        "method": "by",
        "score": "score",
        "q": "q",
        "counts": "counts",
        "values": "values",
    },
    "difference": {
        "gene": "gene",
        "cell_type": "in",
        "ratio": "times",
        "low_95": "from",
        "high_95": "to",
        "ratio_in_spots": "in spots",
        "q": "q",
        "values": "values",
    },
}


def rows_of(finding: Finding, most: int) -> tuple[list[str], list[list[str]]]:
    """Head and first rows of a finding, as words."""
    words = {k: w for k, w in COLUMNS[finding.name].items() if k in finding.table.columns}
    table = finding.table[list(words)].head(most)
    rows = [[_said(value) for value in row] for row in table.itertuples(index=False)]
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


def _said(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        number = float(value)
        if not np.isfinite(number):
            return ""
        return f"{number:.1e}" if 0 < abs(number) < 0.001 else f"{number:.3g}"
    if isinstance(value, (int, np.integer)):
        return f"{value:,}"
    return str(value)
