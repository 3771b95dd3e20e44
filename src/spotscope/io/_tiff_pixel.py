"""The pixel size of a TIFF, from whichever of four places knows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from spotscope.io._pixel_size import PixelSize, believable_size, to_um

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPageSeries

__all__ = ["tiff_pixel"]

_APERIO = re.compile(r"\bMPP\s*=\s*([0-9.eE+-]+)")
#: ResolutionUnit of the TIFF standard: 1 says "none".
_UNITS = {2: "inch", 3: "cm", 4: "mm", 5: "µm"}


def tiff_pixel(tif: TiffFile, series: TiffPageSeries) -> PixelSize | None:
    """The size of a pixel of the series: OME-XML, else Aperio's words, else the resolution tags."""
    if tif.is_ome:
        size = _from_ome(tif.ome_metadata, tif.series.index(series), len(tif.series))
        if size is not None:
            return size
    description = str(getattr(series.keyframe, "description", "") or "")
    if (found := _APERIO.search(description)) is not None:
        size = believable_size(None, _number(found.group(1)))
        if size is not None:
            return size
    return _from_resolution(tif, series.keyframe)


def _from_ome(xml: str | None, index: int, n_series: int) -> PixelSize | None:
    try:
        root = ElementTree.fromstring(xml or "")
    except ElementTree.ParseError:
        return None
    pixels = [node for node in root.iter() if node.tag.rpartition("}")[2] == "Pixels"]
    if not pixels:
        return None
    # where tifffile left images out, the numbers do not match: the first is the slide
    chosen = pixels[index] if len(pixels) == n_series else pixels[0]
    sizes: list[float | None] = []
    for axis in "YX":
        size = _number(chosen.get(f"PhysicalSize{axis}", ""))
        unit = chosen.get(f"PhysicalSize{axis}Unit", "µm")
        sizes.append(None if size is None else to_um(size, unit))
    return believable_size(*sizes)


def _from_resolution(tif: TiffFile, page: Any) -> PixelSize | None:
    tags = page.tags
    unit = _UNITS.get(int(tags.valueof(296, 2)), "")
    if tif.is_imagej and tif.imagej_metadata:
        unit = str(tif.imagej_metadata.get("unit", unit))
    sizes: list[float | None] = []
    for code in (283, 282):  # YResolution, XResolution: pixels per unit, as a fraction
        value = tags.valueof(code)
        if value is None:
            sizes.append(None)
            continue
        above, below = value if isinstance(value, tuple) else (value, 1)
        sizes.append(to_um(below / above, unit) if above and below else None)
    return believable_size(*sizes, from_print=True)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
