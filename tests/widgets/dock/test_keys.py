"""Keys act on the dock when it has the keyboard, and are letters in its fields."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from spotscope.widgets import SpotscopeWidget
from spotscope.widgets.dock._state import Step

LONG = 300_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(make_napari_viewer, qtbot, demo_files):
    viewer = make_napari_viewer(show=True)
    dock = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(dock, name="spotscope")
    dock.open_paths([demo_files["spots"], demo_files["image"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.spots and not dock.busy, timeout=LONG)
    viewer.window.activate()
    dock.activateWindow()
    yield dock
    dock.shut()
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def test_r_runs_the_step_that_was_gone_to_and_esc_stops_it(dock, qtbot):
    dock.keys.go_to(Step.NUCLEI)
    qtbot.waitUntil(lambda: dock.nuclei_card.hasFocus(), timeout=LONG)
    dock.nuclei_card.form["sensitivity"].value = 0.53
    QTest.keyClick(dock.nuclei_card, Qt.Key.Key_R)
    assert dock.workbench.running == "nuclei"
    QTest.keyClick(dock.nuclei_card, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    assert dock.workbench.session.nuclei is None


def test_g_goes_to_the_gene_field_where_letters_are_letters(dock, qtbot):
    dock.keys.go_to(Step.NUCLEI)
    qtbot.waitUntil(lambda: dock.nuclei_card.hasFocus(), timeout=LONG)
    QTest.keyClick(dock.nuclei_card, Qt.Key.Key_G)
    gene = dock.explore_card.gene
    qtbot.waitUntil(gene.hasFocus, timeout=LONG)
    QTest.keyClicks(gene, "rg1")
    assert gene.text() == "rg1"
    assert dock.workbench.running is None
