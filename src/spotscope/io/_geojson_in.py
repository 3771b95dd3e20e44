"""GeoJSON piece by piece: features however they are nested, with what QuPath says beside them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from spotscope.io._geojson import HALF_PX
from spotscope.io._reading import read_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy.typing as npt

#: Features read at a time: about 100 ms.
_BLOCK = 500
#: A list of features, or the collection that most tools write one as, up to its first feature.
_COLLECTION = re.compile(r'\s*(?:\{\s*"type"\s*:\s*"FeatureCollection"\s*,\s*"features"\s*:\s*)?\[')
_BLANK = re.compile(r"[ \t\r\n]*")
_POLYGONS = ("Polygon", "MultiPolygon")


class Feature(NamedTuple):
    """A geometry with its properties; the whole feature, where there is one, in ``said``."""

    geometry: dict[str, Any]
    properties: dict[str, Any]
    said: dict[str, Any]


def features_of(path: Path) -> Iterator[tuple[int, int, list[Feature]]]:
    """Yield (characters read, of how many, features), some at a time.

    Raises
    ------
    ReadError
        If it is no GeoJSON.
    """
    for done, total, item in _parsed(path):
        yield done, total, list(_features(item, path, {}))


def rings_of(
    geometry: dict[str, Any], name: str, path: Path
) -> list[list[npt.NDArray[np.float64]]]:
    """Rings (corner, 2) in (x, y) of every part of a polygon; none of other geometries.

    Raises
    ------
    ReadError
        If corners are no numbers.
    """
    kind = geometry.get("type")
    if kind not in _POLYGONS:
        return []
    try:
        parts = geometry["coordinates"] if kind == "MultiPolygon" else [geometry["coordinates"]]
        rings = [
            [np.asarray(ring, float).reshape(len(ring), -1)[:, :2] for ring in p] for p in parts
        ]
        if not rings or any(not p or any(ring.shape[1] != 2 for ring in p) for p in rings):
            raise ValueError("no corners")
    except (KeyError, TypeError, ValueError) as error:
        raise read_error(
            path,
            f"Expected corners as lists of [x, y] in {name!r}, found {error}; export the regions "
            "as GeoJSON again.",
        ) from error
    return rings


def to_um(corners_xy: npt.NDArray[np.float64], mpp: float | None) -> npt.NDArray[np.float64]:
    """(corner, 2) in (y, x) µm, without the last corner that repeats the first; None: in µm."""
    if len(corners_xy) > 1 and np.array_equal(corners_xy[0], corners_xy[-1]):
        corners_xy = corners_xy[:-1]
    return corners_xy[:, ::-1] if mpp is None else (corners_xy[:, ::-1] - HALF_PX) * mpp


def classification_of(properties: dict[str, Any]) -> str | None:
    """QuPath keeps {"name", "color"}; older files and other tools a plain word."""
    about = properties.get("classification")
    if isinstance(about, dict):
        names = about.get("names")
        parts = map(str, names) if isinstance(names, list) else ()
        about = about.get("name") or ": ".join(parts)
    return str(about) if about else None


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


def _features(data: Any, path: Path, said: dict[str, Any]) -> Iterator[Feature]:
    """Everything in it, however it is nested; ``said`` is the feature it is nested in."""
    if isinstance(data, list):
        for item in data:
            yield from _features(item, path, said)
        return
    if not isinstance(data, dict) or "type" not in data:
        raise read_error(
            path,
            f"Expected GeoJSON in {path.name!r}, found JSON that is none; export the regions as "
            "GeoJSON again.",
        )
    if data["type"] == "FeatureCollection":
        yield from _features(data.get("features") or [], path, {})
    elif data["type"] == "Feature":
        if data.get("geometry") is not None:
            yield from _features(data["geometry"], path, data)
    elif data["type"] == "GeometryCollection":
        yield from _features(data.get("geometries") or [], path, said)
    else:
        properties = said.get("properties")
        yield Feature(data, properties if isinstance(properties, dict) else {}, said)
