"""Single-cell references: h5ad, or a 10x matrix and a table that says which cell is what."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.io._anndata import names_may_repeat, open_h5ad, repeated_genes, take_raw_counts
from spotscope.io._packed import refuse_packed
from spotscope.io._spots_as_reference import refuse_spots, said_of_spots
from spotscope.io._table_zarr import is_table
from spotscope.io._tenx import find_mtx, is_10x_h5, read_10x
from spotscope.io._type_table import add_types
from spotscope.model import ReadError, Reference

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["read_reference"]


def read_reference(
    path: str | Path, *, cell_type: str = "cell_type", labels: str | Path | None = None
) -> Reference:
    """Read a reference; its ``notes`` say what there is to know about it.

    Parameters
    ----------
    path
        ``.h5ad``, a 10x ``.h5``, or a folder with matrix, features and barcodes.
    cell_type
        Column of the cell types, in ``obs`` or in the labels.
    labels
        A csv or tsv with a column of barcodes and one of cell types: needed where the matrix has
        no types of its own.

    Raises
    ------
    ReadError
        If the counts are not raw, there are no cell types, or the rows are spots.
    """
    path = Path(path)
    try:
        table, notes = _read(path)
        refuse_spots(table, path)
        if labels is not None:
            add_types(table, Path(labels), cell_type)
        elif path.suffix != ".h5ad" and not is_table(path):
            raise ReadError(
                f"Expected cell types for {path.name}, found a count matrix alone; give a csv with "
                "the columns barcode and cell_type (--labels FILE)."
            )
        table, found = take_raw_counts(table)
        reference = _validated(table, (*notes, *found, *said_of_spots(table)), cell_type, path)
        return replace(reference, source=_whereabouts(path, cell_type, labels))
    except ReadError as err:
        err.add_note(f"while reading the reference {path}")
        raise


def _read(path: Path) -> tuple[AnnData, tuple[str, ...]]:
    if path.suffix == ".h5ad" or is_table(path):
        return open_h5ad(path), ()
    if not path.exists():
        raise ReadError(f"Expected a reference at {path}, found nothing there; check the path.")
    if path.name.endswith((".mtx", ".mtx.gz")):
        path = path.parent
    of_10x = path.is_file() and (path.suffix == ".h5" or is_10x_h5(path))
    if of_10x or (path.is_dir() and find_mtx(path) is not None):
        return read_10x(path)
    refuse_packed(path)
    raise ReadError(
        f"Expected a single-cell reference, found {path.name!r}; give an .h5ad file, a 10x .h5 "
        "file or a folder with matrix.mtx, features.tsv and barcodes.tsv."
    )


def _whereabouts(path: Path, cell_type: str, labels: str | Path | None) -> dict[str, str]:
    where = {"path": str(path.resolve()), "cell_type": cell_type}
    return where if labels is None else {**where, "labels": str(Path(labels).resolve())}


def _validated(table: AnnData, notes: tuple[str, ...], cell_type: str, path: Path) -> Reference:
    if table.n_obs == 0 or table.n_vars == 0:
        raise ReadError(
            f"Expected at least one cell and one gene, found a table of {table.n_obs} × "
            f"{table.n_vars}; check that the right file was given."
        )
    with names_may_repeat():
        reference = Reference.from_table(table, cell_type, path.name.split(".")[0] or "reference")
    return replace(reference, notes=(*notes, *reference.notes, *_on_cells(reference)))


def _on_cells(reference: Reference) -> tuple[str, ...]:
    """Say what a user should know of a reference before trusting it, one sentence each."""
    notes = []
    cells = reference.cells_per_type()
    alone = [name for name, n in zip(reference.types, cells, strict=True) if n < 2]
    if alone:
        one = len(alone) == 1
        notes.append(
            f"{len(alone)} cell {'type has' if one else 'types have'} a single cell "
            f"({', '.join(alone[:3])}{'…' if len(alone) > 3 else ''}): its profile is that cell's, "
            "noise and all; merge it into another type or leave it out."
        )
    if empty := int((reference.totals() == 0).sum()):
        notes.append(f"{empty:,} cells have no count at all and say nothing of their type.")
    return (*notes, *repeated_genes(reference.table.var_names))
