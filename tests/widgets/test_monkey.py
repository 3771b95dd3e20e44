"""A monkey at the window breaks nothing; what it found once has a test of its own elsewhere.

``SPOTSCOPE_MONKEY=2000 SPOTSCOPE_MONKEY_SEED=7`` lets it loose for longer.
"""

from __future__ import annotations

import gc
import multiprocessing
import os

import numpy as np
import pytest
from monkey import Monkey, troubles
from qtpy.QtCore import QCoreApplication, QEvent, QThreadPool
from qtpy.QtWidgets import QApplication

ACTIONS = int(os.environ.get("SPOTSCOPE_MONKEY", "60"))
SEED = int(os.environ.get("SPOTSCOPE_MONKEY_SEED", "0"))
pytestmark = [pytest.mark.gui, pytest.mark.slow]


@pytest.fixture
def files(demo_files, tmp_path):
    """The demo's files, and some that are no sample."""
    from PIL import Image

    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "no-pixel-size.png")
    (tmp_path / "broken.h5ad").write_bytes(b"not an h5ad")
    (tmp_path / "cut.tif").write_bytes(b"II*\0\x08\0\0\0\x01\0")
    (tmp_path / "sets.gmt").write_text("signature one\t-\tACTA2\tVWF\nsignature two\t-\tCD3E\n")
    (tmp_path / "sets.csv").write_bytes(b"\xff\xfe\0")
    return {
        **demo_files,
        "sets": tmp_path / "sets.gmt",
        "wrong sets": tmp_path / "sets.csv",
        "wrong table": tmp_path / "broken.h5ad",
        "wrong image": tmp_path / "cut.tif",
        "wrong scale": tmp_path / "no-pixel-size.png",
    }


def test_random_hands_break_nothing(make_napari_viewer, files, tmp_path, monkeypatch):
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1200, 800)
    with troubles() as found:
        monkey = Monkey(viewer, files, tmp_path, SEED, monkeypatch)
        main_job(monkey)
        for number in range(ACTIONS):
            name = monkey.act()
            if number % 20 == 19:
                monkey.rest()
                monkey.check()
                if number % 40 == 39 and not monkey.dock.workbench.facts.typed:
                    main_job(monkey)
            assert not found, "\n".join([f"{number}: {monkey.done[-12:]}", *found])
            assert name
        monkey.rest()
        monkey.check()
        assert monkey.while_typed > ACTIONS // 10, "the monkey saw too little"
        everything_still_works(monkey)
        dock = monkey.dock
        viewer.window.remove_dock_widget(dock)
        monkey.wait(lambda dock=dock: not dock.workbench.busy)
        dock.deleteLater()
        monkey.wait(lambda: QThreadPool.globalInstance().activeThreadCount() == 0)
        dock = monkey = None
        assert left_behind() == []
    assert not found, found


def left_behind():
    """Widgets of ours that outlive the docks, and programs that still run for one."""
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    ours = [w for w in QApplication.allWidgets() if type(w).__module__.startswith("spotscope")]
    return [type(widget).__name__ for widget in ours] + multiprocessing.active_children()


def main_job(monkey):
    """Open, find nuclei, type."""
    dock, files = monkey.dock, monkey.files
    dock.open_paths([files["spots"], files["image"], files["reference"]])
    monkey.rest()
    dock.nuclei_card.threshold.slider.setValue(50)
    dock.nuclei_card.run_requested.emit()
    monkey.rest()
    dock.typing_card.run_requested.emit()
    monkey.rest()
    assert dock.workbench.facts.typed, dock.workbench.facts


def everything_still_works(monkey):
    """The main job, saved and opened again."""
    main_job(monkey)
    dock, bench = monkey.dock, monkey.dock.workbench
    counts = bench.session.cells.counts_per_type()
    dock.save(monkey.folder / "last")
    monkey.rest()
    dock.open_paths([monkey.folder / "last"])
    monkey.rest()
    assert bench.facts.typed, bench.facts
    assert bench.session.cells.counts_per_type() == counts
    monkey.check()
