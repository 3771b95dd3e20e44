"""What may be given as a file or written out: regions, edits and maps, as text or as a path.

Written out, a copied command or script needs no second file. Text is told from a path by its first
letter: JSON opens with a bracket.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import io
from spotscope.model import EditLog, ReadError, Region, Transform
from spotscope.pipeline._regions import inside_any
from spotscope.pipeline._text import text_of
from spotscope.pipeline.segmentation._edit import read_edits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.model import Sample

__all__ = ["edits_from", "file_or_text", "regions_from", "transform_from"]

#: Characters of a file in which it is told what it holds.
_HEAD = 4096
#: As it comes: objects, JSON text, or a file.
Given = Any


def file_or_text(text: str) -> str | Path:
    """JSON stays text, all else is a path."""
    return text if text.lstrip()[:1] in ("{", "[") else Path(text).expanduser()


def regions_from(given: Given, sample: Sample) -> tuple[Region, ...]:
    """Regions, from records in µm (JSON text, a file of it, or parsed) or GeoJSON.

    GeoJSON is in pixels of full resolution, as QuPath draws it; without a slide in µm, as the
    spots are.

    Raises
    ------
    ReadError
        If it is none of these, or no spot of a sample without a slide lies in any region.
    """
    if isinstance(given, str) and not _is_json(given):
        given = Path(given).expanduser()
    if isinstance(given, Path) and _holds_records(given):
        given = text_of(given, "regions")
    if isinstance(given, Path):
        regions = io.read_geojson(given, mpp=sample.drawn_mpp)
        if sample.slide is None:
            _check_in_um(regions, sample, given)
        return regions
    records: Any = _parsed(given, "regions") if isinstance(given, str) else given
    if isinstance(records, dict):
        records = [records]
    return tuple(r if isinstance(r, Region) else _region(r) for r in records)


def _check_in_um(regions: tuple[Region, ...], sample: Sample, path: Path) -> None:
    """Refuse what was drawn in pixels of an image that is not there, or on another sample."""
    if sample.spots is None or inside_any(regions, sample.spots.yx_um).any():
        return
    raise ReadError(
        f"Expected the regions of {path.name} around spots, in µm (x, y) as there is no image, "
        f"found none of {sample.spots.n:,} spots in them; give them in µm, or add the image."
    )


def edits_from(given: Given) -> EditLog:
    """Edits, from a log, records, JSON text or a file.

    Raises
    ------
    ReadError
        If it is none of these.
    """
    if isinstance(given, EditLog):
        return given
    if isinstance(given, Path) or (isinstance(given, str) and not _is_json(given)):
        return read_edits(given)
    records: Any = _parsed(given, "edits") if isinstance(given, str) else given
    if isinstance(records, dict) and "edit" in records:
        records = [records]
    if isinstance(records, dict) and not records.keys() & {"done", "undone"}:
        raise ReadError(
            f"Expected a list of edits, found {str(records)[:60]!r}; give such as "
            '[{"edit": "delete", "at_um": [[812.4, 1033.0]]}].'
        )
    return EditLog.from_json(records if isinstance(records, dict) else {"done": records})


def transform_from(given: Given) -> Transform:
    """A map, from (down, right) in µm, a record, JSON text or a file of one.

    Raises
    ------
    ReadError
        If it is none of these.
    """
    if isinstance(given, Transform):
        return given
    if isinstance(given, Path):
        given = text_of(given, "a map of the spots")
    data: Any = _parsed(given, "a map") if isinstance(given, str) else given
    if isinstance(data, dict):
        return Transform.from_json(data.get("transform", data))
    try:
        down, right = (float(number) for number in data)
    except (TypeError, ValueError) as err:
        raise ReadError(
            f"Expected a shift of two numbers, down and right in µm, found {str(data)[:60]!r}; "
            "give such as --shift=12,-3."
        ) from err
    return Transform.shift(down, right)


def _holds_records(path: Path) -> bool:
    """Whether a file holds regions in µm, as a copied command writes them: no GeoJSON."""
    try:
        with path.open(encoding="utf-8") as file:
            return '"polygon_yx_um"' in file.read(_HEAD)
    except (OSError, UnicodeDecodeError):
        return False  # it is told where it is read


def _is_json(text: str) -> bool:
    return isinstance(file_or_text(text), str)


def _parsed(text: str, what: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as err:
        raise ReadError(
            f"Expected {what} as JSON, found {text[:60]!r} ({err}); copy the command whole, or "
            "give a file."
        ) from err


def _region(record: Mapping[str, Any]) -> Region:
    try:
        corners = np.asarray(record["polygon_yx_um"], float).reshape(-1, 2)
        name, remark = str(record.get("name", "Region")), str(record.get("remark", ""))
        return Region(name, corners, record.get("classification"), remark=remark)
    except (KeyError, TypeError, ValueError, AttributeError) as err:
        raise ReadError(
            f"Expected a region with 'polygon_yx_um', found {str(record)[:60]!r}; give corners "
            "(y, x) in µm, or a GeoJSON file."
        ) from err
