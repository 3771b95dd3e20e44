"""The main job without a mouse: open, run all, review, a gene, a region's card, export."""

from __future__ import annotations

import numpy as np
import pytest
from deeds_room import rest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QFileDialog

from spotscope.widgets.parts._focus_order import in_reading_order
from spotscope.widgets.sample._reader import open_dock

LONG = 300_000
pytestmark = pytest.mark.gui
Key = Qt.Key


@pytest.fixture
def dock(make_napari_viewer, qtbot):
    viewer = make_napari_viewer(show=True)
    dock = open_dock(viewer)
    dock.nuclei_card.form["model"].value = "watershed"
    viewer.window.resize(1280, 800)
    viewer.window.activate()
    dock.activateWindow()
    qtbot.wait(100)
    yield dock
    dock.shut()
    rest(qtbot, dock)


@pytest.fixture
def opened(dock, demo_files, qtbot):
    """The dock with spots and image; the first card has the keyboard."""
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    rest(qtbot, dock)
    dock.sample_card.setFocus(Qt.FocusReason.ShortcutFocusReason)
    qtbot.waitUntil(dock.sample_card.hasFocus)
    return dock


def press(key):
    """Press a key wherever the keyboard is, which must not be outside the dock."""
    QTest.keyClick(QApplication.focusWidget(), key)
    QApplication.processEvents()


def tab_to(dock, widget):
    for _ in range(250):
        if widget.hasFocus():
            assert dock.keys.ring.around is widget
            assert dock.keys.ring.isVisible()
            return
        press(Key.Key_Tab)
    raise AssertionError(f"Tab does not lead to {widget.accessibleName() or widget.text()!r}")


