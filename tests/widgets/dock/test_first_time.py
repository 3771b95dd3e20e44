"""A new user's path: from an empty window to what a region holds, and the mistakes on the way."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QFileDialog

from spotscope.widgets.dock._state import Mark, Step
from spotscope.widgets.sample._reader import open_dock

LONG = 300_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    dock = open_dock(viewer)
    viewer.window.resize(1280, 800)
    qtbot.wait(100)
    yield dock
    dock.shut()
    rest(qtbot, dock)


def rest(qtbot, dock):
    qtbot.waitUntil(lambda: not (dock.busy or dock.explorer.regions.busy), timeout=LONG)


def drop(qtbot, dock, *paths):
    """Let files fall on the window: Qt gives a drop to what the drag has entered."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    told = data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window = dock.window()
    assert window.acceptDrops()
    QApplication.sendEvent(
        window, QDragEnterEvent(QPoint(20, 200), Qt.DropAction.CopyAction, *told)
    )
    QApplication.sendEvent(window, QDropEvent(QPointF(20, 200), Qt.DropAction.CopyAction, *told))
    qtbot.wait(20)
    rest(qtbot, dock)


def test_a_drop_and_five_clicks_lead_to_what_a_region_holds(
    dock, demo_files, qtbot, tmp_path, monkeypatch
):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "tables"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "a.svg"), ""))
    clicks = []

    def click(button):
        assert button.isVisible()
        assert button.isEnabled()
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        clicks.append(button.text())
        rest(qtbot, dock)

    drop(qtbot, dock, *demo_files.values())
    seen = set()  # steps whose bar was in view while they ran
    dock.workbench.progressed.connect(
        lambda step, _: seen.add(step) if is_inside(dock, dock.cards[step].bar) else None
    )
    click(dock.office.run_all.button)
    assert seen == {Step.NUCLEI, Step.TYPES, Step.EXPRESSION}
    assert dock.workbench.facts.expressed
    assert dock.canvas.nuclei.inferred is None  # the slide shows the types
    assert is_seen(qtbot, dock, dock.typing_card.legend)
    click(dock.explore_card.regions.draw_button)
    high, wide = dock.workbench.session.sample.slide.extent_um
    lasso = dock.explorer.regions._lasso
    lasso.drawn.emit(np.array([[0, 0], [0, wide / 2], [high, wide / 2], [high, 0]]))
    rest(qtbot, dock)
    assert "nuclei" in dock.explore_card.regions.facts.text()
    assert is_seen(qtbot, dock, dock.explore_card.regions.types)
    click(dock.explore_card.regions.export_button)
    assert is_seen(qtbot, dock, dock.explore_card.regions.notes)
    figures = dock.office.figures
    click(figures.fold.head)
    click(figures.panel.button)
    assert len(clicks) == 5
    regions = json.loads((tmp_path / "tables" / "regions.geojson").read_text("utf-8"))
    assert len(regions["features"]) == 1
    assert len(list((tmp_path / "tables").glob("*.csv"))) == 3
    assert (tmp_path / "a.svg").stat().st_size > 1000


def is_seen(qtbot, dock, widget):
    """Whether all of a part of the dock lies in view, in a moment."""
    qtbot.waitUntil(lambda: is_inside(dock, widget), timeout=5000)
    return True


def is_inside(dock, widget):
    """Whether all of a part of the dock lies in view now."""
    room = dock.column.viewport()
    top = widget.mapTo(room, QPoint(0, 0)).y()
    return widget.isVisible() and top >= 0 and top + widget.height() <= room.height()


def test_a_clicked_spot_is_scrolled_to_and_one_in_view_stays_where_it_is(dock, demo_files, qtbot):
    drop(qtbot, dock, demo_files["spots"], demo_files["image"])
    bar, card = dock.column.verticalScrollBar(), dock.explore_card.spot
    bar.setValue(0)
    places = []
    for spot in (3, 4):
        dock.canvas.spot_clicked.emit(spot)
        assert is_seen(qtbot, dock, card)
        rest(qtbot, dock)
        qtbot.wait(100)
        places.append(bar.value())
    assert places[0] > 0
    assert is_seen(qtbot, dock, card.genes)
    assert abs(places[1] - places[0]) < 40  # as much as its words are longer
    dock.canvas.spot_clicked.emit(None)


def test_reference_image_and_spots_come_in_the_wrong_order(dock, demo_files, qtbot):
    drop(qtbot, dock, demo_files["reference"])
    assert "Now the spots" in dock.sample_card.facts.text()
    assert dock.workbench.facts.errors == {}
    drop(qtbot, dock, demo_files["image"])
    assert not dock.workbench.facts.spots
    drop(qtbot, dock, demo_files["spots"])
    facts = dock.workbench.facts
    assert (facts.slide, facts.spots, facts.reference) == (True, True, True)
    assert dock.office.run_all.left == [Step.NUCLEI, Step.TYPES, Step.EXPRESSION]


def test_a_wrong_file_is_a_sentence_and_what_was_open_stays(dock, demo_files, qtbot, tmp_path):
    drop(qtbot, dock, demo_files["spots"], demo_files["image"])
    before = dock.workbench.session
    broken = tmp_path / "broken.h5ad"
    broken.write_bytes(b"not a table")
    drop(qtbot, dock, broken)
    assert dock.workbench.session is before
    assert dock.sample_card.trouble.text().startswith("Expected ")
    assert dock.sample_card.sign.mark is Mark.LOOK


@pytest.mark.parametrize("asked", ["reference", "open"])
def test_what_is_wrong_with_a_reference_is_scrolled_to(dock, demo_files, qtbot, tmp_path, asked):
    dock.window().resize(1280, 560)
    drop(qtbot, dock, demo_files["spots"], demo_files["image"])
    bar = dock.column.verticalScrollBar()
    broken = tmp_path / "broken.h5ad"
    broken.write_bytes(b"not a table")
    if asked == "reference":  # from the Sample card; types are far below, and folded
        card = dock.typing_card
        assert not card.body.isVisible()
        bar.setValue(0)
        dock.workbench.open_reference(broken)
    else:  # dropped on the slide, while one looks at the end of the dock
        bar.setValue(bar.maximum())
        dock.open_paths([broken])
        card = dock.sample_card
    qtbot.waitUntil(lambda: "broken.h5ad" in card.trouble.text(), timeout=LONG)
    assert is_seen(qtbot, dock, card.trouble)


def test_the_image_of_another_slide_is_named_before_anything_runs(
    dock, demo_files, qtbot, tmp_path
):
    other = tmp_path / "other.png"
    Image.fromarray(np.full((300, 200, 3), 220, np.uint8)).save(other)
    drop(qtbot, dock, demo_files["spots"], other)
    assert dock.workbench.facts.problems
    assert dock.sample_card.trouble.text()
    assert dock.sample_card.sign.mark is Mark.LOOK
    assert "within the image" not in dock.sample_card.facts.text()
    assert dock.office.run_all.left == []


def test_a_dock_closed_while_it_runs_stops(dock, demo_files, qtbot):
    drop(qtbot, dock, *demo_files.values())
    dock.office.run_all.start()
    qtbot.waitUntil(lambda: dock.workbench.running is not None, timeout=LONG)
    dock.shut()
    qtbot.waitUntil(lambda: dock.workbench.running is None, timeout=LONG)
    assert not dock.workbench.facts.expressed
