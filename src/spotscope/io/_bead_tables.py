"""Slide-seq as it is published: a text table of counts, a row a gene, and one of beads' places.

Both have names of their own in every study, so they are known by their columns: places by a column
of barcodes, one of x and one of y; counts by a first column of genes and barcodes as the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import scipy.sparse as sp

from spotscope.io._anndata import names_may_repeat
from spotscope.io._broken import FAILURES, numbers_in, parsing
from spotscope.io._legacy_st import open_text
from spotscope.io._spot_table import Layout, SpotTable, settle
from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    from anndata import AnnData

__all__ = ["BeadTables", "find_beads", "read_beads"]

_TEXT = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
_BARCODE = re.compile(r"^(barcodes?|beads?|bead_?id|cell_?id|)$", re.I)
_X, _Y = re.compile(r"^x(_?coords?)?$", re.I), re.compile(r"^y(_?coords?)?$", re.I)
_GENE = re.compile(r"^(genes?|row|symbol|)$", re.I)
#: Beads are few hundred at least: a table of fewer columns is one of something else.
_FEWEST = 20
#: Rows parsed at a time, so that the table is never dense as a whole.
_ROWS = 500


@dataclass(frozen=True, slots=True)
class BeadTables:
    """The two files."""

    counts: Path
    places: Path


def find_beads(path: Path) -> BeadTables | None:
    """Find both tables in a folder, or beside a file that is one of them; else None."""
    folder = path if path.is_dir() else path.parent
    if not path.is_dir() and not path.name.lower().endswith(_TEXT):
        return None
    texts = [p for p in sorted(folder.iterdir()) if p.is_file() and _is_text(p)]
    heads = {p: _head(p) for p in texts}
    places = [p for p in texts if _places(heads[p]) is not None]
    counts = [p for p in texts if _is_counts(heads[p])]
    if not path.is_dir():
        places, counts = (_chosen(path, group) for group in (places, counts))
    if len(places) != 1 or len(counts) != 1:
        return None
    return BeadTables(counts[0], places[0])


def read_beads(tables: BeadTables, *, mpp: float | None = None) -> SpotTable:
    """Read counts and places of beads; places are in pixels unless ``mpp`` is 1.

    Raises
    ------
    ReadError
        If a table is broken, or beads have no place.
    """
    table = _counts(tables.counts)
    places = _read_places(tables.places)
    known = table.obs_names.isin(places.index)
    if not known.any():
        ours, theirs = (next(iter(names), "none") for names in (table.obs_names, places.index))
        raise ReadError(
            f"Expected the beads of {tables.counts.name} in {tables.places.name}, found none "
            f"(such as {ours!r} against {theirs!r}); both must be of one puck."
        )
    notes: tuple[str, ...] = ()
    if not known.all():
        gone = int((~known).sum())
        notes = (f"{gone:,} of {len(known):,} beads have no place and are left out.",)
        with names_may_repeat():
            table = table[known].copy()
    yx = places.loc[table.obs_names, ["y", "x"]].to_numpy(float)
    name = tables.counts.name.split(".")[0]
    return settle(table, yx, "px", Layout("free"), name=name, mpp=mpp, notes=notes)


def _chosen(path: Path, group: list[Path]) -> list[Path]:
    return [path] if path in group else group


def _is_text(path: Path) -> bool:
    return path.name.lower().endswith(_TEXT)


def _head(path: Path) -> list[str]:
    """The names of the columns; none where it is no text."""
    try:
        with open_text(path) as file:
            line = file.readline().rstrip("\r\n")
    except FAILURES:
        return []
    by = "\t" if "\t" in line else ","
    return [name.strip(' "') for name in line.split(by)]


def _places(head: list[str]) -> tuple[int, int, int] | None:
    """Where barcode, x and y stand, or None."""
    found = []
    for pattern in (_BARCODE, _X, _Y):
        hits = [i for i, name in enumerate(head) if pattern.match(name)]
        if len(hits) != 1:
            return None
        found.append(hits[0])
    return found[0], found[1], found[2]


def _is_counts(head: list[str]) -> bool:
    barcodes = [name for name in head[1:] if re.match(r"^[ACGTN]{8,}(-\d+)?$", name)]
    return len(head) > _FEWEST and bool(_GENE.match(head[0])) and len(barcodes) == len(head) - 1


def _separator(path: Path) -> str:
    with open_text(path) as file:
        return "\t" if "\t" in file.readline() else ","


def _counts(path: Path) -> AnnData:
    from anndata import AnnData

    rows: list[sp.csr_matrix] = []
    genes: list[str] = []
    names: list[str] = []
    with parsing("a table of counts", path):
        for part in pd.read_csv(path, sep=_separator(path), index_col=0, chunksize=_ROWS):
            text = [str(name) for name, kind in part.dtypes.items() if kind.kind not in "iuf"]
            if text:
                raise ReadError(
                    f"Expected numbers in every column of {path.name}, found text in {text[0]!r}; "
                    "give the table of counts alone."
                )
            names = [str(name) for name in part.columns]
            genes += [str(gene) for gene in part.index]
            rows.append(sp.csr_matrix(part.to_numpy()))
    counts = sp.csr_matrix(sp.vstack(rows).T)
    with names_may_repeat():
        return AnnData(counts, pd.DataFrame(index=names), pd.DataFrame(index=genes))


def _read_places(path: Path) -> pd.DataFrame:
    """Places (x, y) by barcode."""
    columns = _places(_head(path))
    assert columns is not None
    with parsing("a table of beads and their places", path):
        frame = pd.read_csv(path, sep=_separator(path), usecols=list(columns))
        frame.columns = pd.Index([("barcode", "x", "y")[columns.index(i)] for i in sorted(columns)])
        numbers_in(frame, "xy")
    frame = frame.drop_duplicates().set_index("barcode")
    if not frame.index.is_unique:
        twice = frame.index[frame.index.duplicated()]
        raise ReadError(
            f"Expected every bead at one place in {path.name}, found {len(twice)} at several (such "
            f"as {twice[0]!r}); copy it again."
        )
    frame.index = frame.index.astype(str)
    return frame
