"""Print what the first run on a machine costs, and what is left of it once it is compiled ahead.

    python docs/measure/first_run.py

Seconds by the clock and of the processor of ``spotscope demo``, each in an empty cache: with
nothing compiled; after ``spotscope.pipeline._compile_ahead`` (which the window starts beside itself
on a machine that is new to it); and once more. Whatever is compiled here is thrown away.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_AHEAD = [sys.executable, "-m", "spotscope.pipeline._compile_ahead"]
_DEMO = [sys.executable, "-m", "spotscope", "demo", "--out"]


def main() -> None:
    """Print the table."""
    sys.stdout.write("| what | s | s of the processor |\n|---|---|---|\n")
    with tempfile.TemporaryDirectory() as place:
        bare, ahead = Path(place) / "bare", Path(place) / "ahead"
        _row("the main job, nothing compiled", _DEMO, Path(place) / "1", bare)
        _row("compiling ahead", _AHEAD, Path(place) / "2", ahead)
        _row("the main job after it", _DEMO, Path(place) / "3", ahead)
        _row("once more", _DEMO, Path(place) / "4", ahead)


def _row(what: str, command: list[str], folder: Path, compiled: Path) -> None:
    own = {"NUMBA_CACHE_DIR": str(compiled), "XDG_CACHE_HOME": str(folder / "cache")}
    whole = [*command, str(folder / "out")] if command is _DEMO else command
    before, since = _spent(), time.perf_counter()
    subprocess.run(whole, env={**os.environ, **own}, check=True, capture_output=True)
    took, spent = time.perf_counter() - since, _spent() - before
    sys.stdout.write(f"| {what} | {took:.0f} | {spent:.0f} |\n")
    sys.stdout.flush()


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
