"""Is a TIFF whole? Follows its directories without decoding, so a cut download is found at once.

A TIFF is a chain of directories; each has entries of (tag, type, count, value or where the value
lies) and the place of the next directory (TIFF 6.0, section 2). In a file that was cut, some
place lies behind the end.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

from spotscope.io._reading import read_error

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["TIFF_MAGIC", "check_tiff"]

TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_BYTES_OF_TYPE = {
    **dict.fromkeys((1, 2, 6, 7), 1),
    **dict.fromkeys((3, 8), 2),
    **dict.fromkeys((4, 9, 11, 13), 4),
    **dict.fromkeys((5, 10, 12, 16, 17, 18), 8),
}
_SUB_IFDS = 330
#: Beyond 4 GiB a classic TIFF is one of the vendors' own 64-bit dialects (NDPI).
_CLASSIC_LIMIT = 1 << 32


def check_tiff(path: Path) -> None:
    """Raise if any directory of the file, or any of their values, lies behind the file's end.

    Raises
    ------
    ReadError
        If the file is cut.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        magic = stream.read(4)
        order = "<" if magic[:2] == b"II" else ">"
        is_big = magic[2:4] in (b"+\0", b"\0+")
        if not is_big and size >= _CLASSIC_LIMIT:
            return
        whole = _is_whole(stream, order, is_big, size)
    if not whole:
        raise read_error(
            path,
            f"Expected a whole TIFF, found {path.name!r} cut off after {size:,} bytes; copy or "
            "download it again.",
        )


def _is_whole(stream: BinaryIO, order: str, is_big: bool, size: int) -> bool:
    place, count, entry = ("Q", "Q", "HHQQ") if is_big else ("I", "H", "HHII")
    stream.seek(8 if is_big else 4)
    try:
        todo = [_unpack(stream, order + place)[0]]
        if todo == [0]:  # the writer never came to its end
            return False
        seen: set[int] = set()
        while todo:
            offset = todo.pop()
            if offset == 0 or offset in seen:
                continue
            seen.add(offset)
            stream.seek(offset)
            entries = [
                _unpack(stream, order + entry) for _ in range(_unpack(stream, order + count)[0])
            ]
            todo.append(_unpack(stream, order + place)[0])
            for tag, kind, number, value in entries:
                length = number * _BYTES_OF_TYPE.get(kind, 1)
                inside = length <= struct.calcsize(place)
                if not inside and value + length > size:
                    return False
                if tag == _SUB_IFDS and inside:
                    todo.append(value)
                elif tag == _SUB_IFDS:
                    stream.seek(value)
                    letter = "Q" if length == 8 * number else "I"
                    todo.extend(_unpack(stream, f"{order}{number}{letter}"))
    except struct.error:  # fewer bytes than asked for
        return False
    return True


def _unpack(stream: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, stream.read(struct.calcsize(layout)))
