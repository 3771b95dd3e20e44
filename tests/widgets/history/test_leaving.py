"""A script ends while work is being kept: it ends, quietly, and what was kept before is whole."""

import subprocess
import sys

import pytest

from spotscope.model import run
from spotscope.pipeline import kept_work, restore_work

#: Keeps the work of a section on a thread, again and again, and goes in the midst of it.
SCRIPT = """
import sys
from dataclasses import replace
from pathlib import Path
from qtpy.QtWidgets import QApplication
import spotscope
from spotscope.pipeline import Autosaver
from spotscope.widgets.jobs._worker import TaskWorker

def keep_for_ever(session, saver):
    while True:
        sample = replace(session.sample, spots=replace(session.sample.spots))
        yield from saver.keep(replace(session, sample=sample))

spots, folder, when = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
app = QApplication([])
session = spotscope.read(spots)
worker = TaskWorker(keep_for_ever(session, Autosaver(folder)))
worker.start()
while not (folder / "state.json").exists():
    app.processEvents()
seen = set()
while len(seen) < when:
    seen.update(path.name for path in folder.glob(".spots-*"))
print("left", flush=True)
"""


@pytest.mark.gui
@pytest.mark.parametrize("when", [1, 4])
def test_a_script_that_ends_while_work_is_kept_ends(when, demo_files, tmp_path):
    kept = tmp_path / "kept"
    command = [sys.executable, "-c", SCRIPT, str(demo_files["spots"]), str(kept), str(when)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout) == (0, "left\n"), ended.stderr
    assert "QRunnable" not in ended.stderr
    assert not list(kept.glob(".*"))
    work = kept_work(kept)
    assert work is not None
    assert run(restore_work(kept)).sample.name == work.name
