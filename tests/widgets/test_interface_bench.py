"""The bench of the window, on a section small enough for a test; no time is asserted."""

from __future__ import annotations

import napari
import pytest
from qtpy.QtCore import QTimer
from qtpy.QtTest import QTest

from spotscope.widgets import bench
from spotscope.widgets._tick_recorder import TickRecorder, busy_ms


@pytest.mark.gui
def test_every_row_of_the_bench_is_measured(make_napari_viewer, monkeypatch):
    monkeypatch.setattr(napari, "Viewer", lambda **_: make_napari_viewer())
    monkeypatch.setattr(bench, "BINS_SIDE", 145)
    said = bench.interface_bench(side=1500, genes=5, times=2)
    assert "10,000 nuclei" in said
    rows = [line for line in said.splitlines() if line.startswith("| ")][1:]
    assert len(rows) == 7
    assert all(row.rstrip().endswith(("✓ |", "over |")) for row in rows)


def test_a_recorder_sees_what_the_window_waits_for(qtbot):
    recorder = TickRecorder()

    def work():
        total = 0
        for k in range(3_000_000):
            total += k
        return total

    with recorder.recording() as quiet:
        QTest.qWait(30)
    with recorder.recording() as waits:
        QTimer.singleShot(0, work)
        QTest.qWait(60)
    assert len(quiet.gaps) > 3
    assert waits.busiest > 5 * (sum(quiet.work) / len(quiet.work))
    assert waits.longest >= waits.busiest * 0.5
    recorder.deleteLater()


def test_the_first_act_is_not_counted():
    done = []
    found = busy_ms(lambda: done.append("act"), lambda: done.append("paint"), times=3)
    assert done == ["act", "paint"] * 4
    assert len(found) == 3
