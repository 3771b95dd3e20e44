"""A PNG from top to bottom: rows as they are inflated, never the whole picture.

The pixels of a PNG are one zlib stream over its IDAT chunks. Each row begins with a byte that names
its filter; with a the byte of the pixel to the left, b the one above, c above left, and bpp the
bytes of a pixel, a stored byte s stands for (PNG specification, third edition, section 9)

    none s    sub s + a    up s + b    average s + ⌊(a + b) / 2⌋    Paeth s + nearest(a + b - c).
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, BinaryIO

import numba
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["png_rows", "reads_in_rows"]

_SIGNATURE = 8
#: Samples a pixel by colour type: grey, RGB, grey and alpha, RGB and alpha. Palettes are left to
#: Pillow: pictures of 256 colours are drawings, not slides.
_SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}
_COLOURS = {0: 1, 2: 3, 4: 1, 6: 3}
_PIECE = 1 << 20


def reads_in_rows(path: Path) -> bool:
    """Whether this is a PNG of 8 or 16 bits, not interlaced, without a palette."""
    with path.open("rb") as stream:
        stream.seek(_SIGNATURE + 8)
        head = stream.read(13)
    if len(head) < 13:
        return False
    _, _, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", head)
    # Pillow shows colours of 16 bits with 8: it is left to it
    grey_16 = depth == 16 and colour == 0
    return (grey_16 or (depth == 8 and colour in _SAMPLES)) and not interlaced


def png_rows(path: Path, height: int) -> Iterator[npt.NDArray[np.generic]]:
    """Bands of at most ``height`` rows, (y, x, c), without transparency.

    Raises
    ------
    ValueError, EOFError
        If the file is cut off or damaged.
    """
    with path.open("rb") as stream:
        stream.seek(_SIGNATURE + 8)
        width, rows, depth, colour = struct.unpack(">IIBB", stream.read(10))
        samples, size = _SAMPLES[colour], depth // 8
        stride = width * samples * size
        inflated = _inflated(stream, height * (stride + 1))
        above = np.zeros(stride, np.uint8)
        held = b""
        for start in range(0, rows, height):
            n = min(height, rows - start)
            wanted = n * (stride + 1)
            while len(held) < wanted:
                piece = next(inflated, None)
                if piece is None:
                    raise EOFError("the pixels end early")
                held += piece
            lines = np.frombuffer(held, np.uint8, wanted).reshape(n, stride + 1)
            pixels = np.empty((n, stride), np.uint8)
            if not _unfilter(lines, above, samples * size, pixels):
                raise ValueError("an unknown filter")
            held = held[wanted:]
            above = pixels[-1].copy()
            band = pixels.view(">u2").astype(np.uint16) if size == 2 else pixels
            yield band.reshape(n, width, samples)[..., : _COLOURS[colour]]


def _inflated(stream: BinaryIO, about: int) -> Iterator[bytes]:
    """The zlib stream of all IDAT chunks, in pieces of at most ``about`` bytes."""
    stream.seek(_SIGNATURE)
    inflate = zlib.decompressobj()
    while True:
        head = stream.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        if kind != b"IDAT":
            stream.seek(length + 4, 1)
            continue
        checksum = zlib.crc32(kind)
        left = length
        while left:
            packed = stream.read(min(left, _PIECE))
            if not packed:
                return
            left -= len(packed)
            checksum = zlib.crc32(packed, checksum)
            while packed:
                try:
                    piece = inflate.decompress(packed, about)
                except zlib.error as error:  # which is no ValueError
                    raise ValueError("the pixels cannot be unpacked") from error
                packed = inflate.unconsumed_tail
                if not piece and not packed:
                    break
                yield piece
        if stream.read(4) != struct.pack(">I", checksum):
            raise ValueError("a chunk with another checksum")


@numba.njit(cache=True, nogil=True)
def _unfilter(lines, above, bpp, out):  # type: ignore[no-untyped-def]
    """Undo the filters of some rows; False when one is unknown."""
    stride = out.shape[1]
    for y in range(lines.shape[0]):
        kind = lines[y, 0]
        if kind > 4:
            return False
        for i in range(stride):
            left = np.int32(out[y, i - bpp]) if i >= bpp else np.int32(0)
            up = np.int32(out[y - 1, i]) if y > 0 else np.int32(above[i])
            guess = np.int32(0)
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) // 2
            elif kind == 4:
                corner = np.int32(0)
                if i >= bpp:
                    corner = np.int32(out[y - 1, i - bpp]) if y > 0 else np.int32(above[i - bpp])
                base = left + up - corner
                to_left, to_up = abs(base - left), abs(base - up)
                to_corner = abs(base - corner)
                if to_left <= to_up and to_left <= to_corner:
                    guess = left
                elif to_up <= to_corner:
                    guess = up
                else:
                    guess = corner
            out[y, i] = np.uint8((np.int32(lines[y, i + 1]) + guess) & 255)
    return True
