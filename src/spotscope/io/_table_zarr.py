"""Tables in Zarr: AnnData's own form, and the tables of a SpatialData store with their shapes.

SpatialData keeps what is where apart from what was counted: a table says in ``spatialdata_attrs``
which shapes its rows are, and by which column. Centres are read from those shapes where the table
has no ``obsm["spatial"]``; of polygons the middle of the box around them is taken, which for bins
is their centre.
"""

from __future__ import annotations

import json
import re
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spotscope.model import ReadError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt
    from anndata import AnnData

__all__ = ["bin_of_region", "find_table", "is_table", "put_places"]

ATTRS = "spatialdata_attrs"
_BIN = re.compile(r"square_(\d+)um")
#: Bin sizes of Visium HD, the one 10x recommends first.
_FIRST = ("square_008um", "square_016um", "square_002um")
_POINT, _POLYGON, _MULTI = 1, 3, 6


def is_table(path: Path) -> bool:
    """Whether a folder is an AnnData table in Zarr."""
    return path.is_dir() and _attributes(path).get("encoding-type") == "anndata"


def find_table(path: Path) -> Path | None:
    """The table that a folder is, or the one in a SpatialData store; None where it is neither.

    Raises
    ------
    ReadError
        If there are several tables to choose from.
    """
    if not path.is_dir() or "spotscope" in _attributes(path):
        return None
    if is_table(path):
        return path
    held = [p for name in ("tables", "table") for p in sorted((path / name).glob("*"))]
    tables = [table for table in held if is_table(table)]
    bins = [t for name in _FIRST for t in tables if t.name.endswith(name)]
    if len(tables) > 1 and not bins:
        names = ", ".join(str(table.relative_to(path)) for table in tables)
        raise ReadError(
            f"Expected one table in {path.name}, found {len(tables)}: {names}; give the path "
            f"of one ({path.name}/{tables[0].relative_to(path)})."
        )
    return next(iter(bins or tables), None)


def put_places(table: AnnData, path: Path) -> None:
    """Give a table of a SpatialData store its ``obsm["spatial"]`` (x, y), where it has none.

    Raises
    ------
    ReadError
        If its rows are of several elements, or not among the shapes they are said to be.
    """
    about = table.uns.get(ATTRS)
    if about is None:
        return
    regions = [str(name) for name in np.atleast_1d(about.get("region"))]
    key = about.get("region_key")
    if len(regions) > 1 and key in table.obs:
        regions = sorted(set(table.obs[key].astype(str)))
    if len(regions) > 1:
        raise ReadError(
            f"Expected one section in {path.name}, found {len(regions)} "
            f"({', '.join(regions[:3])}); save one of them alone."
        )
    if "spatial" in table.obsm:
        return
    shapes = path.parents[1] / "shapes" / regions[0] / "shapes.parquet"
    if not shapes.is_file():
        return
    places = _centres(shapes)
    wanted = table.obs[about["instance_key"]]
    known = wanted.isin(places.index)
    if not known.all():
        raise ReadError(
            f"Expected every row of {path.name} among the shapes {regions[0]!r}, found "
            f"{int((~known).sum()):,} of {len(known):,} missing; write the store again."
        )
    table.obsm["spatial"] = places.loc[wanted.to_numpy()].to_numpy(float)


def bin_of_region(uns: Mapping[str, Any]) -> float | None:
    """µm of a Visium HD bin, as the name of the shapes has it; None for all else."""
    about = uns.get(ATTRS)
    found = None if about is None else _BIN.search(str(about.get("region")))
    return float(found.group(1)) if found else None


def _attributes(folder: Path) -> dict[str, Any]:
    for name in ("zarr.json", ".zattrs"):
        try:
            about = json.loads((folder / name).read_text("utf-8"))
        except (OSError, ValueError):
            continue
        about = about.get("attributes", {}) if name == "zarr.json" else about
        if isinstance(about, dict):
            return about
    return {}


def _centres(path: Path) -> pd.DataFrame:
    """(shape, 2) x and y, by the shapes' own index."""
    try:
        frame = pd.read_parquet(path)
        xy = np.array([_centre(shape) for shape in frame["geometry"]], float).reshape(-1, 2)
    except (ValueError, OSError, KeyError, TypeError, struct.error) as err:
        raise ReadError(
            f"Expected points or outlines in {path.parent.name}/{path.name}, found none that can "
            f"be read ({err}); write the store again."
        ) from err
    return pd.DataFrame(xy, index=frame.index)


def _centre(shape: Any) -> npt.NDArray[np.float64]:
    """Centre (x, y) of a shape: WKB as GeoParquet has it, or a struct of x and y."""
    if isinstance(shape, dict):
        return np.array([shape["x"], shape["y"]], float)
    order = "<" if shape[0] == 1 else ">"
    (kind,) = struct.unpack_from(f"{order}I", shape, 1)
    if kind == _POINT:
        return np.frombuffer(shape, f"{order}f8", 2, 5)
    if kind == _MULTI:  # the first of its polygons
        return _centre(shape[9:])
    if kind != _POLYGON:
        raise ValueError(f"geometry of kind {kind}")
    (corners,) = struct.unpack_from(f"{order}I", shape, 9)
    ring = np.frombuffer(shape, f"{order}f8", 2 * corners, 13).reshape(-1, 2)
    return (ring.min(axis=0) + ring.max(axis=0)) / 2
