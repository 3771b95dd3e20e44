"""The pixel size of the image that QuPath had, where a smaller picture was found beside the spots.

Sessions say it since GeoJSON on them is in its pixels. Of those saved before, it is read again from
the spots' own file.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope import io
from spotscope.model import SpotscopeError
from spotscope.pipeline.segmentation._thumbnail import is_thumbnail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from spotscope.model import Sample

__all__ = ["full_mpp_of", "with_full_mpp"]

_GONE = (
    "Saved by an earlier version, and {path} can no longer be read: GeoJSON is taken in the pixels "
    "of this picture; add the full-resolution image to take it in that one's."
)


def full_mpp_of(table: io.SpotTable) -> float | None:
    """µm per pixel of the image that places are in pixels of, where a smaller one was found."""
    own, found = table.mpp, table.image_mpp
    smaller = table.unit == "px" and own is not None and found is not None and found > own
    return own if smaller else None


def with_full_mpp(sample: Sample, about: Mapping[str, Any]) -> Sample:
    """A sample that was saved, with what versions that did not save it would have known.

    Parameters
    ----------
    sample
        As it was saved.
    about
        What its session says of itself.
    """
    if "full_mpp" in about or not is_thumbnail(sample):
        return sample
    path = Path(str(sample.opened["path"]))
    mpp = sample.opened.get("mpp")
    try:
        table = io.read_spots(path, mpp=None if mpp is None else float(mpp))
    except (SpotscopeError, OSError):
        return replace(sample, notes=(*sample.notes, _GONE.format(path=path.name)))
    return replace(sample, full_mpp=full_mpp_of(table))
