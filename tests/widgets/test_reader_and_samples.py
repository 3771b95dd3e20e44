"""The reader and the sample data, without a window and with one."""

from __future__ import annotations

import pytest

from spotscope.widgets import demo_layers, get_reader

LONG = 60_000


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
    assert [layer.name for layer in viewer.layers] == ["demo · spots"]
    dock.shut()


@pytest.mark.gui
@pytest.mark.slow
def test_an_open_dock_takes_over_the_demo_with_its_reference(make_napari_viewer, qtbot):
    viewer = make_napari_viewer()
    _, dock = viewer.window.add_plugin_dock_widget("spotscope", "spotscope")
    viewer.open_sample("spotscope", "demo")
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and not dock.busy, timeout=LONG)
    assert [layer.name for layer in viewer.layers] == ["demo · H&E", "demo · spots"]
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
