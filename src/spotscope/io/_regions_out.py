"""Regions as GeoJSON annotations that QuPath opens, and back with ``read_geojson``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._geojson import HALF_PX, REMARK
from spotscope.io._staging import staged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from spotscope.model import Region

__all__ = ["write_regions_geojson"]


def write_regions_geojson(
    path: Path | str,
    regions: Sequence[Region],
    *,
    mpp: float | None,
    measurements: Sequence[Mapping[str, float]] | None = None,
) -> None:
    """Write regions as QuPath annotations, (x, y) in pixels of level 0.

    Parameters
    ----------
    path
        The ``.geojson`` to write.
    regions
        In µm.
    mpp
        µm per pixel of level 0; None where there is no image: then they are written in µm.
    measurements
        Numbers by name, one mapping a region; numbers that are not finite are left out.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    numbers = measurements if measurements is not None else [{}] * len(regions)
    features = [_feature(r, mpp, known) for r, known in zip(regions, numbers, strict=True)]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    with staged(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _feature(region: Region, mpp: float | None, numbers: Mapping[str, float]) -> dict[str, Any]:
    corners = region.polygon_yx_um[:, ::-1]
    corners = corners if mpp is None else corners / mpp + HALF_PX
    ring = np.round(np.vstack([corners, corners[:1]]), 2).tolist()
    about: dict[str, Any] = {"objectType": "annotation", "name": region.name}
    if region.classification:
        about["classification"] = {"name": region.classification}
    if region.remark:
        about["metadata"] = {REMARK: region.remark}
    about["measurements"] = {k: float(v) for k, v in numbers.items() if np.isfinite(v)}
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": about,
    }
