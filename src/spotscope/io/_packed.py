"""Files that came packed, as archives send them: named so, and asked to be unpacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import ReadError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["refuse_packed"]

#: How packed files begin.
_STARTS = (
    *(b"\x1f\x8b", b"PK\x03\x04", b"7z\xbc\xaf\x27\x1c", b"Rar!"),
    *(b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"),
)


def refuse_packed(path: Path) -> None:
    """Say of a file that nobody could read that it is packed, where it is.

    Raises
    ------
    ReadError
        If it begins like a packed file.
    """
    if not path.is_file():
        return
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_STARTS):
        raise ReadError(
            f"Expected a file as it is, found {path.name!r} packed; unpack it and give what is in "
            "it."
        )
