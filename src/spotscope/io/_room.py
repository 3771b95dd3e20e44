"""Room on disk: what lies in a folder of a cache, and which of it goes when it is too much."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotscope.io._held import let_go, mark_of
from spotscope.io._staging import abandoned

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

__all__ = ["KeptEntry", "kept_entries", "trim"]


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """One thing that is kept.

    Parameters
    ----------
    path
        File or folder.
    used
        When it was used last, in seconds.
    n_files, n_bytes
        What it is made of.
    """

    path: Path
    used: float
    n_files: int
    n_bytes: int


def kept_entries(
    root: Path, starts: Collection[str] = ("",), suffix: str | None = None
) -> list[KeptEntry]:
    """List what is kept in a folder, last used first; what is half written is not among it.

    Parameters
    ----------
    root
        The folder; it need not be there.
    starts
        Of names that are wanted.
    suffix
        Of names that are wanted; None takes any.
    """
    found = []
    for path in root.iterdir() if root.is_dir() else ():
        wanted = path.name.startswith(tuple(starts)) and suffix in (None, path.suffix)
        if wanted and not path.name.startswith("."):
            try:
                found.append(_entry(path))
            except OSError:  # another process removes it at this moment
                continue
    return sorted(found, key=lambda entry: (entry.used, entry.path.name), reverse=True)


def trim(
    root: Path,
    starts: Collection[str],
    suffix: str,
    most_bytes: int,
    *,
    spared_s: float = 0.0,
) -> None:
    """Let go what was used longest ago, until the rest is small enough.

    What somebody holds stays, and so does the one used last, however large it is. What killed
    processes left half done, days ago, goes too.

    Parameters
    ----------
    root, starts, suffix
        Of what; see :func:`kept_entries`.
    most_bytes
        That it may take together.
    spared_s
        What was used within this time stays: a session that is open may come back to it.
    """
    found, now = kept_entries(root, starts, suffix), time.time()
    taken = sum(entry.n_bytes for entry in found)
    for entry in reversed(found[1:]):
        if taken <= most_bytes or now - entry.used < spared_s:
            break
        if let_go(entry.path):
            taken -= entry.n_bytes
    for path in root.glob(".*"):
        if abandoned(path):
            shutil.rmtree(path, ignore_errors=True)


def _entry(path: Path) -> KeptEntry:
    if path.is_file():
        about = path.stat()
        return KeptEntry(path, about.st_mtime, 1, about.st_size)
    sizes = [
        os.stat(os.path.join(folder, name)).st_size
        for folder, _, names in os.walk(path)
        for name in names
    ]
    return KeptEntry(path, mark_of(path).stat().st_mtime, len(sizes), sum(sizes))
