"""A TIFF of one packed strip: unpacked into a file that is mapped, then read in rows.

Strips are one stream of bytes, and where the writer predicted each pixel from its left neighbour
(TIFF 6.0, section 14) a sum along every row brings the pixels back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.io._scratch import scratch
from spotscope.io._source import TILE_PX

if TYPE_CHECKING:
    from pathlib import Path

    from tifffile import TiffPage

    from spotscope.io._source import Bands

__all__ = ["one_strip", "strip_rows"]

_LZW, _DEFLATE, _OLD_DEFLATE = 5, 8, 32946
_CODECS = {_LZW: "lzw_decode", _DEFLATE: "zlib_decode", _OLD_DEFLATE: "zlib_decode"}
_PLAIN = (1, 2)  # dark is 0, or red, green and blue: bytes are pixels


def one_strip(page: TiffPage) -> bool:
    """Whether a page is one strip that can be unpacked into a file."""
    depth = np.dtype(page.dtype) if page.dtype is not None else np.dtype("f8")
    return (
        not page.is_tiled
        and len(page.dataoffsets) == 1
        and int(page.compression) in _CODECS
        and int(page.photometric) in _PLAIN
        and int(page.planarconfig) == 1
        and int(page.predictor) in (1, 2)
        and depth.kind == "u"
        and int(page.bitspersample) == 8 * depth.itemsize
        and int(page.fillorder) == 1
    )


def strip_rows(path: Path, page: TiffPage, channels: int) -> Bands:
    """Bands of rows (y, x, c), the first ``channels`` of each pixel.

    Raises
    ------
    ValueError
        If the strip holds other than the directory says.
    """
    import imagecodecs

    decode = getattr(imagecodecs, _CODECS[int(page.compression)])
    dtype = np.dtype(page.dtype)
    stored = dtype.newbyteorder(page.parent.byteorder)
    shape = int(page.imagelength), int(page.imagewidth), int(page.samplesperpixel)
    with path.open("rb") as stream:
        stream.seek(page.dataoffsets[0])
        packed = stream.read(page.databytecounts[0])
    with scratch((int(np.prod(shape)) * dtype.itemsize,), np.uint8) as unpacked:
        found: Any = decode(packed, out=unpacked)
        if len(found) != len(unpacked):
            raise ValueError(f"{len(found)} of {len(unpacked)} bytes in its strip")
        rows = unpacked.view(stored).reshape(shape)
        for y in range(0, shape[0], TILE_PX):
            band = np.array(rows[y : y + TILE_PX], dtype)
            if int(page.predictor) == 2:
                np.cumsum(band, axis=1, dtype=dtype, out=band)
            yield band[..., :channels]
