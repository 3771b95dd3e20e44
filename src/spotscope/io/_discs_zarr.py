"""Spots as SpatialData's circles, so that the tools of scverse draw them at their size.

An element ``shapes/NAME`` is a group that says of its axes and transformation, and beside that a
GeoParquet file: points as well-known binary, a column ``radius``, and the names as index. Written
here by pyarrow, as SpatialData itself is no requirement.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._ngff import axes_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt
    import pandas as pd

__all__ = ["write_discs"]

_FILE = "shapes.parquet"
_POINT = np.dtype([("order", "u1"), ("kind", "<u4"), ("x", "<f8"), ("y", "<f8")])


def write_discs(
    shapes: Any, folder: Path, names: pd.Index, yx_um: npt.NDArray[np.float64], diameter_um: float
) -> None:
    """Write discs as an element.

    Parameters
    ----------
    shapes
        The Zarr group of all shapes.
    folder
        The element's own folder in it, made if need be; its name is the element's.
    names
        (disc,) of the rows of the table that tells of them.
    yx_um
        (disc, 2) centres (y, x) in µm.
    diameter_um
        Of every disc.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    axes = axes_of("xy")
    identity = {
        "type": "identity",
        "input": {"name": "xy", "axes": axes},
        "output": {"name": "global", "axes": axes},
    }
    shapes.create_group(folder.name).attrs.update(
        {
            "encoding-type": "ngff:shapes",
            "axes": ["x", "y"],
            "coordinateTransformations": [identity],
            "spatialdata_attrs": {"version": "0.3"},
        }
    )
    radius = np.full(len(names), diameter_um / 2)
    columns = [_points(yx_um), pa.array(radius), pa.array(names.astype(str), pa.string())]
    table = pa.table(columns, names=["geometry", "radius", "__index_level_0__"])
    about = {"geo": json.dumps(_geo(yx_um)), "pandas": json.dumps(_pandas())}
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.replace_schema_metadata(about), folder / _FILE)


def _points(yx_um: npt.NDArray[np.float64]) -> Any:
    import pyarrow as pa

    points = np.empty(len(yx_um), _POINT)
    points["order"], points["kind"] = 1, 1  # little-endian, a point
    points["y"], points["x"] = yx_um.T
    return pa.array([point.tobytes() for point in points], pa.binary())


def _geo(yx_um: npt.NDArray[np.float64]) -> dict[str, Any]:
    """What GeoParquet says of itself."""
    column: dict[str, Any] = {"encoding": "WKB", "crs": None, "geometry_types": ["Point"]}
    if len(yx_um):
        low, high = yx_um.min(axis=0), yx_um.max(axis=0)
        column["bbox"] = [*low[::-1].tolist(), *high[::-1].tolist()]
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def _pandas() -> dict[str, Any]:
    """That the names are the index, said as pandas says it."""
    stored = (
        ("geometry", "geometry", "bytes", "object"),
        ("radius", "radius", "float64", "float64"),
        (None, "__index_level_0__", "unicode", "object"),
    )
    columns = [
        {"name": n, "field_name": f, "pandas_type": p, "numpy_type": k, "metadata": None}
        for n, f, p, k in stored
    ]
    return {"index_columns": ["__index_level_0__"], "column_indexes": [], "columns": columns}
