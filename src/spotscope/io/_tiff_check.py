"""Is a TIFF whole? Follows its directories without decoding, so a cut download is found at once.

A TIFF is a chain of directories; each has entries of (tag, type, count, value or where the value
lies) and the place of the next directory (TIFF 6.0, section 2). In a file that was cut, some
place lies behind the end.
"""

from __future__ import annotations

import itertools
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from spotscope.io._reading import read_error

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["TIFF_MAGIC", "check_tiff"]

TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_BYTES_OF_TYPE = {
    **dict.fromkeys((1, 2, 6, 7), 1),
    **dict.fromkeys((3, 8), 2),
    **dict.fromkeys((4, 9, 11, 13), 4),
    **dict.fromkeys((5, 10, 12, 16, 17, 18), 8),
}
_WHOLE = {3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
_SUB_IFDS = 330
#: Where strips and tiles begin, and how long they are.
_PIXELS = ((273, 279), (324, 325))
_PLACES = {_SUB_IFDS, *itertools.chain(*_PIXELS)}
_NONE = np.zeros(0, np.int64)
#: Beyond 4 GiB a classic TIFF is one of the vendors' own 64-bit dialects (NDPI).
_CLASSIC_LIMIT = 1 << 32


def check_tiff(path: Path) -> None:
    """Raise if a directory of the file, one of their values or any pixel lies behind its end.

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
    place, count, entry = ("Q", "Q", "HHQ8s") if is_big else ("I", "H", "HHI4s")
    stream.seek(8 if is_big else 4)
    try:
        todo = list(_unpack(stream, order + place))
        if todo == [0]:  # the writer never came to its end
            return False
        seen: set[int] = set()
        while todo:
            offset = todo.pop()
            if offset == 0 or offset in seen:
                continue
            seen.add(offset)
            stream.seek(offset)
            (n_entries,) = _unpack(stream, order + count)
            entries = [_unpack(stream, order + entry) for _ in range(n_entries)]
            todo.extend(_unpack(stream, order + place))
            values = {e[0]: _values(stream, order, place, e, size) for e in entries}
            todo.extend(map(int, values.get(_SUB_IFDS, ())))
            for starts, lengths in _PIXELS:
                begin, long = values.get(starts, _NONE), values.get(lengths, _NONE)
                if len(begin) == len(long) and (begin + long).max(initial=0) > size:
                    return False
    except (struct.error, EOFError):  # fewer bytes than asked for
        return False
    return True


def _values(
    stream: BinaryIO, order: str, place: str, entry: tuple[Any, ...], size: int
) -> npt.NDArray[np.int64]:
    """Give the numbers of an entry that says where something lies; of others, none."""
    tag, kind, number, inside = entry
    length = number * _BYTES_OF_TYPE.get(kind, 1)
    if length > len(inside):
        start = struct.unpack(order + place, inside)[0]
        if start + length > size:
            raise EOFError
    if tag not in _PLACES or kind not in _WHOLE:
        return _NONE
    if length > len(inside):
        stream.seek(start)
        inside = stream.read(length)
    return np.frombuffer(inside[:length], order + _WHOLE[kind]).astype(np.int64)


def _unpack(stream: BinaryIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack(layout, stream.read(struct.calcsize(layout)))
