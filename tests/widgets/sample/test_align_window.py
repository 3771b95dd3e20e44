"""The meter, nudges and landmarks, in a real viewer on the whole demo."""

from types import SimpleNamespace

import anndata
import numpy as np
import pytest
import tifffile
from qtpy.QtCore import Qt

from spotscope.evaluation import make_demo
from spotscope.model import Transform
from spotscope.pipeline import move_sample
from spotscope.pipeline._demo import DEMO_FILES
from spotscope.widgets import SpotscopeWidget
from spotscope.widgets.dock._state import Mark

LONG = 300_000
pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    make_demo(0).write(folder)
    return {role: folder / name for role, name in DEMO_FILES.items()}


@pytest.fixture
def dock(make_napari_viewer, qtbot, files):
    viewer = make_napari_viewer()
    dock = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(dock, name="spotscope")
    dock.open_paths([files["spots"], files["image"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    yield dock
    dock.shut()
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def still(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def places(dock):
    return dock.workbench.session.sample.spots.yx_um


def test_spots_put_elsewhere_are_seen_and_put_back_by_one_click(dock, qtbot):
    desk = dock.office.align
    assert "in place" in desk.meter.text()
    assert not desk.back.isVisibleTo(dock)
    truth = places(dock).copy()
    dock.workbench.adopt(move_sample(dock.workbench.session.sample, Transform.shift(30, 25)))
    qtbot.waitUntil(lambda: desk.found is not None and desk.found.is_off, timeout=LONG)
    still(qtbot, dock)
    assert desk.meter.text().startswith("▲ Spots look shifted ")
    assert dock.sample_card.sign.mark is Mark.LOOK
    desk.back.click()
    qtbot.waitUntil(lambda: "in place" in desk.meter.text() and not dock.busy, timeout=LONG)
    assert np.hypot(*(places(dock) - truth).mean(axis=0)) < 12
    assert not desk.back.isVisibleTo(dock)
    assert "Moved " in desk.panel.moved.text()
    assert dock.sample_card.sign.mark is Mark.DONE


def a_nudge_moves_the_drawn_spots_and_applied_the_session(dock, qtbot):
    panel = dock.office.align.panel
    before, session = places(dock).copy(), dock.workbench.session
    dock.office.align.fold.unfold(True)
    panel.step.setValue(7)
    qtbot.keyClick(panel, Qt.Key.Key_Right)
    qtbot.keyClick(panel, Qt.Key.Key_Down)
    panel.arrows[0, 1].click()
    layer = dock.canvas.stack["spots"]
    np.testing.assert_allclose(layer.data_to_world([0, 0]), [7, 14])
    assert dock.workbench.session is session
    assert "14 µm right and 7 µm down" in panel.moved.text()
    zoom = dock.canvas.viewer.scene.camera.zoom
    panel.apply.click()
    qtbot.waitUntil(lambda: dock.workbench.session is not session, timeout=LONG)
    still(qtbot, dock)
    np.testing.assert_allclose(places(dock), before + np.array([7, 14]))
    np.testing.assert_allclose(dock.canvas.stack["spots"].data_to_world([0, 0]), [0, 0])
    assert dock.canvas.viewer.scene.camera.zoom == pytest.approx(zoom)
    assert not panel.apply.isEnabled()
    assert panel.reset.isVisibleTo(panel)
    panel.reset.click()
    qtbot.waitUntil(lambda: dock.workbench.session.sample.alignment is None, timeout=LONG)
    still(qtbot, dock)
    np.testing.assert_allclose(places(dock), before)


def spots_drawn_elsewhere_are_told_under_all_cards_until_applied_or_put_back(dock, qtbot, files):
    desk, row = dock.office.align, dock.office.not_applied
    assert desk.panel.forget.text() == row.put_back.text()  # one deed has one name
    before, session = places(dock).copy(), dock.workbench.session
    assert not row.isVisibleTo(dock)
    desk.nudge(0.0, 20.0)
    assert row.isVisibleTo(dock)
    assert not dock.column.isAncestorOf(row)  # seen wherever one has scrolled to
    assert "not applied" in row.words.text()
    assert not desk.panel.measure.isEnabled()  # it would measure the old place
    row.put_back.click()
    assert not row.isVisibleTo(dock)
    assert desk.pending.is_identity
    assert desk.panel.measure.isEnabled()
    desk.nudge(0.0, 20.0)
    row.apply.click()
    assert not row.isEnabled()  # as it runs
    qtbot.waitUntil(lambda: dock.workbench.session is not session, timeout=LONG)
    still(qtbot, dock)
    np.testing.assert_allclose(places(dock), before + np.array([0, 20]))
    assert not row.isVisibleTo(dock)
    desk.nudge(0.0, 20.0)
    dock.open_sample(files["image"])  # where there are no spots
    qtbot.waitUntil(lambda: not dock.workbench.facts.spots, timeout=LONG)
    still(qtbot, dock)
    assert not row.isVisibleTo(dock)


def click(dock, y, x):
    """A press and release at a place, as napari sends them."""
    catcher = next(c for c in dock.canvas.viewer.mouse_drag_callbacks if hasattr(c, "clicked"))
    event = SimpleNamespace(
        type="mouse_press", button=1, modifiers=(), pos=(5, 5), position=(0.0, y, x)
    )
    follow = catcher(dock.canvas.viewer, event)
    next(follow)
    event.type = "mouse_release"
    assert next(follow, "done") == "done"


def three_landmarks_turn_and_shift_the_spots(dock, qtbot):
    desk, panel = dock.office.align, dock.office.align.panel
    before, session = places(dock).copy(), dock.workbench.session
    angle = np.radians(2.0)
    truth = Transform.of(
        [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], [10.0, -6.0]
    )
    panel.landmarks.click()
    assert "a place on the spots" in panel.pairs.text()
    for place in ((100.0, 100.0), (100.0, 800.0), (800.0, 200.0)):
        drawn = desk.pending(place)
        click(dock, *drawn)
        assert "where it belongs" in panel.pairs.text()
        click(dock, *truth(place))
    assert "Landmark 3: 0.0 µm off" in panel.pairs.text()
    assert "turned 2.00°" in panel.moved.text()
    assert len(dock.canvas.stack["landmarks"].data) == 6
    panel.apply.click()
    qtbot.waitUntil(lambda: dock.workbench.session is not session, timeout=LONG)
    still(qtbot, dock)
    np.testing.assert_allclose(places(dock), truth(before), atol=1e-6)
    assert "landmarks" not in dock.canvas.stack
    assert not panel.landmarks.isChecked()


def what_landmarks_may_do_is_said_in_plain_words_and_fitted_so(dock, qtbot):
    panel, desk = dock.office.align.panel, dock.office.align
    said = [panel.kind.itemText(at) for at in range(panel.kind.count())]
    assert said == ["Move, turn, resize", "Move, turn, resize, skew", "Move"]
    start = np.array([[200.0, 200.0], [200.0, 400.0], [400.0, 200.0]])
    desk.pairs = [(tuple(a), tuple(a * [1.0, 1.1] + [5.0, 0.0])) for a in start]
    told = {}
    panel.kind_changed.connect(lambda kind: told.setdefault(kind, desk.pending.matrix))
    for words in (*said[1:], said[0]):
        panel.kind.setCurrentText(words)
        assert dock.workbench.deeds.last == f"landmarks: {words.lower()}"
    assert list(told) == ["affine", "shift", "similarity"]
    assert np.allclose(told["affine"], [[1.0, 0.0], [0.0, 1.1]])  # wider than before: skewed
    assert np.allclose(told["shift"], np.eye(2))
    assert np.isclose(told["similarity"][0][0], told["similarity"][1][1])


def test_spots_are_nudged_drawn_elsewhere_and_fitted_to_landmarks(dock, qtbot, files):
    a_nudge_moves_the_drawn_spots_and_applied_the_session(dock, qtbot)
    three_landmarks_turn_and_shift_the_spots(dock, qtbot)
    what_landmarks_may_do_is_said_in_plain_words_and_fitted_so(dock, qtbot)
    dock.office.not_applied.put_back.click()
    spots_drawn_elsewhere_are_told_under_all_cards_until_applied_or_put_back(dock, qtbot, files)


def test_cells_are_typed_again_where_the_spots_are_now(dock, qtbot, files):
    from spotscope.methods.cell_typing import CellTypingParams
    from spotscope.methods.segmentation import SegmentationParams

    bench = dock.workbench
    bench.open_reference(files["reference"])
    bench.find_nuclei(SegmentationParams(model="watershed"))
    qtbot.waitUntil(lambda: bench.facts.nuclei and not dock.busy, timeout=LONG)
    bench.open_reference(files["reference"])
    qtbot.waitUntil(lambda: bench.facts.reference and not dock.busy, timeout=LONG)
    bench.type_cells(CellTypingParams(nu=1.0))
    qtbot.waitUntil(lambda: bench.facts.typed and not dock.busy, timeout=LONG)
    before = bench.session
    dock.office.align.nudge(0, 40)
    dock.office.align.apply()
    bench.cancel()
    still(qtbot, dock)
    if bench.session is before:  # stopped in time: nothing has moved, and nothing is typed again
        dock.office.align.apply()
    qtbot.waitUntil(lambda: bench.facts.typed and bench.session is not before, timeout=LONG)
    still(qtbot, dock)
    after = bench.session.cells
    assert bench.session.records["type"].params["nu_used"] == 1.0
    assert bench.session.records["type"].inputs["spots"] != before.records["type"].inputs["spots"]
    owners = [cells.table.obs["spot_id"].astype(str) for cells in (after, before.cells)]
    assert (owners[0] != owners[1]).any()


def test_a_turned_image_is_said_and_the_spots_are_turned_with_it(
    make_napari_viewer, qtbot, tmp_path
):
    demo = make_demo(2)
    demo.write(tmp_path)
    over = tmp_path / "turned.ome.tif"
    pixel = {"PhysicalSizeX": demo.mpp, "PhysicalSizeY": demo.mpp, "axes": "YXS"}
    tifffile.imwrite(over, demo.slide[::-1, ::-1].copy(), photometric="rgb", metadata=pixel)
    viewer = make_napari_viewer()
    dock = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(dock, name="spotscope")  # which takes it away in the end
    dock.open_paths([tmp_path / DEMO_FILES["spots"], over])
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    desk, before = dock.office.align, places(dock).copy()
    assert desk.meter.text() == "▲ The image looks turned by 180° against the spots"
    assert desk.back.text() == "Turn the spots"
    assert dock.sample_card.sign.mark is Mark.LOOK
    assert dock.workbench.session.sample.problems == ()  # it stops no run
    desk.back.click()
    qtbot.waitUntil(lambda: not np.array_equal(places(dock), before), timeout=LONG)
    still(qtbot, dock)
    np.testing.assert_allclose(places(dock), (2047 * demo.mpp) - before)
    assert "turned 180°" in desk.panel.moved.text()
    assert "looks" not in desk.meter.text()
    assert dock.sample_card.sign.mark is Mark.DONE
    dock.workbench.deeds.undo()
    still(qtbot, dock)
    np.testing.assert_allclose(places(dock), before)
    dock.shut()
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def test_swapped_places_are_said_once_beside_the_button_and_stop_a_run_of_all(
    make_napari_viewer, qtbot, tmp_path
):
    """The section in a corner of glass: with x for y most spots lie beside it."""
    demo = make_demo(2)
    demo.write(tmp_path)
    glass, sheet = 1024, tmp_path / "sheet.ome.tif"
    image = np.pad(
        demo.slide, ((0, glass), (glass, 0), (0, 0)), constant_values=demo.slide[0, 0].max()
    )
    pixel = {"PhysicalSizeX": demo.mpp, "PhysicalSizeY": demo.mpp, "axes": "YXS"}
    tifffile.imwrite(sheet, image, photometric="rgb", metadata=pixel)
    table = anndata.read_h5ad(tmp_path / DEMO_FILES["spots"])
    table.obsm["spatial"] = np.add(table.obsm["spatial"], [glass, 0])[:, ::-1].copy()
    table.write_h5ad(tmp_path / "swapped.h5ad")
    viewer = make_napari_viewer()
    dock = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(dock, name="spotscope")
    dock.open_paths([tmp_path / "swapped.h5ad", sheet])
    qtbot.waitUntil(lambda: dock.workbench.facts.slide and not dock.busy, timeout=LONG)
    desk, card = dock.office.align, dock.sample_card
    (problem,) = dock.workbench.session.sample.problems
    assert "look swapped" in problem.message
    assert desk.back.text() == "Turn the spots"
    assert card.trouble.text() == ""
    assert card.sign.mark is Mark.LOOK
    assert not dock.office.run_all.row.isVisibleTo(dock)
    assert dock.office.run_all.left == []
    desk.measure()  # until it has answered the sentence stays away: it is still true
    still(qtbot, dock)
    assert card.trouble.text() == ""
    desk.back.click()
    qtbot.waitUntil(lambda: not dock.workbench.session.sample.problems, timeout=LONG)
    still(qtbot, dock)
    assert dock.office.run_all.row.isVisibleTo(dock)
    assert card.sign.mark is Mark.DONE
    dock.workbench.deeds.undo()
    still(qtbot, dock)
    assert "swapped" not in card.trouble.text()
    dock.shut()
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
