"""The bench of the window, on a section small enough for a test; no time is asserted."""

from __future__ import annotations

import napari
import pytest
from qtpy.QtCore import QTimer
from qtpy.QtTest import QTest

from spotscope.pipeline.bench._interface_peer import ViewerPeer
from spotscope.widgets import bench
from spotscope.widgets._bench_table import BenchRow, Browsed, bench_table
from spotscope.widgets._tick_recorder import TickRecorder, busy_ms


@pytest.mark.gui
def test_every_row_of_the_bench_is_measured(make_napari_viewer, monkeypatch):
    monkeypatch.setattr(napari, "Viewer", lambda **_: make_napari_viewer())
    monkeypatch.setattr(bench, "BINS_SIDE", 145)
    monkeypatch.setattr(bench, "VIEWS", 20)
    peer = ViewerPeer("other 1.0", {"types": [4000.0, 6000.0, 1.0], "bins": [7.0]}, {"nuclei": 80})
    said = bench.interface_bench(side=1500, genes=5, times=2, peer=peer)
    assert "10,000 nuclei" in said
    head, *rows = (line for line in said.splitlines() if line.startswith("| "))
    assert head.endswith("| other 1.0 |")
    assert len(rows) == 7
    assert all(row.split("|")[5].strip() in ("✓", "▲ over") for row in rows)
    last = [row.split("|")[6].strip() for row in rows]
    assert last == ["4,000.0", "–", "–", "–", "–", "–", "7.0"]
    assert "20 more views, near and far, with 10 other genes and types" in said
    assert "nan" not in said


def test_a_peer_that_is_not_there_is_said_and_takes_no_column():
    row = BenchRow("a gene", 50.0, [40.0, 60.0], "gene")
    browsed = Browsed(20, 10, [1.0, -2.0], 9.0, 256)
    peer = ViewerPeer(problem="not installed")
    said = bench_table("head", [row], "added", browsed, peer).splitlines()
    assert said[2] == "| what | median | worst | limit | |"
    assert said[3:5] == ["|---|---|---|---|---|", "| a gene | 50.0 | 60.0 | 50 | ▲ over |"]
    assert said[-1] == "napari-spatialdata: not installed."
    assert "grew by -2 MB in the end and 1 MB at most" in said[-3]


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
