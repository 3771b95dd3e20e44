"""What an HDF5 file of counts is, from its shapes, names and first rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._anndata import COUNT_LAYERS
from spotscope.io._broken import broken
from spotscope.io._describe import _MATRIX_ALONE, Description
from spotscope.io._h5ad import Uns, stated_of, unit_of
from spotscope.io._label_columns import label_columns, words_of
from spotscope.io._lattice import guess_lattice, platform_pitch_um
from spotscope.io._places import PLACES, place_columns, xy_of
from spotscope.io._spots_as_reference import ARRAY_PLACES
from spotscope.io._tenx import is_10x_h5
from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

    import h5py

__all__ = ["describe_hdf5", "describe_zarr"]

_ROWS = 50
_SHOWN = 12
#: Where raw counts are looked for when X holds none, as the readers do.
_ELSEWHERE = (*(f"layers/{name}" for name in COUNT_LAYERS), "raw/X")


def describe_hdf5(path: Path) -> Description:
    """Describe an h5ad file or a 10x matrix.

    Raises
    ------
    ReadError
        If it is broken or neither of the two.
    """
    import h5py

    try:
        with h5py.File(path) as file:
            if "obs" in file and "var" in file:
                return _anndata(file, bool(label_columns(path)))
            if is_10x_h5(path):
                return _tenx(file)
            found = ", ".join(map(repr, file)) or "nothing"
    except (OSError, KeyError, ValueError) as err:
        raise broken(path, "an AnnData table or a 10x matrix", err) from err
    raise ReadError(
        f"Expected an AnnData table or a 10x matrix in {path.name}, found {found}; "
        "give an .h5ad or the h5 file of Cell Ranger or Space Ranger."
    )


def describe_zarr(path: Path) -> Description:
    """Describe an AnnData table in Zarr; of a SpatialData store, shapes may say where its rows are.

    Raises
    ------
    ReadError
        If it is broken.
    """
    import zarr

    try:
        group = zarr.open_group(path, mode="r")
        found = _anndata(group)
        region = (
            group["uns/spatialdata_attrs/region"][()] if Uns.SPATIAL not in group["obsm"] else ""
        )
    except (OSError, KeyError, ValueError, TypeError) as err:
        raise ReadError(
            f"Expected an AnnData table in {path.name}, found one that cannot be read ({err}); "
            "copy the whole folder again."
        ) from err
    facts = (("table", path.name), *found.facts)
    if region and (path.parents[1] / "shapes" / str(region) / "shapes.parquet").is_file():
        can = ("type cells: spotscope run SPOTS --image IMAGE --reference REFERENCE",)
        spots = [("spots" if name == "cells" else name, value) for name, value in facts]
        placed = (*spots, ("places", f"shapes/{region}"))
        return Description("Zarr table with spots", placed, can, found.lacks[:-2])
    return replace(found, kind=found.kind.replace("h5ad", "Zarr"), facts=facts)


def _anndata(file: h5py.File, labelled: bool = False) -> Description:
    columns = _columns(file["obs"])
    if "X" in file:
        (rows, genes), counts = _shape(file["X"]), _kind_of_counts(file["X"])
    else:
        rows, genes, counts = _length(file["obs"]), _length(file["var"]), "none"
    obsm = list(file["obsm"]) if "obsm" in file else []
    facts = [("genes", f"{genes:,}"), ("values", counts), ("columns", _listed(columns))]
    if obsm:
        facts.append(("obsm", _listed(obsm)))
    lacks = []
    if counts != "raw counts":
        elsewhere = next((n for n in _ELSEWHERE if n in file and _is_raw(file[n])), None)
        if elsewhere is None:
            lacks.append("raw counts in X")
        else:
            facts.append(("raw counts", f"in {elsewhere}, which are taken"))
    types = _types(file["obs"])
    if types:
        facts.append(("cell types", _listed(types)))
    placed, on_lattice = _placement(file, columns)
    if not on_lattice and not set(PLACES) & set(obsm) and (types or labelled):
        placed = []  # columns x and y of cells with labels: a picture of them, more often
    if placed and not any(label == "pixel size" or "µm" in value for label, value in placed):
        lacks.append("a pixel size (give --mpp)")
    if on_lattice or (placed and not types):
        facts = [("spots", f"{rows:,}"), *facts, *placed]
        can = ("type cells: spotscope run SPOTS --image IMAGE --reference REFERENCE",)
        return Description("h5ad with spots", tuple(facts), can, tuple(lacks))
    if not placed and any(set(pair) <= set(columns) for pair in ARRAY_PLACES):
        facts = [("spots", f"{rows:,}"), *facts]
        lacks.append("positions (obsm['spatial'])")
        return Description("h5ad with spots", tuple(facts), (), tuple(lacks))
    facts = [("cells", f"{rows:,}"), *facts, *placed]
    if types:
        can = ("serve as the reference: spotscope run SPOTS --reference REFERENCE",)
        return Description("single-cell reference", tuple(facts), can, tuple(lacks))
    lacks += ["positions (obsm['spatial']) to be spots", "a column cell_type to be a reference"]
    return Description("h5ad table", tuple(facts), (), tuple(lacks))


def _tenx(file: h5py.File) -> Description:
    groups = [file[name] for name in file if hasattr(file[name], "keys") and "shape" in file[name]]
    facts = []
    for group in groups:
        genes, barcodes = map(int, group["shape"][:])
        facts += [("features", f"{genes:,}"), ("barcodes", f"{barcodes:,}")]
    return Description("10x count matrix", tuple(facts), *_MATRIX_ALONE)


def _shape(matrix: Any) -> tuple[int, int]:
    shape = matrix.shape if hasattr(matrix, "shape") else matrix.attrs.get("shape")
    if shape is None:  # written by old versions of anndata
        shape = matrix.attrs["h5sparse_shape"]
    return int(shape[0]), int(shape[1])


def _length(frame: Any) -> int:
    return len(frame if hasattr(frame, "dtype") else frame[frame.attrs["_index"]])


def _kind_of_counts(matrix: Any) -> str:
    """Tell raw counts from others by the first rows."""
    if hasattr(matrix, "shape"):
        values = np.asarray(matrix[:_ROWS]).ravel()
    else:  # rows of CSR, columns of CSC: either will do
        ends = matrix["indptr"][: _ROWS + 1]
        values = np.asarray(matrix["data"][: int(ends[-1])])
    if values.dtype.kind not in "iufb":
        return f"not numbers ({values.dtype})"
    if values.size == 0 or (np.isfinite(values).all() and values.min() >= 0):
        if values.size == 0 or (values == np.rint(values)).all():
            return "raw counts"
        return "log-normalised" if values.max() < 30 else "normalised"
    return "scaled or with missing values"


def _is_raw(matrix: Any) -> bool:
    return _kind_of_counts(matrix) == "raw counts"


def _columns(frame: Any) -> list[str]:
    if hasattr(frame, "dtype"):  # written by old versions of anndata
        return [name for name in frame.dtype.names or () if name != "index"]
    return [str(name) for name in frame.attrs.get("column-order", [])]


def _types(obs: Any) -> list[str]:
    if hasattr(obs, "dtype") or "cell_type" not in obs:
        return []
    column = obs["cell_type"]
    values = column["categories"] if hasattr(column, "keys") else column
    if getattr(values, "dtype", None) is None:
        return []
    return words_of(values[:])


def _placement(file: h5py.File, columns: list[str]) -> tuple[list[tuple[str, str]], bool]:
    """Facts on the positions, and whether they are on a lattice."""
    from anndata.io import read_elem

    try:
        obsm = file.get("obsm", {})
        found = next((obsm[key] for key in PLACES if key in obsm), None)
        pair = place_columns(columns)
        if found is not None:
            places = xy_of(read_elem(found), "this file")
        elif pair is not None and hasattr(file["obs"], "keys"):
            both = [np.asarray(read_elem(file["obs"][name]), float) for name in pair]
            places = np.column_stack(both)
        else:
            return [], False
    except (ReadError, ValueError, TypeError):
        return [], False
    uns = _small(file["uns"]) if "uns" in file else {}
    unit, per, _ = unit_of(uns.get(Uns.UNITS))
    places = per * places
    stated = stated_of(uns)
    guess = guess_lattice(places[np.isfinite(places).all(axis=1)][:, ::-1])
    kind = stated.kind or guess.kind
    shown = "µm" if unit == "um" else "px"
    facts = [("layout", f"{kind}, {guess.pitch:.4g} {shown} apart")]
    pitch_um = stated.pitch_um or platform_pitch_um(kind, stated.diameter_um, len(places))
    if stated.mpp is not None:
        facts.append(("pixel size", f"{stated.mpp:.4g} µm"))
    elif unit == "px" and pitch_um is not None:
        mpp = pitch_um / guess.pitch
        facts.append(("pixel size", f"{mpp:.4g} µm, inferred from the pitch of {pitch_um:g} µm"))
    return facts, kind != "free"


def _small(group: Any) -> dict[str, Any]:
    """What a group says in single values, and the groups in it; arrays and images are not read."""
    found: dict[str, Any] = {}
    for name in group:
        item = group[name]
        if hasattr(item, "keys"):
            found[name] = _small(item)
        elif item.size == 1:
            value = np.asarray(item[()]).ravel()[0]
            found[name] = value.decode() if isinstance(value, bytes) else value
    return found


def _listed(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest:,} more" if rest > 0 else "") or "none"
