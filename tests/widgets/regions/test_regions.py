"""Regions: drawn with the mouse, asked, named, compared, exported, and back with the session."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from spotscope import io, layers
from spotscope.pipeline.report._html import html_report
from spotscope.widgets import SpotscopeWidget
from spotscope.widgets.dock._state import Step
from spotscope.widgets.regions import _region_answers

LONG = 600_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(empty_dock, qtbot, demo_files):
    empty_dock.open_paths([demo_files["spots"], demo_files["image"], demo_files["reference"]])
    rest(qtbot, empty_dock)
    return empty_dock


def rest(qtbot, dock):
    qtbot.waitUntil(lambda: not (dock.busy or dock.explorer.regions.busy), timeout=LONG)


def draw(dock, corners):
    """Press, go around, let go, as napari hands it to the callback."""
    dock.explore_card.regions.draw_button.click()
    lasso = dock.explorer.regions._lasso
    assert lasso.active
    event = SimpleNamespace(type="mouse_press", button=1, position=tuple(corners[0]))
    steps = lasso(None, event)
    next(steps)
    event.type = "mouse_move"
    for corner in corners[1:]:
        event.position = tuple(corner)
        next(steps)
    event.type = "mouse_release"
    with pytest.raises(StopIteration):
        next(steps)


def box(dock, share):
    """Corners of the left part of the slide."""
    high, wide = dock.workbench.session.sample.slide.extent_um
    return np.array([[0, 0], [0, share * wide], [high, share * wide], [high, 0]])


def test_a_region_drawn_says_what_it_holds_and_again_when_there_is_more(dock, qtbot, tmp_path):
    panel, viewer = dock.explore_card.regions, dock.canvas.viewer
    assert not panel.export_button.isVisibleTo(panel)
    draw(dock, box(dock, 0.6))
    rest(qtbot, dock)
    assert not dock.explorer.regions._lasso.active
    assert len(viewer.layers["demo · regions"].data) == 1
    assert " spots" in panel.facts.text()
    assert "nuclei" not in panel.facts.text()
    assert panel.genes.bars
    assert panel.genes_title.text().endswith("surest first")  # by the lower end of the interval
    for step in (Step.NUCLEI, Step.TYPES):
        qtbot.mouseClick(dock.cards[step].button, Qt.MouseButton.LeftButton)
        rest(qtbot, dock)
    session = dock.workbench.session
    inside = dock.explorer.regions.regions[0].contains(session.nuclei.yx_um).sum()
    assert f"{inside:,} nuclei" in panel.facts.text()
    assert sum(bar.share for bar in panel.types.bars) == pytest.approx(1, abs=0.01)

    panel.name.setText("left")
    panel.name.editingFinished.emit()
    draw(dock, box(dock, 1.0) + np.array([0, 0.6 * session.sample.slide.extent_um[1]]))
    rest(qtbot, dock)
    assert len(viewer.layers["demo · regions"].data) == 2
    panel.against.activated.emit(1)
    rest(qtbot, dock)
    assert "against left" in [panel.against.itemText(i) for i in range(panel.against.count())]
    assert dock.explorer.regions._against == 0

    dock.explorer.regions.export(tmp_path / "regions")
    rest(qtbot, dock)
    back = io.read_geojson(tmp_path / "regions" / "regions.geojson", mpp=session.sample.slide.mpp)
    assert [region.name for region in back] == ["left", "Region 2"]

    with qtbot.waitSignal(dock.workbench.saved, timeout=LONG):
        dock.save(tmp_path / "out")
    panel.remove.click()
    panel.remove.click()
    assert not panel.facts.isVisibleTo(panel)
    with qtbot.waitSignal(dock.workbench.session_opened, timeout=LONG):
        dock.open_paths([tmp_path / "out"])
    rest(qtbot, dock)
    assert [region.name for region in dock.explorer.regions.regions] == ["left", "Region 2"]
    assert len(viewer.layers["demo · regions"].data) == 2


def test_spots_without_an_image_have_regions_too(make_napari_viewer, qtbot, demo_files, tmp_path):
    dock = SpotscopeWidget(viewer := make_napari_viewer())
    viewer.window.add_dock_widget(dock, name="spotscope")
    dock.open_paths([demo_files["spots"]])
    rest(qtbot, dock)
    panel, spots = dock.explore_card.regions, dock.workbench.session.sample.spots
    low, high = spots.yx_um.min(axis=0) - 60, spots.yx_um.max(axis=0) + 60
    high[1] = spots.yx_um[:, 1].mean()
    draw(dock, np.array([low, [low[0], high[1]], high, [high[0], low[1]]]))
    rest(qtbot, dock)
    inside = dock.explorer.regions.regions[0].contains(spots.yx_um).sum()
    assert 0 < inside < spots.n
    assert f"{inside:,} spots" in panel.facts.text()
    assert panel.genes.bars
    dock.explorer.regions.export(tmp_path / "out")
    rest(qtbot, dock)
    again = io.read_geojson(tmp_path / "out" / "regions.geojson", mpp=None)
    assert np.allclose(again[0].polygon_yx_um.max(axis=0), high, atol=0.1)
    dock.shut()
    rest(qtbot, dock)


def test_of_an_answer_that_takes_long_the_first_part_is_shown(dock, qtbot, monkeypatch):
    panel, shown = dock.explore_card.regions, []
    real = panel.show_answer
    monkeypatch.setattr(
        panel, "show_answer", lambda *args: (real(*args), shown.append(panel.notes.text()))
    )
    monkeypatch.setattr(_region_answers, "GLANCE_S", -1.0)  # as if every part took long
    draw(dock, box(dock, 0.6))
    rest(qtbot, dock)
    assert any("more in a moment" in said for said in shown)
    assert "more in a moment" not in shown[-1]
    assert panel.genes.bars
    shown.clear()
    monkeypatch.setattr(_region_answers, "GLANCE_S", 1e9)
    dock.explorer.regions.ask()
    rest(qtbot, dock)
    assert len(shown) == 1


def test_a_region_beside_the_tissue_says_so_and_breaks_nothing(dock, qtbot):
    panel = dock.explore_card.regions
    draw(dock, np.array([[-900, -900], [-900, -800], [-800, -800], [-800, -900]]))
    rest(qtbot, dock)
    assert "Expected nuclei or spots in the region" in panel.notes.text()
    assert panel.facts.text() == ""
    panel.remove.click()
    assert dock.explorer.regions.regions == []
    assert len(dock.canvas.viewer.layers["demo · regions"].data) == 0


def test_a_region_is_classified_and_says_how_its_nuclei_look(dock, qtbot, tmp_path):
    panel, desk = dock.explore_card.regions, dock.explorer.regions
    dock.nuclei_card.button.click()
    rest(qtbot, dock)
    draw(dock, box(dock, 0.6))
    rest(qtbot, dock)
    assert "median area" in panel.facts.text()
    draw(dock, box(dock, 0.4))
    panel.kind.setCurrentIndex(panel.kind.findText("Stroma"))
    panel.kind.activated.emit(panel.kind.currentIndex())
    desk.choose(0)
    assert panel.kind.currentText() == ""
    panel.kind.setFocus()
    panel.kind.setEditText("My own")
    panel.kind.lineEdit().editingFinished.emit()
    assert [region.classification for region in desk.regions] == ["My own", "Stroma"]
    desk.choose(1)
    assert panel.kind.currentText() == "Stroma"
    panel.remark.setText(" loose, few lymphocytes ")
    panel.remark.editingFinished.emit()
    desk.choose(0)
    assert panel.remark.text() == ""
    desk.choose(1)
    assert panel.remark.text() == "loose, few lymphocytes"
    rest(qtbot, dock)
    desk.export(tmp_path)
    rest(qtbot, dock)
    session = dock.workbench.session
    back = io.read_geojson(tmp_path / "regions.geojson", mpp=session.sample.slide.mpp)
    assert [region.classification for region in back] == ["My own", "Stroma"]
    assert [region.remark for region in back] == ["", "loose, few lymphocytes"]
    assert "loose, few lymphocytes" in (tmp_path / "regions.csv").read_text("utf-8")
    # what is kept with the view comes back, and is in the report
    kept = replace(session, view={"regions": desk.view()})
    assert "<em>loose, few lymphocytes</em>" in html_report(kept)
    dock.explorer.regions.show_session(kept)
    assert [region.remark for region in desk.regions] == ["", "loose, few lymphocytes"]
    assert [one["classification"] for one in desk.view()] == ["My own", "Stroma"]


def test_outlines_are_as_wide_on_the_screen_from_afar(dock, qtbot):
    draw(dock, box(dock, 0.4))
    rest(qtbot, dock)
    camera, layer = dock.canvas.viewer.scene.camera, dock.canvas.stack["regions"]
    assert (layer.face_color[:, 3] == 0).all()  # the stain is left as it is
    near, drawn = 4 * float(camera.zoom), []
    layer.events.set_data.connect(lambda _: drawn.append(layer.edge_width[0]))
    for zoom in (near, near / 16):
        camera.zoom = zoom
        assert layer.edge_width[0] * zoom == pytest.approx(4.0, rel=0.45)
        assert drawn[-1:] == [layer.edge_width[0]]  # the canvas was told


def test_regions_are_named_on_the_slide_and_names_go_where_they_go(dock, qtbot):
    viewer, desk, stack = dock.canvas.viewer, dock.explorer.regions, dock.canvas.stack
    foreign = viewer.add_shapes([np.eye(4, 2) * 50], shape_type="polygon", name="mine")
    active = viewer.layers.selection.active
    assert "region names" not in stack

    def written(*names):
        """Each once in the colour of letters, above all that are their rim."""
        layer = stack.get("region names")
        if layer is None or len(layer.data) != 9 * len(names):
            return False
        return list(layer.text.values[8::9]) == list(names)

    for share in (0.4, 0.8):
        draw(dock, box(dock, share))
        rest(qtbot, dock)
    qtbot.waitUntil(lambda: written("Region 1", "Region 2"), timeout=LONG)
    assert viewer.layers.selection.active is active
    layer, outlines = stack["region names"], stack["regions"]
    letters = np.asarray(layer.text.color.array)
    np.testing.assert_allclose(letters[8::9], [layers.rgba(layers.NAME)] * 2)
    np.testing.assert_allclose(letters[:8], [layers.rgba(layers.NAME_RIM)] * 8)
    panel = dock.explore_card.regions
    panel.name.setText("rim")
    panel.name.editingFinished.emit()
    qtbot.waitUntil(lambda: written("Region 1", "rim"))
    dock.workbench.deeds.undo()
    qtbot.waitUntil(lambda: written("Region 1", "Region 2"))
    # napari's own tools: as the hand moves an outline its name goes with it
    outlines.data = [np.asarray(outline) + 30.0 for outline in outlines.data]
    np.testing.assert_allclose(outlines.data[1].min(axis=0), 30.0, atol=1e-3)
    qtbot.waitUntil(lambda: np.allclose(layer.data[17], 30.0, atol=1e-3))
    # the rim is as wide on the screen from near and from afar
    for zoom in (0.1, 3.0):
        viewer.scene.camera.zoom = zoom
        qtbot.waitUntil(lambda z=zoom: np.allclose(np.ptp(layer.data[:9], axis=0) * z, 3.0))
    outlines.visible = False
    qtbot.waitUntil(lambda: not layer.visible)
    outlines.visible = True
    rest(qtbot, dock)
    panel.remove.click()
    qtbot.waitUntil(lambda: written("Region 1"))
    panel.remove.click()
    qtbot.waitUntil(lambda: not len(layer.data))
    assert len(desk.regions) == 0
    assert not len(foreign.features.columns)
