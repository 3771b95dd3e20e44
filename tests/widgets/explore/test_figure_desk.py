"""Figures and the report from the window: what is seen is what is drawn, and it can be stopped."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QApplication, QFileDialog

from spotscope.model import Progress

pytest.importorskip("matplotlib")
LONG = 120_000
LEFT = Qt.MouseButton.LeftButton
pytestmark = pytest.mark.gui


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


@pytest.fixture
def dock(empty_dock, qtbot, demo_files):
    dock = empty_dock
    dock.open_paths([demo_files[role] for role in ("spots", "image", "reference")])
    rest(qtbot, dock)
    for card in (dock.nuclei_card, dock.typing_card):
        card.button.click()
        rest(qtbot, dock)
    dock.office.figures.fold.head.click()
    return dock


def rest(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def words(path):
    return re.findall(r"<text[^>]*>([^<]+)</text>", path.read_text("utf-8"))


def choose(panel, name):
    """Choose a part of the section, as a hand that comes to the box."""
    QApplication.sendEvent(panel.choice, QEvent(QEvent.Type.Enter))
    assert panel.choice.findText(name) >= 0
    panel.choice.setCurrentIndex(panel.choice.findText(name))


def test_figures_show_what_the_window_shows(dock, qtbot, tmp_path, monkeypatch):
    figures, session = dock.office.figures, dock.workbench.session
    panel, asked = figures.panel, []

    def saved(name):
        monkeypatch.setattr(
            QFileDialog,
            "getSaveFileName",
            lambda *a: asked.append(a[2]) or (str(tmp_path / name), ""),
        )
        qtbot.mouseClick(panel.button, LEFT)
        rest(qtbot, dock)
        assert panel.said.text() == f"Written to {tmp_path / name}"
        return tmp_path / name

    # the whole section, by types under the names they were given
    choose(panel, "Whole section")
    first = dock.typing_card.legend.types.rows[0].name
    dock.types.rename(first, "Mine")
    said = words(saved("types.svg"))
    assert "demo · Cell types, inferred" in said
    assert any(line.startswith("Mine  ") for line in said)
    assert asked[0] == "demo.png"

    # a region that was drawn, by the gene that is searched for
    corners = np.array([[50.0, 50.0], [50.0, 250.0], [250.0, 250.0], [250.0, 50.0]])
    dock.explorer.regions.add(corners)
    gene = str(session.sample.spots.table.var_names[0])
    dock.explorer.search(gene)
    choose(panel, "Region 1")
    assert panel.area == 0
    said = words(saved("gene.svg"))
    assert f"demo · Region 1 · {gene}, measured" in said

    # what is seen, at the dots asked for, the image alone
    choose(panel, "What is seen")
    panel.colours.setCurrentText("The image")
    panel.dots.setValue(72)
    zoom = dock.canvas.viewer.scene.camera.zoom
    dock.canvas.viewer.scene.camera.zoom = 3 * zoom
    near = np.asarray(Image.open(saved("near.png")))
    dock.canvas.viewer.scene.camera.zoom = zoom
    far = np.asarray(Image.open(saved("far.png")))
    assert near.shape[1] == far.shape[1] == pytest.approx((120 + 6) / 25.4 * 72, abs=1)
    rows = min(near.shape[0], far.shape[0])
    assert (near[:rows] != far[:rows]).mean() > 0.05

    # a region that is gone is not offered, and not drawn by mistake
    dock.explore_card.regions.remove.click()
    QApplication.sendEvent(panel.choice, QEvent(QEvent.Type.Enter))
    assert panel.choice.findText("Region 1") < 0

    # what cannot be drawn is a sentence, and leaves no file
    panel.colours.setCurrentText("What the colours say")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a.gif"), ""))
    qtbot.mouseClick(panel.button, LEFT)
    rest(qtbot, dock)
    assert panel.said.text().startswith("▲ Expected a name that ends in .png")
    assert not (tmp_path / "a.gif").exists()


def test_time_left_is_told_and_cancel_leaves_nothing(dock, qtbot, tmp_path):
    figures = dock.office.figures
    row = figures.progress
    dock.explorer.regions.add(np.array([[0.0, 0.0], [0.0, 300.0], [300.0, 300.0], [300.0, 0.0]]))
    rest(qtbot, dock)
    seen = []

    def stop(_name, progress):
        seen.append((row.isVisible(), row.stage.text()))
        if progress.stage == "drawing the regions":
            qtbot.mouseClick(row.button, LEFT)

    figures._runner.progressed.connect(stop)
    figures.write_report(tmp_path / "report.html")
    rest(qtbot, dock)
    assert seen[0] == (True, "drawing the overview · 0%")
    assert seen[-1][1].startswith("drawing the regions · ")
    assert figures.panel.said.text() == "Stopped: nothing written"
    assert not row.isVisible()
    assert list(tmp_path.iterdir()) == []
    figures._runner.progressed.disconnect(stop)
    figures.write_report(tmp_path / "report.html")
    rest(qtbot, dock)
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<h3>Region 1</h3>" in page
    assert "Region 1 drawn" in page  # what hands did


def test_a_region_that_takes_long_says_so_and_is_stopped(dock, qtbot):
    desk, panel = dock.explorer.regions, dock.explore_card.regions
    desk.answers.progress._patience = 0.0
    said = []

    def stop(*_):  # as soon as it can be: an answer may be there in the next turn
        if desk.answers.progress.isVisible() and not said:
            said.append(desk.answers.progress.stage.text())
            qtbot.mouseClick(desk.answers.progress.button, LEFT)

    desk.answers._runner.progressed.connect(stop)
    desk.add(np.array([[0.0, 0.0], [0.0, 300.0], [300.0, 300.0], [300.0, 0.0]]))
    rest(qtbot, dock)
    desk.answers._runner.progressed.disconnect(stop)
    assert said[0].startswith("asking the region · ")
    assert panel.facts.text() == ""
    assert panel.notes.text().startswith("▲ Stopped.")
    panel.chosen.emit(0)
    rest(qtbot, dock)
    assert "nuclei" in panel.facts.text()
    assert not desk.answers.progress.isVisible()


def test_the_row_says_how_long_it_will_still_take(qtbot, monkeypatch):
    from spotscope.widgets.jobs import _progress_row
    from spotscope.widgets.jobs._runner import Runner

    runner, clock = Runner(), [100.0]
    monkeypatch.setattr(_progress_row.time, "monotonic", lambda: clock[0])  # the bar's, too
    row = _progress_row.ProgressRow(runner, patience=2.0)
    qtbot.addWidget(row)
    for done in range(4):
        row.show_progress(Progress("drawing", done, 10))
        clock[0] += 1.0
    assert row.stage.text() == "drawing · 30% · 7\N{NO-BREAK SPACE}s\N{NO-BREAK SPACE}more"
    assert row.isVisible()
    runner.deleteLater()