def test_the_main_job_is_done_without_a_mouse(dock, demo_files, qtbot, tmp_path, monkeypatch):
    files = [str(path) for path in demo_files.values()]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (files, ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    dock.sample_card.setFocus(Qt.FocusReason.ShortcutFocusReason)
    qtbot.waitUntil(dock.sample_card.hasFocus)
    tab_to(dock, dock.sample_card.open_button)
    press(Key.Key_Space)
    rest(qtbot, dock)
    tab_to(dock, dock.office.run_all.button)
    press(Key.Key_Space)
    rest(qtbot, dock)
    assert dock.workbench.facts.expressed
    assert dock.typing_card.hasFocus()  # its row is gone: the keyboard stays in the dock

    press(Key.Key_2)
    press(Key.Key_N)
    rest(qtbot, dock)
    assert dock.nuclei_card.check.correct.inner.isVisible()
    looked_at = dock.check.review.label
    assert looked_at is not None
    press(Key.Key_A)
    rest(qtbot, dock)
    assert dock.check.review.label != looked_at
    before = dock.workbench.session.nuclei.n
    press(Key.Key_D)
    rest(qtbot, dock)
    assert dock.workbench.session.nuclei.n == before - 1

    press(Key.Key_G)
    assert dock.keys.ring.around is dock.explore_card.gene
    name = str(dock.workbench.session.sample.spots.table.var_names[0])
    QTest.keyClicks(dock.explore_card.gene, name)
    rest(qtbot, dock)
    assert dock.explorer.gene == name
    press(Key.Key_Escape)  # the list of genes, if one is open
    press(Key.Key_Escape)
    assert dock.explore_card.hasFocus()

    high, wide = dock.workbench.session.sample.slide.extent_um
    dock.explorer.regions.add(np.array([[0, 0], [0, wide], [high, wide], [high, 0]]))
    rest(qtbot, dock)
    tab_to(dock, dock.explore_card.regions.choice)
    assert "nuclei" in dock.explore_card.regions.facts.text()
    press(Key.Key_5)
    tab_to(dock, dock.explore_card.regions.export_button)
    press(Key.Key_Space)
    rest(qtbot, dock)
    assert (tmp_path / "regions.geojson").exists()


def test_tab_goes_through_all_of_the_dock_and_out_of_it(opened):
    dock = opened
    order = in_reading_order(dock.column.widget())
    stops = {widget for widget in order if widget.isVisible() and widget.isEnabled()}
    assert len(stops) > 20
    press(Key.Key_Tab)
    reached = []
    # never asked outside the dock: PySide would keep napari's widgets alive
    while (now := dock.focusWidget()) is not None and now.hasFocus():
        assert now not in reached, "a trap"
        reached.append(now)
        press(Key.Key_Tab)
    assert stops <= set(reached)
    assert dock.office.run_all.button in reached


def test_keys_are_letters_in_every_field_and_esc_leaves_it(opened, qtbot):
    dock = opened
    high, wide = dock.workbench.session.sample.slide.extent_um
    dock.explorer.regions.add(np.array([[0, 0], [0, wide], [high, wide], [high, 0]]))
    rest(qtbot, dock)
    panel = dock.explore_card.regions
    for field in (panel.name, panel.kind, panel.remark):
        field.setFocus()
        QTest.keyClicks(QApplication.focusWidget(), "r1glns?")
        said = field.currentText() if field is panel.kind else field.text()
        assert said.endswith("r1glns?")
        assert dock.workbench.running is None
        assert not dock.explorer.compare.mode
        assert not dock.keys.sheet.isVisible()
    press(Key.Key_Escape)
    assert dock.explore_card.hasFocus()


def test_esc_puts_down_what_is_in_hand_and_only_then_stops_what_runs(opened, qtbot):
    dock, viewer = opened, opened.canvas.viewer
    draw = dock.explore_card.regions.draw_button
    dock.nuclei_card.form["sensitivity"].value = 0.52
    dock.explore_card.setFocus()
    dock.nuclei_card.button.click()
    for by_canvas in (False, True):
        draw.click()
        assert dock.explorer.regions._lasso.active
        if by_canvas:
            next(act for key, act in viewer.keymap.items() if str(key) == "Escape")(viewer)
        else:
            QTest.keyClick(dock.explore_card, Key.Key_Escape)
        assert not dock.explorer.regions._lasso.active
        assert not draw.isChecked()
        assert dock.workbench.running == "nuclei"
    QTest.keyClick(dock.explore_card, Key.Key_Escape)
    rest(qtbot, dock)
    assert dock.workbench.session.nuclei is None


@pytest.mark.parametrize("what", ["list", "sheet", "field"])
def test_esc_leaves_what_is_open_and_stops_nothing(opened, qtbot, what):
    dock, gene = opened, opened.explore_card.gene
    gene.setFocus()
    if what == "list":
        QTest.keyClicks(gene, str(dock.workbench.session.sample.spots.table.var_names[0])[:2])
        popup = dock.explore_card.completer.popup()
        qtbot.waitUntil(popup.isVisible)
    elif what == "sheet":
        press(Key.Key_F1)
        assert dock.keys.sheet.isVisible()
    dock.nuclei_card.button.click()
    QTest.keyClick(popup if what == "list" else gene, Key.Key_Escape)
    assert dock.workbench.running == "nuclei"
    if what == "list":
        assert not popup.isVisible()
    assert gene.hasFocus() == (what != "field")
    assert not dock.keys.sheet.isVisible()
    dock.workbench.cancel()
    rest(qtbot, dock)


def test_esc_lets_a_brush_go_in_the_dock_too(opened, qtbot):
    histogram = opened.nuclei_card.check.histogram
    histogram.show_values(np.linspace(0, 1, 50), (0.0, 1.0), brush=(0.2, 0.4))
    histogram.show()
    histogram.setFocus()
    QTest.keyClick(histogram, Key.Key_Escape)
    assert histogram.brush is None


def test_esc_leaves_the_field_it_was_pressed_in_after_a_search_for_nothing(opened, qtbot):
    dock = opened
    high, wide = dock.workbench.session.sample.slide.extent_um
    dock.explorer.regions.add(np.array([[0, 0], [0, wide], [high, wide], [high, 0]]))
    rest(qtbot, dock)
    gene, panel = dock.explore_card.gene, dock.explore_card.regions
    gene.setFocus()
    name = str(dock.workbench.session.sample.spots.table.var_names[0])
    for letter in name[:2] + "zzz":  # a list opens, and goes where nothing begins so
        QTest.keyClicks(gene, letter)
        # as between two keys of a hand: Qt tells only then which window has the keyboard
        QApplication.processEvents()
    assert "No gene" in dock.explore_card.gene_line.text()
    for field in (panel.remark, panel.name):
        field.setFocus()
        QTest.keyClicks(field, "seen")
        press(Key.Key_Escape)
        assert QApplication.focusWidget() is dock.explore_card
