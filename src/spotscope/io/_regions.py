"""Regions from GeoJSON, as QuPath and other tools write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from spotscope.io._geojson import REMARK
from spotscope.io._geojson_in import classification_of, features_of, rings_of, to_um
from spotscope.io._reading import read_error, reading
from spotscope.model import Region

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.io._geojson_in import Feature

__all__ = ["read_geojson"]

Floats: TypeAlias = npt.NDArray[np.float64]


def read_geojson(path: Path | str, *, mpp: float | None) -> tuple[Region, ...]:
    """Read the polygons of a GeoJSON file as regions.

    Coordinates are (x, y) in pixels of level 0 from the image's corner, as in QuPath. A feature
    collection, a feature, a list of either, and bare geometries are understood. What lies in a
    hole is outside; geometries that are no polygons are left out.

    Parameters
    ----------
    path
        The file.
    mpp
        µm per pixel of level 0; None where there is no image: then coordinates are (x, y) in µm.

    Returns
    -------
    Regions in the order of the file; the parts of a multi-polygon are regions of their own.

    Raises
    ------
    ReadError
        If it is no GeoJSON, holds no polygon, or a region is empty.
    """
    path = Path(path)
    with reading(path):
        regions: list[Region] = []
        kinds: set[str] = set()
        every = (feature for *_, features in features_of(path) for feature in features)
        for number, feature in enumerate(every, 1):
            kinds.add(str(feature.geometry.get("type")))
            regions += _regions(feature, number, mpp, path)
        if not regions:
            there = ", ".join(sorted(kinds)) or "nothing"
            raise read_error(
                path,
                f"Expected a polygon in {path.name!r}, found {there}; draw an area and export it "
                "as GeoJSON.",
            )
        return tuple(regions)


def _regions(feature: Feature, number: int, mpp: float | None, path: Path) -> Iterator[Region]:
    properties = feature.properties
    name = str(properties.get("name") or f"region {number}")
    rings = rings_of(feature.geometry, name, path)
    for i, (outer, *holes) in enumerate(rings, 1):
        title = name if len(rings) == 1 else f"{name} ({i})"
        kind, remark = classification_of(properties), _remark(properties)
        corners = _with_holes(to_um(outer, mpp), [to_um(hole, mpp) for hole in holes])
        yield Region(title, corners, kind, remark=remark)


def _with_holes(outer: Floats, holes: list[Floats]) -> Floats:
    """One outline that goes in to every hole, around it the other way, and back where it came from.

    The way in and out has no width, so what lies in a hole is outside by the even-odd rule, and its
    area is taken off by the shoelace formula.
    """
    parts = [outer]
    for hole in holes:
        around = hole if _turn(hole) * _turn(outer) < 0 else hole[::-1]
        parts += [outer[:1], around, around[:1]]
    return np.concatenate([*parts, outer[:1]]) if holes else outer


def _turn(corners: Floats) -> float:
    """Twice the area within, above 0 one way around and below 0 the other."""
    y, x = (corners - corners[0]).T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def _remark(properties: dict[str, Any]) -> str:
    """What was written of it: where QuPath keeps it, or where others do."""
    metadata = properties.get("metadata")
    said = metadata.get(REMARK) if isinstance(metadata, dict) else None
    return str(said or properties.get("description") or "")
