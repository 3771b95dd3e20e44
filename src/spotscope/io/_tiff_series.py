"""Which of the images in a TIFF is the slide."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from spotscope.io._reading import read_error
from spotscope.io._tiff_check import check_tiff

if TYPE_CHECKING:
    from pathlib import Path

    from tifffile import TiffFile, TiffPageSeries

    from spotscope.model import ReadError

__all__ = ["DAMAGE", "damaged", "open_series"]

#: What tifffile and the codecs raise on files that are not what they say.
DAMAGE = (
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    RuntimeError,
    OSError,
    struct.error,
)

#: Pictures of the glass that scanners put beside the slide.
_NOT_THE_SLIDE = ("label", "macro", "thumbnail", "overview")
#: Axes that are looked at together; any other long axis is depth or time.
_CHANNEL_AXES = "CS"
#: A plain TIFF does not name its first axis; more pages than this are a stack.
_UNNAMED_AXES = "IQR"
_MOST_UNNAMED = 10


def open_series(path: Path) -> tuple[TiffFile, TiffPageSeries]:
    """Open the file and pick the slide among its images: the largest that is no label or macro."""
    from tifffile import TiffFile

    check_tiff(path)
    try:
        tif = TiffFile(path)
    except DAMAGE as error:
        raise damaged(path, error) from error
    try:
        found = [
            series
            for series in tif.series
            if "Y" in series.axes
            and "X" in series.axes
            and 0 not in series.shape
            and not any(word in series.name.lower() for word in _NOT_THE_SLIDE)
        ]
        if not found:
            raise read_error(
                path,
                f"Expected an image in {path.name!r}, found none with pixels; "
                "check that it is the slide's file.",
            )
        series = max(found, key=_n_pixels)
        _check_axes(path, series)
    except DAMAGE as error:
        tif.close()
        raise damaged(path, error) from error
    except BaseException:
        tif.close()
        raise
    return tif, series


def _check_axes(path: Path, series: TiffPageSeries) -> None:
    long = {a: n for a, n in zip(series.axes, series.shape, strict=True) if a not in "YX" and n > 1}
    unnamed = math.prod(n for a, n in long.items() if a in _UNNAMED_AXES)
    deep = {a: n for a, n in long.items() if a not in _CHANNEL_AXES + _UNNAMED_AXES}
    if deep or unnamed > _MOST_UNNAMED:
        n = math.prod(deep.values()) if deep else unnamed
        raise read_error(
            path,
            f"Expected a 2-D image in {path.name!r}, found a stack of {n} (axes {series.axes}, "
            f"shape {tuple(series.shape)}); save one plane or a projection as its own file.",
        )


def _n_pixels(series: TiffPageSeries) -> int:
    sizes = dict(zip(series.axes, series.shape, strict=True))
    return int(sizes["Y"]) * int(sizes["X"])


def damaged(path: Path, error: Exception) -> ReadError:
    """Say that a TIFF cannot be read."""
    found = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return read_error(
        path,
        f"Expected a TIFF that can be read in {path.name!r}, found it damaged ({found}); "
        "copy it again, or export it again from the program that made it.",
    )
