"""Regions from GeoJSON, as QuPath and other tools write them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._geojson import HALF_PX, REMARK
from spotscope.io._reading import read_error, reading
from spotscope.model import Progress, Region, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.model import Task

__all__ = ["read_geojson", "regions_of_geojson"]

_STAGE = "reading the outlines"
#: Features read at a time: about 100 ms.
_BLOCK = 500
#: A list of features, or the collection that most tools write one as, up to its first feature.
_COLLECTION = re.compile(r'\s*(?:\{\s*"type"\s*:\s*"FeatureCollection"\s*,\s*"features"\s*:\s*)?\[')
_BLANK = re.compile(r"[ \t\r\n]*")


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
    return run(regions_of_geojson(path, mpp=mpp))


def regions_of_geojson(path: Path | str, *, mpp: float) -> Task[tuple[Region, ...]]:
    """As :func:`read_geojson`, piece by piece: a slide's nuclei are tens of thousands."""
    path = Path(path)
    yield Progress(_STAGE, 0, 1)
    with reading(path):
        regions: list[Region] = []
        kinds: set[str] = set()
        number = 0
        for done, total, item in _parsed(path):
            yield Progress(_STAGE, done, total)
            for geometry, properties in _features(item, path):
                number += 1
                kinds.add(str(geometry.get("type")))
                regions += _regions(geometry, properties, number, mpp, path)
        if not regions:
            there = ", ".join(sorted(kinds)) or "nothing"
            raise read_error(
                path,
                f"Expected a polygon in {path.name!r}, found {there}; draw an area and export it "
                "as GeoJSON.",
            )
        return tuple(regions)


def _parsed(path: Path) -> Iterator[tuple[int, int, Any]]:
    """(characters read, of how many, what they say): all of it, or some features at a time."""
    try:
        text = path.read_text("utf-8-sig")
        begun = _COLLECTION.match(text)
        if begun is None:
            yield 0, len(text), json.loads(text)
            return
        yield from _pieces(text, begun.end())
    except OSError as error:
        raise read_error(
            path, f"Expected a GeoJSON file at {str(path)!r}, found none ({error.strerror})."
        ) from error
    except (ValueError, RecursionError) as error:
        raise read_error(
            path,
            f"Expected GeoJSON in {path.name!r}, found something else ({error}); export the "
            "regions as GeoJSON again.",
        ) from error


def _pieces(text: str, at: int) -> Iterator[tuple[int, int, list[Any]]]:
    """The members of the list that begins at a place, some at a time."""
    decode, begun, some = json.JSONDecoder().raw_decode, at, list[Any]()
    at = _skip(text, at)
    while text[at : at + 1] != "]":
        item, at = decode(text, at)
        some.append(item)
        if len(some) == _BLOCK:
            yield at, len(text), some
            some = []
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
            if text[at : at + 1] == "]":
                raise ValueError(f"no feature after the comma before character {at}")
        elif text[at : at + 1] != "]":
            raise ValueError(f"no comma between features at character {at}")
    json.loads(text[:begun] + text[at:])  # what stands around the list is JSON too
    yield len(text), len(text), some


def _skip(text: str, at: int) -> int:
    """Where the next thing begins."""
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _features(
    data: Any, path: Path, properties: dict[str, Any] | None = None
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield (geometry, properties) of everything in it, however it is nested."""
    if isinstance(data, list):
        for item in data:
            yield from _features(item, path)
        return
    if not isinstance(data, dict) or "type" not in data:
        raise read_error(
            path,
            f"Expected GeoJSON in {path.name!r}, found JSON that is none; export the regions as "
            "GeoJSON again.",
        )
    if data["type"] == "FeatureCollection":
        yield from _features(data.get("features") or [], path)
    elif data["type"] == "Feature":
        if data.get("geometry") is not None:
            yield from _features(data["geometry"], path, data.get("properties") or {})
    elif data["type"] == "GeometryCollection":
        for geometry in data.get("geometries") or ():
            yield from _features(geometry, path, properties)
    else:
        yield data, properties or {}


def _regions(
    geometry: dict[str, Any], properties: dict[str, Any], number: int, mpp: float, path: Path
) -> Iterator[Region]:
    kind = geometry.get("type")
    if kind not in ("Polygon", "MultiPolygon"):
        return
    name = str(properties.get("name") or f"region {number}")
    try:
        parts = geometry["coordinates"] if kind == "MultiPolygon" else [geometry["coordinates"]]
        rings = [
            [np.asarray(ring, float).reshape(len(ring), -1)[:, :2] for ring in p] for p in parts
        ]
        if not rings or any(not part or part[0].shape[1] != 2 for part in rings):
            raise ValueError("no corners")
    except (KeyError, TypeError, ValueError) as error:
        raise read_error(
            path,
            f"Expected corners as lists of [x, y] in {name!r}, found {error}; export the regions "
            "as GeoJSON again.",
        ) from error
    for i, (outer, *holes) in enumerate(rings, 1):
        title = name if len(rings) == 1 else f"{name} ({i})"
        note = f"{len(holes)} hole(s) left out" if holes else ""
        kind, remark = _classification(properties), _remark(properties)
        yield Region(title, _to_um(outer, mpp), kind, note, remark)


def _to_um(corners_xy: Any, mpp: float) -> Any:
    """(corner, 2) in (y, x) µm, without the last corner that repeats the first."""
    if len(corners_xy) > 1 and np.array_equal(corners_xy[0], corners_xy[-1]):
        corners_xy = corners_xy[:-1]
    return (corners_xy[:, ::-1] - HALF_PX) * mpp


def _remark(properties: dict[str, Any]) -> str:
    """What was written of it: where QuPath keeps it, or where others do."""
    metadata = properties.get("metadata")
    said = metadata.get(REMARK) if isinstance(metadata, dict) else None
    return str(said or properties.get("description") or "")


def _classification(properties: dict[str, Any]) -> str | None:
    """QuPath keeps {"name", "color"}; older files and other tools a plain word."""
    about = properties.get("classification")
    if isinstance(about, dict):
        about = about.get("name") or ": ".join(about.get("names") or ())
    return str(about) if about else None
