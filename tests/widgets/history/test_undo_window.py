"""One history for regions, the legend, where spots lie and corrections, in the real window."""

from __future__ import annotations

import numpy as np
import pytest
from deeds_room import LONG, box, rest, type_cells
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

from spotscope.model import Edit, EditKind

pytestmark = pytest.mark.gui


def state(dock):
    """What hands have made, as it is now."""
    session = dock.workbench.session
    align = dock.office.align
    return {
        "regions": [(one["name"], one["polygon_yx_um"]) for one in dock.explorer.regions.view()],
        "legend": dock.types.looks.to_json(),
        "rows": [row.name for row in dock.typing_card.legend.types.rows],
        "edits": session.edits.done,
        "nuclei": session.nuclei.n,
        "types": None if session.cells is None else tuple(session.cells.table.obs["cell_type"]),
        "spots": session.sample.spots.yx_um.round(6).tolist(),
        "pending": align.pending.to_json(),
        "drawn": len(dock.canvas.stack["regions"].data) if "regions" in dock.canvas.stack else 0,
    }


def test_everything_done_by_hand_is_taken_back_and_done_again(dock, qtbot, tmp_path):
    type_cells(qtbot, dock)
    bench, deeds = dock.workbench, dock.workbench.deeds
    first, second = (row.name for row in dock.typing_card.legend.types.rows[:2])
    panel, align = dock.explore_card.regions, dock.office.align

    def rename():
        panel.name.setText("rim")
        panel.name.editingFinished.emit()

    acts = [
        lambda: dock.explorer.regions.add(box(20, 200)),
        rename,
        lambda: dock.types.rename(first, second),
        lambda: dock.check.correct(Edit.of(EditKind.DELETE, bench.session.nuclei.yx_um[3])),
        lambda: dock.types.recolour(second, (1, 2, 3)),
        lambda: dock.explorer.regions.add(box(100, 300)),
        panel.remove.click,
        lambda: align.nudge(0, 12),
    ]
    states = [state(dock)]
    for act in acts:
        act()
        rest(qtbot, dock)
        states.append(state(dock))
        assert states[-1] != states[-2]
    assert deeds.last == "spots nudged 12 µm right"
    for before in reversed(states[:-1]):
        QTest.keyClick(dock.explore_card, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        rest(qtbot, dock)
        assert state(dock) == before
    assert not dock.office.undo.undo.isEnabled()
    for after in states[1:]:
        dock.office.undo.redo.click()
        rest(qtbot, dock)
        assert state(dock) == after
    log = dock.office.history.log.text()
    for said in ("Region 1 drawn", "Region 1 called rim", f"{first} merged into {second}"):
        assert said in log
    assert "a nucleus deleted" in log
    deeds.undo()
    assert "nudged" not in dock.office.history.log.text()

    # what was told stays told when the result is opened again; its corrections are taken back
    with qtbot.waitSignal(bench.saved, timeout=LONG):
        dock.save(tmp_path / "out")
    dock.open_paths([tmp_path / "out"])
    rest(qtbot, dock)
    assert "Region 1 called rim" in dock.office.history.log.text()
    assert deeds.last == "a nucleus deleted"
    QTest.keyClick(
        dock.canvas.viewer.window._qt_viewer.canvas.native,
        Qt.Key.Key_Z,
        Qt.KeyboardModifier.ControlModifier,
    )
    rest(qtbot, dock)
    assert bench.session.edits.done == ()


def test_spots_that_were_moved_lie_again_where_they_lay_with_their_types(dock, qtbot):
    type_cells(qtbot, dock)
    bench, align = dock.workbench, dock.office.align
    before = state(dock)
    align.nudge(0, 30)
    nudged = state(dock)
    align.apply()
    rest(qtbot, dock)
    moved = state(dock)
    assert moved["spots"] != before["spots"]
    assert moved["types"] is not None  # typed again where they are now
    assert "spots moved 30 µm right" in dock.office.history.log.text()
    bench.deeds.undo()
    rest(qtbot, dock)
    assert state(dock) == nudged
    np.testing.assert_allclose(dock.canvas.stack["spots"].data_to_world([0, 0]), [0, 30])
    bench.deeds.undo()
    rest(qtbot, dock)
    assert state(dock) == before
    bench.deeds.redo()
    bench.deeds.redo()
    rest(qtbot, dock)
    assert state(dock) == moved


def test_nuclei_found_after_spots_were_moved_stay_and_are_typed_where_the_spots_lay(dock, qtbot):
    bench = dock.workbench
    before = bench.session.sample.spots.yx_um.round(6).tolist()
    dock.office.align.nudge(0, 30)
    dock.office.align.apply()
    rest(qtbot, dock)
    type_cells(qtbot, dock)
    found, types = bench.session.nuclei, state(dock)["types"]
    bench.deeds.undo()
    rest(qtbot, dock)
    assert bench.session.nuclei is found
    assert state(dock)["spots"] == before
    assert bench.facts.typed
    assert state(dock)["types"] != types
    assert bench.session.records["type"].inputs["spots"] is not None


def an_outline_without_an_area_is_no_region_and_says_so(dock, qtbot):
    dock.explorer.regions.add(np.array([[10.0, 10.0], [20.0, 20.0], [30.0, 30.0]]))
    assert dock.explorer.regions.regions == []
    assert "Expected a region with an area" in dock.explore_card.regions.notes.text()
    assert dock.workbench.deeds.last == ""


def outlines_that_napari_moves_draws_and_deletes_are_regions(dock, qtbot):
    desk, panel = dock.explorer.regions, dock.explore_card.regions
    for low in (20, 300):
        desk.add(box(low, low + 150))
        rest(qtbot, dock)
    layer = dock.canvas.stack["regions"]
    panel.move_button.click()
    assert str(layer.mode) == "select"
    assert dock.canvas.viewer.layers.selection.active is layer
    panel.move_button.click()
    assert str(layer.mode) == "pan_zoom"

    # as napari's tool does at the end of a drag
    layer.data = [box(20, 170) + np.array([5.0, 40.0]), box(300, 450)]
    qtbot.waitUntil(lambda: dock.workbench.deeds.last == "Region 1 moved", timeout=LONG)
    rest(qtbot, dock)
    np.testing.assert_allclose(desk.regions[0].polygon_yx_um, box(20, 170) + np.array([5.0, 40.0]))
    assert desk.regions[1].polygon_yx_um[0, 0] == 300

    layer.add([[500, 500], [500, 600], [560, 600], [560, 500]], shape_type="ellipse")
    qtbot.waitUntil(lambda: len(desk.regions) == 3, timeout=LONG)
    rest(qtbot, dock)
    assert dock.workbench.deeds.last == "Region 3 drawn"
    ellipse = np.pi * 30 * 50
    assert desk.regions[2].area_um2 == pytest.approx(ellipse, rel=0.01)

    layer.selected_data = {1}
    layer.remove_selected()
    qtbot.waitUntil(lambda: len(desk.regions) == 2, timeout=LONG)
    assert [one.name for one in desk.regions] == ["Region 1", "Region 3"]
    assert dock.workbench.deeds.last == "Region 2 removed"
    for count in (3, 2):
        dock.workbench.deeds.undo()
        assert len(desk.regions) == len(layer.data) == count
    dock.workbench.deeds.undo()
    np.testing.assert_allclose(desk.regions[0].polygon_yx_um, box(20, 170))
    np.testing.assert_allclose(layer.data[0], box(20, 170))
    rest(qtbot, dock)


def test_outlines_are_regions_whoever_draws_them(dock, qtbot):
    an_outline_without_an_area_is_no_region_and_says_so(dock, qtbot)
    outlines_that_napari_moves_draws_and_deletes_are_regions(dock, qtbot)


def test_a_region_takes_its_nu_along_and_has_it_again(dock, qtbot):
    from spotscope import pipeline

    type_cells(qtbot, dock)
    desk, bench = dock.explorer.regions, dock.workbench
    desk.add(box(20, 250))
    rest(qtbot, dock)
    desk.nu.give(3.0)
    rest(qtbot, dock)
    moved = box(20, 250) + 30.0
    dock.canvas.stack["regions"].data = [moved]
    qtbot.waitUntil(lambda: bench.deeds.last == "Region 1 moved", timeout=LONG)
    rest(qtbot, dock)

    def held():
        return [
            (region.polygon_yx_um.tolist(), nu)
            for region, nu in pipeline.held_of(bench.session).regions
        ]

    assert held() == [(moved.tolist(), 3.0)]
    dock.explore_card.regions.remove.click()
    rest(qtbot, dock)
    assert held() == []
    bench.deeds.undo()
    rest(qtbot, dock)
    assert held() == [(moved.tolist(), 3.0)]
    bench.deeds.undo()
    rest(qtbot, dock)
    assert held() == [(box(20, 250).tolist(), 3.0)]
