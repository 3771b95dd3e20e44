"""Nuclei from GeoJSON as QuPath writes it: detections, cells with a nucleus in them, annotations.

QuPath has written the same things in several ways: what an object is under ``objectType`` (from
0.4), ``object_type``, or as the feature's ``id`` ("PathCellObject", up to 0.2); a class's colour as
``color`` [red, green, blue] (from 0.4) or ``colorRGB``, one signed number 0xAARRGGBB; measurements
as a mapping (from 0.4) or a list of {"name", "value"}. A cell's nucleus lies beside its geometry,
under ``nucleusGeometry``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._geojson_in import classification_of, features_of, rings_of, to_um
from spotscope.io._reading import read_error, reading
from spotscope.model import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from spotscope.io._geojson_in import Feature
    from spotscope.model import Task

__all__ = ["DrawnNuclei", "nuclei_of_geojson"]

_STAGE = "reading the outlines"
#: What is a nucleus for sure; beside such, other objects are what nuclei lie in.
_NUCLEI = ("detection", "cell")
_OTHERS = ("annotation", "tile", "tma_core", "root")
#: How sure a nucleus is: as QuPath's StarDist says it, and as we do.
_SURE = ("Detection probability", "probability")
#: A part smaller than this beside the largest one is a speck of the same outline.
_SPECK = 0.1


@dataclass(frozen=True, slots=True)
class DrawnNuclei:
    """Outlines of nuclei as a file has them.

    Parameters
    ----------
    polygons_um
        (corner, 2) corners (y, x) in µm of each, not closed.
    words
        What each is classified as; None where as nothing.
    colours
        (red, green, blue), 0 to 255, of the classes that have one.
    probability
        (nucleus,) how sure each is; 1 where nothing is said.
    notes
        What was left out, a sentence each.
    """

    polygons_um: tuple[npt.NDArray[np.float64], ...]
    words: tuple[str | None, ...]
    colours: dict[str, tuple[int, int, int]]
    probability: npt.NDArray[np.float32]
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Outline:
    corners: npt.NDArray[np.float64]
    kind: str
    word: str | None
    sure: float


@dataclass(slots=True)
class _Pile:
    """What was read so far."""

    outlines: list[_Outline] = field(default_factory=list)
    colours: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    geometries: set[str] = field(default_factory=set)
    left: Counter[str] = field(default_factory=Counter)


def nuclei_of_geojson(path: Path | str, *, mpp: float) -> Task[DrawnNuclei]:
    """Read nuclei, in pixels of level 0 as QuPath counts them.

    Of a cell its nucleus is taken, where it has one. Where there are detections or cells,
    annotations and tiles are what these lie in, and left out. The parts of a multi-polygon are
    nuclei of their own, but for specks: parts below a tenth of the largest.

    Parameters
    ----------
    path
        The file: a feature collection, features, or bare polygons.
    mpp
        µm per pixel of level 0.

    Raises
    ------
    ReadError
        If it is no GeoJSON, or no polygon with an area is in it.
    """
    path, pile = Path(path), _Pile()
    yield Progress(_STAGE, 0, 1)
    with reading(path):
        for done, total, features in features_of(path):
            yield Progress(_STAGE, done, total)
            for feature in features:
                _add(pile, feature, mpp, path)
        kept = _without_surroundings(pile)
        if not kept:
            there = ", ".join(sorted(pile.geometries)) or "nothing"
            raise read_error(
                path,
                f"Expected outlines of nuclei in {path.name!r}, found {there} without a polygon "
                "that has an area; export the detections as GeoJSON.",
            )
    words = tuple(outline.word for outline in kept)
    used = {word for word in words if word}
    return DrawnNuclei(
        tuple(outline.corners for outline in kept),
        words,
        {word: colour for word, colour in pile.colours.items() if word in used},
        np.array([outline.sure for outline in kept], np.float32),
        tuple(f"{what}: {n:,}." for what, n in pile.left.items() if n),
    )


def _add(pile: _Pile, feature: Feature, mpp: float, path: Path) -> None:
    pile.geometries.add(str(feature.geometry.get("type")))
    kind, geometry = _kind(feature), _nucleus(feature)
    if geometry is None:
        geometry = feature.geometry
        pile.left["Cells without a nucleus, taken as they are"] += kind == "cell"
    word = classification_of(feature.properties)
    colour = _colour(feature.properties)
    if word and colour is not None:
        pile.colours.setdefault(word, colour)
    sure = _sure(feature.properties)
    rings = rings_of(geometry, str(feature.properties.get("name") or "a nucleus"), path)
    for corners in _parts(pile, [to_um(part[0], mpp) for part in rings]):
        pile.outlines.append(_Outline(corners, kind, word, sure))


def _parts(
    pile: _Pile, polygons: list[npt.NDArray[np.float64]]
) -> Iterator[npt.NDArray[np.float64]]:
    areas = [_area(corners) for corners in polygons]
    for corners, area in zip(polygons, areas, strict=True):
        if area <= 0:
            pile.left["Outlines without an area, left out"] += 1
        elif area < _SPECK * max(areas):
            pile.left["Specks, parts below a tenth of a nucleus, left out"] += 1
        else:
            yield corners


def _without_surroundings(pile: _Pile) -> list[_Outline]:
    if not any(outline.kind in _NUCLEI for outline in pile.outlines):
        return pile.outlines
    kept = [outline for outline in pile.outlines if outline.kind not in _OTHERS]
    pile.left["Annotations and tiles around nuclei, left out"] = len(pile.outlines) - len(kept)
    return kept


def _area(corners: npt.NDArray[np.float64]) -> float:
    """Enclosed area in µm²; 0 where there is none, or a corner is no number."""
    if len(corners) < 3 or not np.isfinite(corners).all():
        return 0.0
    y, x = (corners - corners[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def _kind(feature: Feature) -> str:
    """What QuPath calls it: "detection", "cell", "annotation", …; "" where nobody says."""
    about = feature.properties
    said = str(about.get("objectType") or about.get("object_type") or feature.said.get("id") or "")
    kind = said.lower()
    old = kind.removeprefix("path").removesuffix("object")
    return old if kind.startswith("path") else kind


def _nucleus(feature: Feature) -> dict[str, Any] | None:
    inner = feature.said.get("nucleusGeometry") or feature.properties.get("nucleusGeometry")
    return inner if isinstance(inner, dict) and inner.get("coordinates") else None


def _colour(properties: dict[str, Any]) -> tuple[int, int, int] | None:
    about = properties.get("classification")
    if not isinstance(about, dict):
        return None
    parts, packed = about.get("color"), about.get("colorRGB")
    if isinstance(packed, int) and not parts:
        parts = [packed >> 16 & 255, packed >> 8 & 255, packed & 255]
    if not isinstance(parts, list) or len(parts) < 3:
        return None
    if not all(isinstance(part, int) and 0 <= part <= 255 for part in parts[:3]):
        return None
    red, green, blue = parts[:3]
    return red, green, blue


def _sure(properties: dict[str, Any]) -> float:
    known = properties.get("measurements")
    if isinstance(known, list):
        known = {str(m.get("name")): m.get("value") for m in known if isinstance(m, dict)}
    if not isinstance(known, dict):
        return 1.0
    said = next((known[name] for name in _SURE if name in known), None)
    return float(said) if isinstance(said, int | float) and 0 <= said <= 1 else 1.0
