"""Write beside the target, then rename: what was there before stays whole until the new is."""

from __future__ import annotations

import errno
import glob
import os
import re
import shutil
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.model import WriteError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["abandoned", "sibling", "staged", "try_folder"]

_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_ABANDONED_S = 2 * 24 * 3600
#: HDF5 tells the reason of a failed write only inside its message.
_ERRNO_IN_TEXT = re.compile(r"errno = (\d+)")
#: Safetensors too, and its errors are none of the system's.
_ERRNO_OF_RUST = re.compile(r"\(os error (\d+)\)")
_STAGING = re.compile(r"\.(?P<stem>.+)\.[0-9a-f]{8}\.(?:part|old)(?P<suffix>\.[^.]+)?")


@contextmanager
def staged(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside ``path``, and rename it over ``path`` if the block succeeds.

    On any error, Ctrl-C or a closed task the temporary file or folder is removed and what stood
    at ``path`` is as it was. Missing parent folders are made, and taken away again on an error.

    Parameters
    ----------
    path
        The file or folder to write.

    Yields
    ------
    Where to write it; nothing is there yet. The suffix is that of ``path``.

    Raises
    ------
    WriteError
        If it cannot be written: no room, no permission, a folder that is not one.
    """
    target = Path(path)
    temporary = sibling(target, "part")
    missing: list[Path] = []
    try:
        missing = _missing(target.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        yield temporary
        _move(temporary, target)
    except OSError as error:
        _remove(temporary)
        _take_away(missing)
        if _is_elsewhere(error, target):
            raise
        raise _explained(error, target) from error
    except BaseException as error:
        _remove(temporary)
        _take_away(missing)
        if isinstance(error, Exception) and _ERRNO_OF_RUST.search(str(error)):
            raise _explained(OSError(str(error)), target) from error
        raise


def try_folder(folder: Path) -> None:
    """Write a file in a folder and remove it; what had to be made for that is taken away again.

    Raises
    ------
    OSError
        If nothing can be written there.
    """
    missing = _missing(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".spotscope-write-test-{uuid.uuid4().hex[:8]}"
        probe.touch()
        probe.unlink()
    finally:
        _take_away(missing)


def _missing(folder: Path) -> list[Path]:
    """The folders that are to be made for this one, innermost first."""
    return [each for each in (folder, *folder.parents) if not each.exists()]


def _take_away(made: list[Path]) -> None:
    """Remove folders that were made in vain, as far as nothing else has come into them."""
    for folder in made:
        try:
            folder.rmdir()
        except OSError:
            return


def sibling(target: Path, mark: str) -> Path:
    """Return a hidden name in the same folder, so that renaming never copies."""
    return target.with_name(f".{target.stem}.{uuid.uuid4().hex[:8]}.{mark}{target.suffix}")


def _sweep(target: Path) -> None:
    """Remove what a process that was killed, days ago, left half written at this very name."""
    pattern = f".{glob.escape(target.stem)}.{'[0-9a-f]' * 8}.part{glob.escape(target.suffix)}"
    for path in target.parent.glob(pattern):
        if abandoned(path):
            _remove(path)


def abandoned(path: Path) -> bool:
    """Whether this is what a process that was killed, days ago, left half written or removed."""
    if _STAGING.fullmatch(path.name) is None:
        return False
    try:
        return time.time() - path.stat().st_mtime > _ABANDONED_S
    except OSError:  # removed at this moment
        return False


def _move(temporary: Path, target: Path) -> None:
    """Put the new in the place of the old. Only files can be replaced in one stroke."""
    if not temporary.is_dir() and target.is_dir():
        raise WriteError(
            f"Expected to write a file {target.name!r} in {str(target.parent)!r}, found a folder "
            "of that name; choose another name."
        )
    if not temporary.is_dir():
        temporary.replace(target)
        return
    if target.is_file():
        raise WriteError(
            f"Expected to write a folder {target.name!r} in {str(target.parent)!r}, found a file "
            "of that name; choose another name."
        )
    aside = sibling(target, "old")
    had_one = target.exists()
    if had_one:
        target.rename(aside)
    try:
        temporary.rename(target)
    except BaseException:
        if had_one:
            aside.rename(target)
        raise
    _remove(aside)


def _remove(path: Path) -> None:
    """Remove a file or a folder, or as much of it as can be."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        try:
            path.unlink(missing_ok=True)
        except OSError:  # what stopped the writing may stop this too
            return


def _is_elsewhere(error: OSError, target: Path) -> bool:
    """Whether the error names a file outside the target's folder: an input, not ours to explain."""
    if not isinstance(error.filename, str | bytes):
        return False
    named = Path(os.fsdecode(error.filename)).absolute()
    home = target.absolute().parent
    return not (named.is_relative_to(home) or home.is_relative_to(named))


def _asked_for(target: Path) -> Path:
    """What the user knows it by, where the target is itself part of what is being staged."""
    for outer in reversed((target, *target.parents)):
        if (found := _STAGING.fullmatch(outer.name)) is not None:
            return _asked_for(outer.with_name(found["stem"] + (found["suffix"] or "")))
    return target


def _explained(error: OSError, target: Path) -> WriteError:
    code, target = error.errno, _asked_for(target)
    text = str(error)
    if code is None and (found := _ERRNO_IN_TEXT.search(text) or _ERRNO_OF_RUST.search(text)):
        code = int(found.group(1))
    if code in _FULL:
        return WriteError(
            f"Expected room for {target.name!r} in {str(target.parent)!r}, found the disk full; "
            "free some space or choose another folder (what was there before is untouched)."
        )
    if code in _FORBIDDEN:
        return WriteError(
            f"Expected to be allowed to write {target.name!r} in {str(target.parent)!r}, found it "
            "closed to this user; choose another folder or change its permissions."
        )
    if code in (errno.ENOTDIR, errno.EEXIST):
        return WriteError(
            f"Expected a folder at {str(target.parent)!r}, found a file; choose another folder."
        )
    return WriteError(
        f"Expected to write {target.name!r} in {str(target.parent)!r}, found an error of the "
        f"disk ({error}); check the disk or choose another folder."
    )
