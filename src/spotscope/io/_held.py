"""Folders of a cache that are looked into piece by piece, held so that nobody removes them.

What lies in a cache is removed when others need its room, by any process of the user's. A pyramid
is read where one looks, for as long as a session is open: a missing piece would be drawn as black,
without a word. So who opens one holds it, by a lock that the system drops with the process.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from spotscope.io._staging import sibling

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HeldArray", "Hold", "hold", "let_go", "mark_of"]

#: Files that say when their folder was used last; the first that is there does.
_MARKS = ("record.json", "zarr.json")
#: Where the system knows no locks, what was used within this time may be held by another process.
_PERHAPS_HELD_S = 12 * 3600


class Hold:
    """A folder is held for as long as this is there.

    Parameters
    ----------
    handle
        Open file that has the lock.
    """

    def __init__(self, handle: int) -> None:
        weakref.finalize(self, os.close, handle)


class HeldArray:
    """An array that is read from a held folder, and holds it.

    Parameters
    ----------
    array
        With ``shape``, ``dtype`` and ``ndim``; read by slices.
    held
        Of its folder; stays in this process when the array goes to another.
    """

    def __init__(self, array: Any, held: Hold | None) -> None:
        self._array, self._held = array, held
        self.shape, self.dtype, self.ndim = array.shape, array.dtype, array.ndim

    def __getitem__(self, key: Any) -> Any:
        return self._array[key]

    def __reduce__(self) -> tuple[type[HeldArray], tuple[Any, None]]:
        return HeldArray, (self._array, None)


def mark_of(folder: Path) -> Path:
    """What tells by its time when a folder was used last."""
    return next((folder / name for name in _MARKS if (folder / name).is_file()), folder)


def hold(folder: Path) -> Hold | None:
    """Hold a folder, and note that it is used now; None where it is not there."""
    try:
        # Windows opens no folders, and removes none with an open file in it
        handle = os.open(mark_of(folder) if sys.platform == "win32" else folder, os.O_RDONLY)
    except OSError:
        return None
    held = Hold(handle)
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(handle), folder.stat()):
                return None
        except (BlockingIOError, FileNotFoundError):  # it is being removed
            return None
        except OSError:  # no locks here: its last use protects it
            pass
    with suppress(OSError):  # a cache that may only be read
        os.utime(mark_of(folder))
    return held


def let_go(folder: Path) -> bool:
    """Remove a folder, at once for all who look for it; False where somebody holds it."""
    gone = sibling(folder, "old")
    try:
        if sys.platform == "win32":
            folder.rename(gone)
        else:
            _rename_unheld(folder, gone)
    except OSError:
        return not folder.exists()
    shutil.rmtree(gone, ignore_errors=True)
    return True


def _rename_unheld(folder: Path, gone: Path) -> None:
    """Rename a folder under the lock that nobody can have beside a holder's."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            if time.time() - mark_of(folder).stat().st_mtime < _PERHAPS_HELD_S:
                raise
        folder.rename(gone)
    finally:
        os.close(handle)
