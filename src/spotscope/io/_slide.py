"""Any slide as a lazy pyramid: the format is told by the content, not by the name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.io._deep_colour import in_eight_bits
from spotscope.io._ome_zarr import is_ome_zarr, ome_zarr_source
from spotscope.io._packed import refuse_packed
from spotscope.io._pyramid import pyramid
from spotscope.io._raster import JPEG_MAGIC, PNG_MAGIC, raster_source
from spotscope.io._reading import read_error, reading
from spotscope.io._tiff import tiff_source
from spotscope.io._tiff_check import TIFF_MAGIC
from spotscope.model import Slide, check_mpp

if TYPE_CHECKING:
    from spotscope.io._source import Source
    from spotscope.model import Task

__all__ = ["image_source", "is_slide", "open_slide", "slide_mpp", "slide_shape"]

_FORMATS = "PNG, JPEG, TIFF, OME-TIFF, SVS or OME-Zarr"
_ENDINGS = (".ome", ".tiff", ".tif", ".svs", ".png", ".jpeg", ".jpg", ".zarr")


def open_slide(
    path: Path | str, *, mpp: float | None = None, cache: Path | None = None
) -> Task[Slide]:
    """Open a slide; no more of it is held in memory than what is looked at.

    A tiled pyramid is read in place. Where a file has no pyramid, or only part of one, the missing
    levels are built once and kept (see Notes).

    Parameters
    ----------
    path
        PNG, JPEG, TIFF (plain, tiled, pyramidal), OME-TIFF, SVS (JPEG or JPEG 2000), or the folder
        of an OME-Zarr image (0.4, 0.5).
    mpp
        µm per pixel; wins over what the file says.
    cache
        Folder for pyramids; by default ``spotscope/slides`` in the user's cache folder
        (``XDG_CACHE_HOME`` or ``~/.cache``; ``LOCALAPPDATA`` on Windows).

    Returns
    -------
    The slide, levels (y, x, c). Transparency is dropped, palettes become RGB, and bright-field
    colour of 16 bits becomes 8.

    Raises
    ------
    ReadError
        If it is no slide, is cut off or damaged, is a stack, or has no pixel size or pixels that
        are not square, and none is given.
    WriteError
        If a pyramid must be built and the cache has no room.

    Notes
    -----
    To build a pyramid a PNG is read in rows. A JPEG, or a TIFF of one strip packed by LZW or
    deflate, is unpacked in one piece into a file of the cache that is mapped: memory holds of it
    what the system has room for. Interlaced PNGs, palettes, JPEGs in CMYK and other one-strip TIFFs
    are held in memory once; where they do not fit, one sentence says so before they are decoded.
    """
    path = Path(path)
    with reading(path):
        source = image_source(path)
        mpp = check_mpp(source.mpp_of(path, mpp), path.name)
        levels = yield from pyramid(path, source, cache)
        return Slide(in_eight_bits(levels), mpp, _name(path), path)


def slide_mpp(path: Path | str, *, given: float | None = None) -> float | None:
    """µm per pixel that the file states, or None; nothing is decoded.

    Raises
    ------
    ReadError
        If it states that pixels are not square, and none is ``given``.
    """
    path = Path(path)
    source = image_source(path)
    if given is not None:
        return None if source.pixel is None else source.pixel.mpp
    return source.mpp_of(path)


def slide_shape(path: Path | str) -> tuple[int, int]:
    """(y, x) pixels of a slide; nothing is decoded."""
    return image_source(Path(path)).shape[:2]


def is_slide(path: Path | str) -> bool:
    """Whether this looks like a slide, by its first bytes or its folder's metadata."""
    path = Path(path)
    if path.is_dir():
        return is_ome_zarr(path)
    return path.is_file() and _start(path).startswith((PNG_MAGIC, JPEG_MAGIC, *TIFF_MAGIC))


def image_source(path: Path) -> Source:
    """Any image as its format's reader sees it; no pixel is decoded.

    Raises
    ------
    ReadError
        If it is no image, cut off or damaged.
    """
    source = _header(path)
    if 0 in source.shape:
        raise read_error(
            path,
            f"Expected an image in {path.name!r}, found an empty one of {source.shape[0]} × "
            f"{source.shape[1]} pixels; export it again.",
        )
    return source


def _header(path: Path) -> Source:
    if path.is_dir():
        return ome_zarr_source(path)
    if not path.exists():
        raise read_error(
            path, f"Expected a slide at {str(path)!r}, found nothing there; check the path."
        )
    start = _start(path)
    if start.startswith(TIFF_MAGIC):
        return tiff_source(path)
    if start.startswith((PNG_MAGIC, JPEG_MAGIC)):
        return raster_source(path)
    refuse_packed(path)
    found = f"a file that starts with {start!r}" if start else "an empty file"
    raise read_error(
        path,
        f"Expected a slide ({_FORMATS}) in {path.name!r}, found {found}; give the image file, or "
        "export it as OME-TIFF.",
    )


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(8)
    except OSError as error:
        raise read_error(
            path, f"Expected to read {path.name!r}, found it closed ({error.strerror})."
        ) from error


def _name(path: Path) -> str:
    """Strip the endings of the format and nothing else: a section may be called A1.2."""
    name = path.name
    while (ending := Path(name).suffix.lower()) in _ENDINGS and Path(name).stem:
        name = name[: -len(ending)]
    return name
