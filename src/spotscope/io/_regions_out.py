"""Regions as GeoJSON annotations that QuPath opens, and back with ``read_geojson``."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._geojson import HALF_PX, REMARK
from spotscope.io._staging import staged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

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
    rings = []
    for ring in _rings(region.polygon_yx_um):
        corners = ring[:, ::-1] if mpp is None else ring[:, ::-1] / mpp + HALF_PX
        rings.append(np.round(np.vstack([corners, corners[:1]]), 2).tolist())
    about: dict[str, Any] = {"objectType": "annotation", "name": region.name}
    if region.classification:
        about["classification"] = {"name": region.classification}
    if region.remark:
        about["metadata"] = {REMARK: region.remark}
    about["measurements"] = {k: float(v) for k, v in numbers.items() if np.isfinite(v)}
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": rings},
        "properties": about,
    }


def _rings(outline: npt.NDArray[np.float64]) -> list[npt.NDArray[np.float64]]:
    """The outline, and its holes as rings of their own, none of them closed.

    A region holds its holes as ways in and out of one outline (``read_geojson``), which other tools
    would have to mend. An outline that was drawn, or that is such a one no more, is one ring.
    """
    returns = np.flatnonzero((outline == outline[0]).all(axis=1))
    if len(returns) < 3 or returns[-1] != len(outline) - 1:
        return [outline]
    outer, *holes = (outline[a + 1 : b] for a, b in itertools.pairwise(returns))
    if any(len(hole) < 4 or (hole[0] != hole[-1]).any() for hole in holes):
        return [outline]
    return [np.vstack([outline[:1], outer]), *(hole[:-1] for hole in holes)]
