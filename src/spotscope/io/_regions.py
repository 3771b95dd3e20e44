"""Regions from GeoJSON, as QuPath and other tools write them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope.io._geojson import REMARK
from spotscope.io._geojson_in import classification_of, features_of, rings_of, to_um
from spotscope.io._reading import read_error, reading
from spotscope.model import Region

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.io._geojson_in import Feature

__all__ = ["read_geojson"]


def read_geojson(path: Path | str, *, mpp: float) -> tuple[Region, ...]:
    """Read the polygons of a GeoJSON file as regions.

    Coordinates are (x, y) in pixels of level 0 from the image's corner, as in QuPath. A feature
    collection, a feature, a list of either, and bare geometries are understood. Holes and
    geometries that are no polygons are left out, and a region's ``note`` says so.

    Parameters
    ----------
    path
        The file.
    mpp
        µm per pixel of level 0.

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


def _regions(feature: Feature, number: int, mpp: float, path: Path) -> Iterator[Region]:
    properties = feature.properties
    name = str(properties.get("name") or f"region {number}")
    rings = rings_of(feature.geometry, name, path)
    for i, (outer, *holes) in enumerate(rings, 1):
        title = name if len(rings) == 1 else f"{name} ({i})"
        note = f"{len(holes)} hole(s) left out" if holes else ""
        kind, remark = classification_of(properties), _remark(properties)
        yield Region(title, to_um(outer, mpp), kind, note, remark)


def _remark(properties: dict[str, Any]) -> str:
    """What was written of it: where QuPath keeps it, or where others do."""
    metadata = properties.get("metadata")
    said = metadata.get(REMARK) if isinstance(metadata, dict) else None
    return str(said or properties.get("description") or "")
