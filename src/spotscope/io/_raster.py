"""PNG and JPEG: images without tiles, read from top to bottom once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._memory import check_room
from spotscope.io._pixel_size import PixelSize, believable_size
from spotscope.io._png_rows import png_rows, reads_in_rows
from spotscope.io._reading import read_error
from spotscope.io._scratch import scratch
from spotscope.io._source import TILE_PX, Bands, Source

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.ImageFile import ImageFile

__all__ = ["JPEG_MAGIC", "PNG_MAGIC", "raster_exif", "raster_source"]

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"
_JPEG_SCAN, _JPEG_END = b"\xff\xda", b"\xff\xd9"
_UM_PER_INCH = 25_400.0

#: What Pillow raises on damaged files.
_DAMAGE = (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError)
#: Pillow's modes that are kept as they are, with their channels and type; all else becomes RGB.
_KEPT = {"L": (1, "u1"), "I;16": (1, "u2"), "I": (1, "i4"), "F": (1, "f4"), "RGB": (3, "u1")}
#: Pillow's, and a band of ours beside it.
_HELD_BYTES = 5
_JPEG_CHANNELS = {"L": 1, "RGB": 3}
_TO_GREY = ("1", "LA", "La")


def raster_source(path: Path) -> Source:
    """Read size and resolution from the header; no pixel is decoded.

    A PNG is read in rows. A JPEG (at most 65,535 pixels a side) is decoded in one piece into a file
    of the cache. Interlaced PNGs, palettes, and JPEGs in CMYK are rare among slides and large ones
    rarer: they are held in memory once, 4 bytes a pixel.

    Raises
    ------
    ReadError
        If the header is damaged.
    """
    try:
        with path.open("rb") as stream:
            image = _image(stream)
            (width, height), mode, dpi = image.size, image.mode, image.info.get("dpi")
    except _DAMAGE as error:
        raise _damaged(path, error) from error
    channels, dtype = _KEPT.get(mode, (1 if mode in _TO_GREY else 3, "u1"))

    def bands() -> Bands:
        return _bands(path)

    return Source((height, width, channels), np.dtype(dtype), _pixel(dpi), bands=bands)


def raster_exif(path: Path) -> dict[int, Any]:
    """What a camera or scanner wrote beside the pixels, by tag; none of them is decoded."""
    from PIL.Image import Exif

    exif = Exif()
    try:
        with path.open("rb") as stream:
            # Pillow's own way decodes a PNG that has none
            exif.load(_image(stream).info.get("exif", b""))
    except _DAMAGE:
        return {}
    return dict(exif)


def _image(stream: Any) -> ImageFile:
    """Open by the format's own class.

    ``Image.open`` stops at 179 million pixels, taking the file for an attack; a slide is larger.
    Its limit is a global of Pillow, which is not ours to turn.
    """
    from PIL.JpegImagePlugin import JpegImageFile
    from PIL.PngImagePlugin import PngImageFile

    start = stream.read(len(PNG_MAGIC))
    stream.seek(0)
    image: ImageFile = PngImageFile(stream) if start == PNG_MAGIC else JpegImageFile(stream)
    return image


def _bands(path: Path) -> Bands:
    try:
        yield from _decoded(path)
    except _DAMAGE as error:
        raise _damaged(path, error) from error


def _decoded(path: Path) -> Bands:
    with path.open("rb") as stream:
        image = _image(stream)
        is_png, mode, (width, height) = image.format == "PNG", image.mode, image.size
        if is_png and reads_in_rows(path):
            yield from png_rows(path, TILE_PX)
            return
        if not is_png and mode in _JPEG_CHANNELS:
            yield from _from_disk(path, (height, width, _JPEG_CHANNELS[mode]))
            return
        check_room(path, _HELD_BYTES * width * height)
        image.load()
    for y in range(0, height, TILE_PX):
        band = image.crop((0, y, width, min(y + TILE_PX, height)))
        if image.mode not in _KEPT:
            band = band.convert("L" if image.mode in _TO_GREY else "RGB")
        pixels = np.asarray(band)
        yield pixels.reshape(*pixels.shape[:2], -1)


def _from_disk(path: Path, shape: tuple[int, int, int]) -> Bands:
    """A JPEG by way of a file that is mapped, 3 bytes a pixel."""
    import imagecodecs

    packed = path.read_bytes()
    # decoders paint what is missing grey; the marker of the end comes after the last scan alone
    if packed.find(_JPEG_END, packed.rfind(_JPEG_SCAN)) < 0:
        raise ValueError("the pixels end early")
    with scratch(shape if shape[2] > 1 else shape[:2], np.uint8) as pixels:
        try:
            imagecodecs.jpeg8_decode(packed, out=pixels)
        except imagecodecs.Jpeg8Error as error:
            raise ValueError(str(error)) from error
        for y in range(0, shape[0], TILE_PX):
            yield np.array(pixels[y : y + TILE_PX]).reshape(-1, *shape[1:])


def _pixel(dpi: Any) -> PixelSize | None:
    try:
        across, down = (float(value) for value in dpi)
    except (TypeError, ValueError):
        return None
    if across <= 0 or down <= 0:
        return None
    return believable_size(_UM_PER_INCH / down, _UM_PER_INCH / across, from_print=True)


def _damaged(path: Path, error: BaseException) -> Exception:
    found = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
    return read_error(
        path,
        f"Expected a whole image in {path.name!r}, found it cut off or damaged ({found}); copy or "
        "download it again.",
    )
