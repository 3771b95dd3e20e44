"""Named sets of genes: GMT, or a table with a column a set or a row a gene."""

from __future__ import annotations

import csv
from pathlib import Path

from spotscope.model import ReadError

__all__ = ["read_gene_sets"]

_NAMES = ("set", "signature", "module", "pathway", "name")
_GENES = ("gene", "genes", "symbol", "gene_symbol")


def read_gene_sets(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Read sets of genes, in the order of the file.

    Parameters
    ----------
    path
        ``.gmt``: a line a set, name, description and genes between tabs. ``.csv`` or ``.tsv``: with
        columns such as ``set`` and ``gene`` a row is a gene of a set; else a column is a set.

    Returns
    -------
    Genes by name of the set, without repeats.

    Raises
    ------
    ReadError
        If there is no such file, or no set in it.
    """
    path = Path(path)
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        raise ReadError(
            f"Expected a text file of gene sets in {path}, found none ({err}); give a .gmt or .csv."
        ) from err
    sets = _gmt(text) if path.suffix.lower() == ".gmt" else _table(text, path.suffix.lower())
    found = {name: tuple(dict.fromkeys(genes)) for name, genes in sets.items() if name and genes}
    if not found:
        raise ReadError(
            f"Expected at least one set of genes in {path}, found none; a GMT line is a name, a "
            "description and genes between tabs, a CSV has a column a set."
        )
    return found


def _gmt(text: str) -> dict[str, list[str]]:
    rows = [line.split("\t") for line in text.splitlines()]
    return {row[0].strip(): [gene.strip() for gene in row[2:] if gene.strip()] for row in rows}


def _table(text: str, suffix: str) -> dict[str, list[str]]:
    separator = "\t" if suffix == ".tsv" or "\t" in text.partition("\n")[0] else ","
    rows = [row for row in csv.reader(text.splitlines(), delimiter=separator) if any(row)]
    if not rows:
        return {}
    head, body = [name.strip() for name in rows[0]], rows[1:]
    low = [name.lower() for name in head]
    by = next((low.index(name) for name in _NAMES if name in low), None)
    gene = next((low.index(name) for name in _GENES if name in low), None)
    sets: dict[str, list[str]] = {}
    for row in body:
        if by is not None and gene is not None:
            if len(row) > max(by, gene) and row[gene].strip():
                sets.setdefault(row[by].strip(), []).append(row[gene].strip())
        else:
            for name, value in zip(head, row, strict=False):
                if value.strip():
                    sets.setdefault(name, []).append(value.strip())
    return sets
