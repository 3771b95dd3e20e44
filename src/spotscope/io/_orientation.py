"""What an image says of how it is to be held: cameras and some scanners store it turned.

Places of spots are in pixels as they are stored, so these are shown, and the rest is said.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from spotscope.io._raster import raster_exif
from spotscope.io._tiff_check import TIFF_MAGIC

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["said_of_orientation"]

#: Of TIFF 6.0 and of EXIF.
_TAG = 274
_TURNS = {
    2: "mirrored",
    3: "turned by 180°",
    4: "mirrored, top to bottom",
    5: "mirrored and turned by 90°",
    6: "turned by 90° clockwise",
    7: "mirrored and turned by 90°",
    8: "turned by 90° anticlockwise",
}


def said_of_orientation(path: Path) -> tuple[str, ...]:
    """One sentence on an image that asks to be shown turned; none on others.

    Parameters
    ----------
    path
        Of a slide that opens.
    """
    how = _TURNS.get(_orientation(path))
    if how is None:
        return ()
    return (
        f"{path.name} asks to be shown {how}; it is shown as its pixels are stored, which is what "
        "places of spots refer to. If spots lie turned on it, export the image upright.",
    )


def _orientation(path: Path) -> int:
    if path.is_dir():
        return 1
    with path.open("rb") as stream:
        start = stream.read(8)
    if not start.startswith(TIFF_MAGIC):
        return int(raster_exif(path).get(_TAG, 1))
    import tifffile

    with tifffile.TiffFile(path) as file, contextlib.suppress(IndexError, ValueError, TypeError):
        return int(file.pages[0].tags[_TAG].value) if _TAG in file.pages[0].tags else 1
    return 1
