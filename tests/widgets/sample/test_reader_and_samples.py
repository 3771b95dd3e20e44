"""The reader and the sample data, without a window and with one."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from napari._qt.dialogs.qt_reader_dialog import QtReaderDialog
from napari.settings import get_settings
from PIL import Image
from qtpy.QtCore import QMimeData, QPointF, Qt, QTimer, QUrl
from qtpy.QtGui import QDropEvent
from qtpy.QtWidgets import QApplication, QRadioButton

from spotscope.widgets import demo_layers, get_reader

LONG = 300_000


def test_the_reader_declines_what_is_not_ours(tmp_path):
    assert get_reader(str(tmp_path)) is None
    assert get_reader(str(tmp_path / "a.txt")) is None
    assert get_reader([str(tmp_path / "a.h5ad"), str(tmp_path / "b.h5ad")]) is None


def test_without_a_window_the_reader_returns_the_layers(demo_files):
    path = str(demo_files["spots"])
    (layer,) = get_reader(path)(path)
    data, kwargs, kind = layer
    assert kind == "points"
    assert kwargs["metadata"]["spotscope"]["sample"].spots.n == len(data)


@pytest.mark.gui
def test_with_a_window_the_dock_opens_the_file(make_napari_viewer, qtbot, demo_files):
    viewer = make_napari_viewer()
    assert viewer.open(demo_files["spots"], plugin="spotscope") == []
    _, dock = viewer.window.add_plugin_dock_widget("spotscope", "spotscope")
    qtbot.waitUntil(lambda: dock.workbench.facts.spots and not dock.busy, timeout=LONG)
    assert [layer.name for layer in viewer.layers] == ["demo · spots", "demo · regions"]
    dock.shut()


@pytest.mark.gui
@pytest.mark.slow
def test_an_open_dock_takes_over_the_demo_with_its_reference(make_napari_viewer, qtbot):
    viewer = make_napari_viewer()
    _, dock = viewer.window.add_plugin_dock_widget("spotscope", "spotscope")
    viewer.open_sample("spotscope", "demo")
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and not dock.busy, timeout=LONG)
    assert [layer.name for layer in viewer.layers] == [
        "demo · H&E",
        "demo · spots",
        "demo · regions",
    ]
    dock.shut()


@pytest.mark.slow
def test_the_demo_waits_without_stopping_the_window(qtbot):
    """Ticks of a timer arrive while the demo is read."""
    from qtpy.QtCore import QTimer

    ticks = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(1)
    made = demo_layers()
    timer.stop()
    assert [kind for _, _, kind in made] == ["image", "points"]
    assert len(ticks) > 3


def drop_on_canvas(viewer, path):
    """Drop a file on the canvas, as the window system would."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    qt_viewer = viewer.window._qt_viewer
    place, keys = QPointF(50, 50), Qt.KeyboardModifier.NoModifier
    event = QDropEvent(place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys)
    qt_viewer.dropEvent(event)


@pytest.fixture
def slide_tif(demo_files, tmp_path):
    """The demo's slide under a name that does not say what it is."""
    path = tmp_path / "scan 7.tif"
    shutil.copy(demo_files["image"], path)
    return path


def answer_napari(qtbot, reader):
    """Choose a reader in napari's dialog as soon as it is there, and have it remembered."""
    seen = []

    def choose():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QtReaderDialog):
            QTimer.singleShot(20, choose)
            return
        buttons = {button.text(): button for button in dialog.findChildren(QRadioButton)}
        seen.append(sorted(buttons))
        buttons[reader].setChecked(True)
        dialog.persist_checkbox.setChecked(True)
        dialog.accept()

    QTimer.singleShot(0, choose)
    return seen


@pytest.mark.gui
def test_a_plain_slide_dropped_beside_a_closed_dock_is_offered_once(
    make_napari_viewer, qtbot, slide_tif
):
    viewer = make_napari_viewer(show=True)
    seen = answer_napari(qtbot, "spotscope")
    drop_on_canvas(viewer, slide_tif)
    assert seen == [["napari builtins", "spotscope"]]
    _, dock = viewer.window.add_plugin_dock_widget("spotscope", "spotscope")
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    assert [layer.name for layer in viewer.layers] == ["scan 7 · H&E", "scan 7 · regions"]
    assert get_settings().plugins.extension2reader["*.tif"] == "spotscope"
    dock.catcher.release()
    drop_on_canvas(viewer, slide_tif)  # no question a second time
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    assert [layer.name for layer in viewer.layers] == ["scan 7 · H&E", "scan 7 · regions"]
    dock.shut()


@pytest.mark.gui
def test_who_prefers_naparis_reader_keeps_it(make_napari_viewer, slide_tif):
    viewer = make_napari_viewer()
    get_settings().plugins.extension2reader = {"*.tif": "napari"}
    drop_on_canvas(viewer, slide_tif)
    assert [layer.name for layer in viewer.layers] == ["scan 7"]
    assert "spotscope" not in viewer.window.dock_widgets


@pytest.mark.gui
def test_a_png_is_naparis_without_a_question(make_napari_viewer, tmp_path):
    path = tmp_path / "figure.png"
    Image.fromarray(np.zeros((40, 50, 3), np.uint8)).save(path)
    viewer = make_napari_viewer()
    drop_on_canvas(viewer, path)
    assert [layer.name for layer in viewer.layers] == ["figure"]


def test_a_script_that_opens_an_image_gets_napari(slide_tif):
    from napari.components import ViewerModel

    viewer = ViewerModel()
    viewer.open(slide_tif)
    assert [layer.name for layer in viewer.layers] == ["scan 7"]
