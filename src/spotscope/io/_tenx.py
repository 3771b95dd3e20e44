"""Count matrices of 10x Genomics: h5 of Cell Ranger 2 and of 3 and later, and mtx folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import scipy.sparse as sp

from spotscope.io._anndata import names_may_repeat
from spotscope.io._broken import FAILURES, broken, parsing
from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    import h5py
    from anndata import AnnData

__all__ = ["find_mtx", "is_10x_h5", "read_10x", "read_10x_h5", "read_10x_mtx"]

_EXPRESSION = "Gene Expression"


@dataclass(frozen=True, slots=True)
class _Matrix:
    """What every layout holds: (gene, barcode) counts and the names of both."""

    counts: sp.csc_matrix
    barcodes: list[str]
    ids: list[str]
    symbols: list[str]
    kinds: list[str]


def read_10x(path: Path) -> tuple[AnnData, tuple[str, ...]]:
    """Read an h5 file or an mtx folder; returns the (barcode, gene) table and notes.

    Only gene expression is kept: ``var_names`` are symbols, ``var["gene_ids"]`` Ensembl ids.
    """
    return read_10x_mtx(path) if path.is_dir() else read_10x_h5(path)


def read_10x_h5(path: Path) -> tuple[AnnData, tuple[str, ...]]:
    """Read a 10x h5 file of any version; see :func:`read_10x`.

    Raises
    ------
    ReadError
        If it is not HDF5, or not in a layout of 10x.
    """
    import h5py

    try:
        with h5py.File(path) as file:
            matrix = _v3(file["matrix"]) if "matrix" in file else _v2(file, path)
        return _table(matrix, path)
    except FAILURES as err:
        raise broken(path, "a 10x count matrix", err) from err


def is_10x_h5(path: Path) -> bool:
    """Whether an HDF5 file is laid out as 10x does."""
    import h5py

    try:
        with h5py.File(path) as file:
            return "matrix" in file or any(_is_v2(file, name) for name in file)
    except OSError:
        return False


def _v3(group: h5py.Group) -> _Matrix:
    features = group["features"]
    ids = _strings(features["id"])
    kinds = _strings(features["feature_type"]) if "feature_type" in features else []
    return _Matrix(
        _compressed(group),
        _strings(group["barcodes"]),
        ids,
        _strings(features["name"]),
        kinds or [_EXPRESSION] * len(ids),
    )


def _v2(file: h5py.File, path: Path) -> _Matrix:
    """One group a genome; the genomes of a mixture share their barcodes and are stacked."""
    genomes = [name for name in file if _is_v2(file, name)]
    if not genomes:
        raise ReadError(
            f"Expected a group 'matrix' or one named after a genome in {path.name}, found "
            f"{', '.join(map(repr, file)) or 'an empty file'}; give the feature-barcode matrix of "
            "Cell Ranger or Space Ranger."
        )
    groups = [file[name] for name in genomes]
    ids = [gene for group in groups for gene in _strings(group["genes"])]
    symbols = [gene for group in groups for gene in _strings(group["gene_names"])]
    counts = sp.vstack([_compressed(group) for group in groups], format="csc")
    barcodes = _strings(groups[0]["barcodes"])
    return _Matrix(counts, barcodes, ids, symbols, [_EXPRESSION] * len(ids))


def _is_v2(file: h5py.File, name: str) -> bool:
    item = file[name]
    return hasattr(item, "keys") and {"genes", "gene_names", "barcodes", "data"} <= set(item)


def _compressed(group: h5py.Group) -> sp.csc_matrix:
    genes, barcodes = map(int, group["shape"][:])
    parts = (group["data"][:], group["indices"][:], group["indptr"][:])
    return sp.csc_matrix(parts, shape=(genes, barcodes))


def _strings(dataset: h5py.Dataset) -> list[str]:
    return [item.decode() if isinstance(item, bytes) else str(item) for item in dataset[:]]


def find_mtx(folder: Path) -> Path | None:
    """The Matrix Market file of an mtx folder, or None."""
    found = sorted(folder.glob("*matrix.mtx*"))
    return found[0] if len(found) == 1 else None


def read_10x_mtx(folder: Path) -> tuple[AnnData, tuple[str, ...]]:
    """Read a folder of matrix, features (or genes) and barcodes; see :func:`read_10x`.

    Raises
    ------
    ReadError
        If one of the three is missing or they do not fit together.
    """
    from scipy.io import mmread

    matrix = find_mtx(folder)
    if matrix is None:
        raise ReadError(
            f"Expected one matrix.mtx or matrix.mtx.gz in {folder.name}, found "
            f"{len(list(folder.glob('*matrix.mtx*')))}; give the folder of one count matrix."
        )
    prefix = matrix.name[: matrix.name.index("matrix.mtx")]
    features = _names(folder, f"{prefix}features.tsv", f"{prefix}genes.tsv")
    barcodes = _names(folder, f"{prefix}barcodes.tsv")
    with parsing("a Matrix Market file", matrix):
        counts = sp.csc_matrix(mmread(matrix))
    if counts.shape != (len(features), len(barcodes)):
        raise ReadError(
            f"Expected {len(features)} genes × {len(barcodes)} barcodes in {matrix.name}, found "
            f"{counts.shape[0]} × {counts.shape[1]}; the three files belong to different runs."
        )
    ids = features[0].tolist()
    symbols = features[1].tolist() if features.shape[1] > 1 else ids
    kinds = features[2].tolist() if features.shape[1] > 2 else [_EXPRESSION] * len(ids)
    return _table(_Matrix(counts, barcodes[0].tolist(), ids, symbols, kinds), folder)


def _names(folder: Path, *candidates: str) -> pd.DataFrame:
    for name in candidates:
        for path in (folder / name, folder / f"{name}.gz"):
            if not path.is_file():
                continue
            with parsing("a table of names", path):
                return pd.read_csv(path, sep="\t", header=None, dtype=str, keep_default_na=False)
    raise ReadError(
        f"Expected {' or '.join(candidates)} (or .gz) beside the matrix in {folder.name}, found "
        "none; copy it there."
    )


def _table(matrix: _Matrix, path: Path) -> tuple[AnnData, tuple[str, ...]]:
    from anndata import AnnData

    kinds = np.asarray(matrix.kinds, dtype=object)
    genes = kinds == _EXPRESSION
    if not genes.any():
        raise ReadError(
            f"Expected gene expression in {path.name}, found only "
            f"{', '.join(sorted(set(matrix.kinds))) or 'no feature'}; give the matrix of the genes."
        )
    notes: tuple[str, ...] = ()
    if not genes.all():
        others, many = np.unique(kinds[~genes].astype(str), return_counts=True)
        listed = ", ".join(f"{n:,} of {kind}" for kind, n in zip(others, many, strict=True))
        notes = (f"Features that are not gene expression are left out: {listed}.",)
    counts = sp.csr_matrix(matrix.counts.T)  # the same arrays: columns of one are rows of the other
    if not genes.all():
        counts = counts[:, np.flatnonzero(genes)]
    var = pd.DataFrame(
        {"gene_ids": np.asarray(matrix.ids, object)[genes]},
        index=pd.Index(np.asarray(matrix.symbols, object)[genes], dtype=object),
    )
    obs = pd.DataFrame(index=pd.Index(matrix.barcodes, dtype=object))
    with names_may_repeat():
        return AnnData(counts, obs, var), notes
