"""Whether this machine has compiled what the first run needs, and the program that does so ahead.

What computes is compiled when it is first called, and kept on disk. That costs half a minute once
after installing, in the middle of somebody's first run. A program of its own
(``spotscope.pipeline._compile_ahead``) does it beside a window that is still empty, and leaves a
mark in the user's cache folder.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from functools import cache
from pathlib import Path

from spotscope.model import cache_home
from spotscope.pipeline._fingerprint import of_text

__all__ = ["PROGRAM", "is_compiled", "mark_compiled", "start_compiling"]

PROGRAM = "spotscope.pipeline._compile_ahead"
_FOLDER = "compiled"


def is_compiled() -> bool:
    """Whether everything has been compiled here, for this version of the code."""
    return _mark().exists()


def mark_compiled() -> None:
    """Remember that it has."""
    mark = _mark()
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.touch()


def start_compiling() -> subprocess.Popen[bytes]:
    """Start the program that compiles; whoever starts it has to end it."""
    quiet = subprocess.DEVNULL
    command = [sys.executable, "-m", PROGRAM]
    return subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)


def _mark() -> Path:
    return cache_home() / _FOLDER / _key()


@cache
def _key() -> str:
    """What compiled code depends on: the source, where it lies, numba, Python, the machine."""
    from importlib.metadata import version

    home = Path(__file__).parents[1]
    newest = max(path.stat().st_mtime_ns for path in home.rglob("*.py"))
    where = home, newest, version("numba"), sys.version, platform.node(), platform.machine()
    return of_text(":".join(map(str, where)))[:16]
