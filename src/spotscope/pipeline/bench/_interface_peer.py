"""napari-spatialdata beside ours: in a process, and if need be an environment, of its own.

It is no dependency and is not imported here: the other Python builds the same section, colours it
as its user does, and leaves how long its window's thread was busy.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.model import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.model import Task

__all__ = ["JOB", "ViewerPeer", "ask_viewer"]

#: Sizes of the section, and how often each act is timed.
JOB = {"side": 8192, "cells": 100_000, "genes": 300, "bins_side": 640, "bin_genes": 20, "times": 5}
_SCRIPT = Path(__file__).with_name("_interface_peer_script.py")
_NOT_INSTALLED = 3
_LOOK_S = 0.5
#: Of this process alone: its binding of Qt and its packages.
_OURS = ("QT_API", "PYTHON", "PYTEST", "VIRTUAL_ENV", "NAPARI")


@dataclass(frozen=True, slots=True)
class ViewerPeer:
    """What the other viewer took.

    Parameters
    ----------
    name
        With its version.
    ms
        Milliseconds of its window's thread, without painting, of ``types``, ``gene`` and ``bins``.
    added_ms
        Of the longest turn while each element was added.
    problem
        Why there are no figures; empty where there are some.
    """

    name: str = "napari-spatialdata"
    ms: Mapping[str, list[float]] = field(default_factory=dict)
    added_ms: Mapping[str, float] = field(default_factory=dict)
    problem: str = ""


def ask_viewer(
    python: str = sys.executable, limit_s: float = 1800.0, job: Mapping[str, int] | None = None
) -> Task[ViewerPeer]:
    """Time the other viewer; stopping the task ends its process.

    Parameters
    ----------
    python
        Interpreter of the environment that has it.
    limit_s
        It is stopped if it takes longer.
    job
        In place of :data:`JOB`.
    """
    with tempfile.TemporaryDirectory(prefix="spotscope-peer-") as made:
        folder = Path(made)
        (folder / "job.json").write_text(json.dumps({**JOB, **(job or {})}), "utf-8")
        command = [python, "-I", str(_SCRIPT), str(folder)]
        own = {k: v for k, v in os.environ.items() if not k.startswith(_OURS)}
        with (folder / "words.txt").open("wb") as words:
            process = subprocess.Popen(command, stdout=words, stderr=words, cwd=folder, env=own)
            try:
                began = time.monotonic()
                while process.poll() is None:
                    spent = time.monotonic() - began
                    if spent > limit_s:
                        return ViewerPeer(problem=f"stopped after {limit_s:g} s")
                    yield Progress("napari-spatialdata", int(spent), int(limit_s))
                    time.sleep(_LOOK_S)
            finally:
                if process.poll() is None:
                    process.kill()
                    process.wait()
        return _answer(folder, process.returncode)


def _answer(folder: Path, code: int) -> ViewerPeer:
    if code == _NOT_INSTALLED:
        return ViewerPeer(problem="not installed")
    found = folder / "said.json"
    if code or not found.is_file():
        lines = (folder / "words.txt").read_text("utf-8", "replace").strip().splitlines()
        return ViewerPeer(problem=f"failed: {lines[-1] if lines else 'without a word'}")
    said = json.loads(found.read_text("utf-8"))
    name = f"napari-spatialdata {said['versions']['napari-spatialdata']}"
    return ViewerPeer(name, said["ms"], said["added_ms"])
