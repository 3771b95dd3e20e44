"""Fingerprints of files: of what is in them, so that a copy on another machine has the same.

Times of change are left out: they do not survive a copy. Whole-slide images are gigabytes, so of
large files blocks are looked at, evenly apart from the first byte to the last.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["fingerprint_file", "is_file_of"]

#: Before the fingerprints of this version; those of the first had nothing before them.
_MARK = "2-"
#: Bytes of a file that are looked at, at most; of a folder's files together, about four times that.
_MOST = 16 << 20
_BLOCKS, _SMALLEST = 64, 4096


def fingerprint_file(path: Path) -> str:
    """Fingerprint a file or a folder by sizes and content, whatever it is called.

    Files of 16 MiB and less are read whole (in a folder of many, smaller ones). Of larger files 64
    blocks are read, evenly apart: a change between two of them that keeps the size is not seen.
    """
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    most = min(_MOST, max(4 * _MOST // max(len(files), 1), _BLOCKS * _SMALLEST))
    digest = hashlib.blake2b(digest_size=16)
    for file in files:
        name, size = file.relative_to(path).as_posix(), file.stat().st_size
        digest.update(f"{name}:{size}\0".encode())
        with file.open("rb") as stream:
            if size <= most:
                digest.update(stream.read())
                continue
            block = most // _BLOCKS
            for k in range(_BLOCKS):
                stream.seek(k * (size - block) // (_BLOCKS - 1))
                digest.update(stream.read(block))
    return _MARK + digest.hexdigest()


def is_file_of(path: Path, fingerprint: str) -> bool:
    """Whether a file has this fingerprint, also one that an earlier spotscope took."""
    taken: Callable[[Path], str] = fingerprint_file if fingerprint.startswith(_MARK) else _first
    return taken(path) == fingerprint


def _first(path: Path) -> str:
    """As the first version took it: names, sizes, and the first and last MiB of every file."""
    digest = hashlib.blake2b(digest_size=16)
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    block = 1 << 20
    for file in files:
        size = file.stat().st_size
        digest.update(f"{file.relative_to(path.parent)}:{size}".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(block))
            if size > 2 * block:
                stream.seek(-block, 2)
                digest.update(stream.read(block))
            else:
                digest.update(stream.read())
    return digest.hexdigest()
