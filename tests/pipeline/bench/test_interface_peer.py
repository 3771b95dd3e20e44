"""The other viewer is a program of its own: what it leaves is read, what it fails at is said."""

from __future__ import annotations

import json
import os
import sys

import pytest

from spotscope.model import run
from spotscope.pipeline.bench import _interface_peer as peers
from spotscope.pipeline.bench._interface_peer import ask_viewer


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Put a program in the other viewer's place."""

    def write(body):
        path = tmp_path / "peer.py"
        path.write_text(
            "import json, os, sys\nfrom pathlib import Path\nhome = Path(sys.argv[1])\n" + body
        )
        monkeypatch.setattr(peers, "_SCRIPT", path)
        monkeypatch.setattr(peers, "_LOOK_S", 0.02)

    return write


def test_what_it_leaves_is_read_and_nothing_of_ours_reaches_it(script, monkeypatch):
    said = {"ms": {"gene": [5.0]}, "added_ms": {"cells": 7.0}}
    said["versions"] = {"napari-spatialdata": "0.7.2"}
    script(
        "assert json.loads((home / 'job.json').read_text())['times'] == 2\n"
        "assert 'QT_API' not in os.environ\n"
        f"(home / 'said.json').write_text('{json.dumps(said)}')\n"
    )
    monkeypatch.setenv("QT_API", "pyside6")
    found = run(ask_viewer(sys.executable, job={"times": 2}))
    assert (found.name, found.problem) == ("napari-spatialdata 0.7.2", "")
    assert found.ms == {"gene": [5.0]}
    assert found.added_ms == {"cells": 7.0}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("sys.exit(3)", "not installed"),
        ("print('no screen')\nsys.exit(1)", "failed: no screen"),
        ("sys.exit(0)", "failed: without a word"),
    ],
)
def test_what_went_wrong_is_said(script, body, problem):
    script(body)
    assert run(ask_viewer(sys.executable)).problem == problem


def test_it_is_stopped_at_its_limit_and_ends_with_the_task(script, tmp_path):
    pid = tmp_path / "pid"
    script(f"import time\nPath({str(pid)!r}).write_text(str(os.getpid()))\ntime.sleep(600)")
    assert run(ask_viewer(sys.executable, limit_s=0.0)).problem == "stopped after 0 s"
    task = ask_viewer(sys.executable)
    while not (pid.exists() and pid.read_text()):  # a file is there before what is written to it
        assert next(task).stage == "napari-spatialdata"
    task.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
