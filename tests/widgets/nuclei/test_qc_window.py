"""Checking nuclei in a real viewer, on the small demo: the ways a pathologist goes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from spotscope import io
from spotscope.model import CellKey, Edit, EditKind, EditMark, MeasureKey, run
from spotscope.pipeline import held_of, hold, open_session
from spotscope.pipeline.segmentation._nuclei_area import view_area
from spotscope.widgets.canvas._framing import view_box
from spotscope.widgets.cell_typing._held_deeds import hold_by_hand
from spotscope.widgets.nuclei._qc_look import Look
from spotscope.widgets.nuclei._qc_tools import Tool

LONG = 120_000
LEFT = Qt.MouseButton.LeftButton
pytestmark = pytest.mark.gui


@pytest.fixture
def found(empty_dock, qtbot, demo_files):
    """The dock with nuclei found and typed, and its folds open."""
    dock = empty_dock
    dock.open_paths([demo_files["spots"], demo_files["image"], demo_files["reference"]])
    idle = lambda: not dock.busy  # noqa: E731
    qtbot.waitUntil(lambda: dock.workbench.facts.reference and idle(), timeout=LONG)
    dock.nuclei_card.button.click()
    qtbot.waitUntil(lambda: dock.workbench.facts.nuclei and idle(), timeout=LONG)
    dock.typing_card.button.click()
    qtbot.waitUntil(lambda: dock.workbench.facts.typed and idle(), timeout=LONG)
    for fold in (dock.nuclei_card.check.correct, dock.nuclei_card.check.numbers):
        qtbot.mouseClick(fold.head, LEFT)
    qtbot.waitUntil(idle, timeout=LONG)
    return dock


def hand(dock, viewer, *places):
    """Press at the first place, move through the others, let go: as napari tells its callbacks."""
    event = SimpleNamespace(
        type="mouse_press", button=1, modifiers=(), pos=(0.0, 0.0), position=places[0]
    )
    steps = dock.check.tools(viewer, event)
    next(steps, None)
    for number, place in enumerate(places[1:], start=1):
        event.type, event.position, event.pos = "mouse_move", place, (9.0 * number, 0.0)
        next(steps, None)
    event.type = "mouse_release"
    next(steps, None)


def drawn(dock):
    """Labels as the canvas has them, at full resolution."""
    return np.asarray(dock.canvas.stack["nuclei"].data[0].labels)


def wait(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def test_what_is_asked_for_while_a_type_is_being_held_is_done_all_the_same(found, qtbot):
    dock, bench = found, found.workbench
    cells, nuclei = bench.session.cells, bench.session.nuclei
    label, other = int(nuclei.label_id[0]), cells.types[(cells.type_codes[0] + 1) % 3]
    wanted, held = Edit.of(EditKind.DELETE, nuclei.yx_um[9]), []

    def hold_it(name):
        if name in ("measure", "edit", "choose") and name not in held:
            held.append(name)
            types = {label: other} if name == "edit" else {}
            hold_by_hand(bench, hold(bench.session, {label: None, **types}), "held")

    bench._runner.started.connect(hold_it)
    bench.session = hold(bench.session, {label: other})
    dock.check.looks.measure()
    wait(qtbot, dock)
    assert held == ["measure"]
    assert held_of(bench.session).types == {}  # let go meanwhile, and not held again
    dock.check.correct(wanted)
    wait(qtbot, dock)
    assert held == ["measure", "edit"]
    assert bench.session.edits.done == (wanted,)
    assert held_of(bench.session).types == {label: other}

    n = bench.session.nuclei.n
    dock.nuclei_card.show_params({"probability": 0.9})
    dock.check.choose()
    wait(qtbot, dock)
    assert held[2:] == ["choose"]
    assert bench.session.nuclei.n < n
    assert bench.session.records["segment"].params["probability"] == 0.9


def test_nuclei_are_corrected_on_the_canvas_and_everything_follows(found, viewer, qtbot, tmp_path):
    dock, bench, panel = found, found.workbench, found.nuclei_card.check
    before = bench.session
    nuclei, labels = before.nuclei, drawn(dock).copy()
    types = before.cells.table.obs.copy()
    inside = np.flatnonzero(types[CellKey.SPOT_ID] != "")
    first, second, third = inside[[3, len(inside) // 2, -5]]

    # delete by a click; spots that show rings alone are not sent to the screen again
    sent = []
    dock.canvas.stack["spots"].events.face_color.connect(sent.append)
    qtbot.mouseClick(panel.tools[Tool.DELETE], LEFT)
    assert dock.check.tools.tool is Tool.DELETE
    hand(dock, viewer, tuple(nuclei.yx_um[first]))
    wait(qtbot, dock)
    assert bench.session.nuclei.n == nuclei.n - 1
    assert not (drawn(dock) == first + 1).any()
    assert dock.nuclei_card.state_line.text().startswith(f"{nuclei.n - 1:,} found")
    assert bench.session.cells.n == nuclei.n - 1
    assert not sent
    dock.explore_card.gene.setText(str(before.sample.spots.table.var_names[0]))
    dock.explore_card.gene.setText("")
    assert len(sent) == 2

    # split by a line across
    qtbot.mouseClick(panel.tools[Tool.SPLIT], LEFT)
    assert not viewer.scene.camera.mouse_pan
    y, x = nuclei.yx_um[second]
    hand(dock, viewer, (y - 15, x), (y, x), (y + 15, x))
    wait(qtbot, dock)
    assert bench.session.edits.done[-1].kind is EditKind.SPLIT
    assert (drawn(dock) == nuclei.n + 1).any()
    assert len(dock.canvas.codes) == nuclei.n + 2

    # draw one anew, and brush a region away
    qtbot.mouseClick(panel.tools[Tool.REDRAW], LEFT)
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = nuclei.yx_um[third] + 7 * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    hand(dock, viewer, *map(tuple, ring))
    wait(qtbot, dock)
    qtbot.mouseClick(panel.tools[Tool.EXCLUDE], LEFT)
    low = nuclei.yx_um.mean(axis=0)
    hand(dock, viewer, *map(tuple, low + 30 * np.array([[0, 0], [0, 1], [1, 1], [1, 0]])))
    wait(qtbot, dock)
    qtbot.mouseClick(panel.tools[Tool.EXCLUDE], LEFT)
    assert viewer.scene.camera.mouse_pan
    assert dock.check.tools.tool is None
    assert [str(edit.kind) for edit in bench.session.edits.done] == [
        *("delete", "split", "redraw", "exclude")
    ]
    assert panel.made.text() == "1 deleted · 1 split · 1 redrawn · 1 area excluded"
    after, edited = bench.session, drawn(dock).copy()
    assert EditMark.REDRAWN in after.measures[MeasureKey.EDITED]

    # a save keeps them; the dial works on what is there now
    with qtbot.waitSignal(bench.saved, timeout=LONG):
        dock.save(tmp_path / "out")
    assert run(open_session(tmp_path / "out")).edits == after.edits
    with qtbot.waitSignal(bench.retyped, timeout=LONG):
        dock.typing_card.dial.slider.setValue(900)
    wait(qtbot, dock)
    assert bench.session.cells.n == after.nuclei.n
    with qtbot.waitSignal(bench.retyped, timeout=LONG):
        bench.set_nu(float(before.records["type"].params["nu_used"]))
    wait(qtbot, dock)

    # undone by the keyboard, redone, undone again: everything is as it was
    dock.setFocus()
    qtbot.keyClick(dock, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait(qtbot, dock)
    if len(bench.session.edits.done) == 4:  # a window that is not active sends no shortcut
        panel.undo.click()
        wait(qtbot, dock)
    panel.redo.click()
    wait(qtbot, dock)
    assert np.array_equal(drawn(dock), edited)
    for _ in range(4):
        panel.undo.click()
        wait(qtbot, dock)
    assert np.array_equal(drawn(dock), labels)
    assert bench.session.cells.table.obs.equals(types)
    assert not panel.undo.isEnabled()
    assert dock.nuclei_card.state_line.text().startswith(f"{nuclei.n:,} found")


def test_review_looks_and_thresholds(found, viewer, qtbot):
    dock, bench, panel = found, found.workbench, found.nuclei_card.check
    n = bench.session.nuclei.n
    left = int(panel.left.text().split()[0].rstrip("+"))
    assert left > 10
    assert panel.table.cells[0][0].text() == f"{n:,}"

    # next, accept, delete: the camera goes there, and the list gets shorter
    panel.next.click()
    label = dock.check.review.label
    row = int(bench.session.nuclei.rows_of(np.array([label]))[0])
    assert np.allclose(viewer.scene.camera.center[-2:], bench.session.nuclei.yx_um[row])
    assert panel.nucleus.text().startswith(f"Nucleus {label:,} ·")
    # near, but no pixel of the slide is a mosaic's stone
    assert viewer.scene.camera.zoom * bench.session.sample.slide.mpp <= 4
    panel.accept.click()
    wait(qtbot, dock)
    marks = bench.session.measures[MeasureKey.EDITED]
    assert np.flatnonzero(marks).tolist() == [row]
    assert dock.check.review.label != label
    label = dock.check.review.label
    panel.delete.click()
    wait(qtbot, dock)
    assert bench.session.nuclei.rows_of(np.array([label])).tolist() == [-1]
    assert bench.session.nuclei.n == n - 1

    # looks: the canvas shows codes of numbers, a brush hides the others, types come back
    dock.check.looks.look(Look.PROBABILITY)
    lookup = dock.canvas.stack["nuclei"].metadata["lookup"]
    sure = bench.session.nuclei.probability
    labels = bench.session.nuclei.label_id
    assert (np.argsort(lookup.lut[labels], kind="stable")[0]) == np.argmin(sure)
    panel.histogram.brushed.emit((0.5, np.inf))
    assert ((lookup.lut[labels] > 0) == (sure >= 0.5)).all()
    dock.check.looks.look(Look.EDITED)
    assert set(lookup.lut[labels].tolist()) == {1, 1 + EditMark.ACCEPTED}
    dock.check.looks.look(Look.HAEMATOXYLIN)
    wait(qtbot, dock)
    assert np.isfinite(bench.session.measures[MeasureKey.HAEMATOXYLIN]).all()
    dock.check.looks.look(Look.TYPE)
    assert np.array_equal(lookup.lut, dock.canvas.codes)

    # thresholds: other nuclei at once, typed, and the edits hold
    was = bench.session.nuclei.n
    dock.nuclei_card.threshold.slider.setValue(75)
    wait(qtbot, dock)
    assert bench.session.nuclei.n < was
    assert bench.session.cells.n == bench.session.nuclei.n
    assert bench.facts.typed
    assert drawn(dock).max() == bench.session.nuclei.last_label
    assert EditMark.ACCEPTED in bench.session.measures[MeasureKey.EDITED]
    dock.nuclei_card.threshold.slider.setValue(10)
    wait(qtbot, dock)
    assert bench.session.nuclei.n > was


def while_nuclei_are_corrected_the_stain_and_what_is_excluded_are_seen(found, qtbot, viewer):
    dock, panel, outer = found, found.nuclei_card.check, found.explore_card.outlines
    lookup = dock.canvas.stack["nuclei"].metadata["lookup"]
    assert panel.outlines.isChecked()
    assert outer.isChecked()
    assert lookup.outline
    qtbot.mouseClick(panel.outlines, LEFT)  # a hand's choice stays
    assert not lookup.outline
    qtbot.mouseClick(panel.correct.head, LEFT)
    assert not outer.isChecked()
    qtbot.mouseClick(panel.correct.head, LEFT)
    assert lookup.outline
    low = dock.workbench.session.nuclei.yx_um.mean(axis=0)
    corners = low + 30 * np.array([[0, 0], [0, 1], [1, 1], [1, 0]])
    dock.check.correct(Edit.of(EditKind.EXCLUDE, path_um=corners))
    wait(qtbot, dock)
    drawing = dock.canvas.stack["drawing"]
    assert [np.allclose(one, corners) for one in drawing.data] == [True]
    dock.check.tools.show([low + corners])  # beside whatever else is drawn
    assert len(drawing.data) == 2
    qtbot.mouseClick(panel.correct.head, LEFT)
    assert len(drawing.data) == 0
    assert not lookup.outline
    qtbot.mouseClick(panel.correct.head, LEFT)
    panel.undo.click()
    wait(qtbot, dock)
    assert len(drawing.data) == 0


def the_view_is_shown_before_the_slide_follows_and_newer_thresholds_end_it(found):
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.widgets.nuclei._qc_tasks import choose_task

    bench = found.workbench
    session, view = bench.session, (0.0, 0.0, 200.0, 200.0)
    params = SegmentationParams(probability=0.8)
    ask = session, params, bench.fitted, view, bench.codes
    seen, stale = [], False
    task = choose_task(*ask, lambda: stale)
    with pytest.raises(StopIteration) as end:
        while True:
            progress = next(task)
            if progress.preview is not None:
                seen.append(progress.preview)
                stale = True  # the hand has moved on
    assert end.value.value is None
    assert len(seen) == 1
    assert seen[0].session is None
    # the same, and the hand rests
    chosen = run(choose_task(*ask, lambda: False))
    assert (chosen.session.nuclei.probability >= 0.8).all()
    assert 0 < chosen.session.nuclei.n < session.nuclei.n
    assert bench.session is session


def the_list_is_asked_again_where_the_session_changed_meanwhile(found, qtbot):
    """A spot that comes apart again after a correction makes another session of the same nuclei."""
    from dataclasses import replace

    bench, panel, review = found.workbench, found.nuclei_card.check, found.check.review
    wait(qtbot, found)
    panel.show_numbers(None, None)
    panel.show_review(0, "", chosen=False)
    review.reset()  # else the slide is not counted again, and it is done before anybody looks
    review.follow()
    qtbot.waitUntil(lambda: review._lists.running is not None, timeout=LONG)
    bench.session = replace(bench.session, records=dict(bench.session.records))
    wait(qtbot, found)
    assert panel.table.cells[0][0].text() == f"{bench.session.nuclei.n:,}"
    assert "to review" in panel.left.text()
    assert panel.left.text() != "nothing to review"


def nuclei_of_a_view_that_come_late_do_not_outlive_their_choice(found, qtbot):
    """They wait for layers that are being added; the choice is cancelled meanwhile."""
    dock, bench, view = found, found.workbench, found.canvas.nuclei
    session = bench.session
    dock.nuclei_card.threshold.slider.setValue(65)
    qtbot.waitUntil(lambda: view.ahead is not None, timeout=LONG)
    ahead = view.ahead
    bench.cancel()
    wait(qtbot, dock)
    assert view.ahead is None
    dock.canvas.turns.then(lambda: None)
    dock.canvas.show_ahead(ahead)
    bench.facts_changed.emit(bench.facts)
    qtbot.waitUntil(lambda: not dock.canvas.turns.busy, timeout=LONG)
    assert view.ahead is None
    assert drawn(dock).max() == session.nuclei.last_label


def thresholds_thrown_about_show_nuclei_in_their_own_colours(found, qtbot):
    """While the slide's nuclei are chosen those of the view stand in their place."""
    dock, bench, view = found, found.workbench, found.canvas.nuclei
    session, slider = bench.session, dock.nuclei_card.threshold.slider
    codes, layer = bench.codes.copy(), dock.canvas.stack["nuclei"]

    def next_ahead(value):
        was = view.ahead
        slider.setValue(value)
        qtbot.waitUntil(lambda: view.ahead not in (None, was), timeout=LONG)
        return view.ahead

    for value in (70, 45):  # the second while the first is on the canvas
        ahead = next_ahead(value)
        same = {tuple(yx): i for i, yx in enumerate(session.nuclei.yx_um.tolist())}
        rows = [same.get(tuple(yx), -1) for yx in ahead.nuclei.yx_um.tolist()]
        was = session.nuclei.label_id[rows]
        there = np.array(rows) >= 0
        assert there.sum() > 20
        assert np.array_equal(ahead.codes[ahead.nuclei.label_id][there], codes[was][there])
    dock.check.looks.look(Look.PROBABILITY)
    ahead = next_ahead(60)
    shown = layer.metadata["lookup"].lut[ahead.nuclei.label_id].astype(int)
    order = np.argsort(ahead.nuclei.probability, kind="stable")
    assert (np.diff(shown[order]) >= 0).all()
    assert "probability" in layer.colormap.name
    # a threshold acts on what is seen, at once; what is cancelled leaves the session's nuclei
    dock.canvas.show_threshold(0.9)
    hidden = layer.metadata["lookup"].lut[ahead.nuclei.label_id] == 0
    assert np.array_equal(hidden, ahead.nuclei.probability < 0.9)
    bench.cancel()
    wait(qtbot, dock)
    assert bench.session is session
    assert view.ahead is None
    assert drawn(dock).max() == session.nuclei.last_label
    shown = layer.metadata["lookup"].lut[session.nuclei.label_id].astype(int)
    assert (np.diff(shown[np.argsort(session.nuclei.probability, kind="stable")]) >= 0).all()
    # a correction that is cancelled is not laid upon the nuclei with the next one
    dock.check.correct(Edit.of(EditKind.DELETE, session.nuclei.yx_um[0]))
    bench.cancel()
    wait(qtbot, dock)
    assert bench.session is session
    assert dock.nuclei_card.check.made.text() == ""
    dock.check.looks.look(Look.TYPE)
    dock.canvas.show_threshold(0.0)


def another_session_comes_while_nuclei_of_a_view_are_drawn(found, qtbot):
    """Until its own nuclei are drawn, no table of its own is laid upon those that are there."""
    dock, bench, view = found, found.workbench, found.canvas.nuclei
    session = bench.session
    dock.nuclei_card.threshold.slider.setValue(70)
    qtbot.waitUntil(lambda: view.ahead is not None, timeout=LONG)
    lookup = dock.canvas.stack["nuclei"].metadata["lookup"]
    others = lookup.lut.copy()
    assert len(others) != session.nuclei.last_label + 1
    some = np.zeros(session.nuclei.last_label + 1, bool)
    some[session.nuclei.label_id[:9]] = True
    dock.canvas.show_session(session, {})
    view.choose(some)
    view.show_threshold(0.9)
    view.hide_types(frozenset())
    assert np.array_equal(lookup.lut, others)
    bench.cancel()
    qtbot.waitUntil(lambda: not dock.canvas.turns.busy and not dock.busy, timeout=LONG)
    lookup = dock.canvas.stack["nuclei"].metadata["lookup"]
    assert drawn(dock).max() == session.nuclei.last_label
    assert np.array_equal(
        lookup.lut[session.nuclei.label_id] == 0, session.nuclei.probability < 0.9
    )


def nuclei_are_scored_against_an_annotation_and_again_after_a_correction(found, qtbot, tmp_path):
    dock, panel, session = found, found.nuclei_card.check, found.workbench.session
    path = tmp_path / "drawn.geojson"
    run(io.write_nuclei_geojson(path, session.nuclei, mpp=session.sample.slide.mpp))
    dock.check.truth.open(path)
    wait(qtbot, dock)
    n = session.nuclei.n
    assert panel.agreement.text().startswith("drawn.geojson: F1 1.000 at IoU 0.5 · AJI ")
    assert f"{n:,} drawn, {n:,} found among them" in panel.agreement.text()
    dock.check.correct(Edit.of(EditKind.DELETE, session.nuclei.yx_um[0]))
    wait(qtbot, dock)
    assert f"{n - 1:,} found among them" in panel.agreement.text()
    path.write_text("{}")
    dock.check.truth.reset()
    dock.check.truth.open(path)
    wait(qtbot, dock)
    assert panel.agreement.text().startswith("▲ Expected")
    dock.check.truth.reset()


def numbers_of_the_view_follow_the_camera_and_the_windows_size(found, viewer, qtbot):
    """Those of the slide, and the list, are not counted again for that."""
    bench, table = found.workbench, found.nuclei_card.check.table
    found.check.review.follow()
    wait(qtbot, found)
    slide, session = found.check.review._listed.slide, bench.session

    def shown(column):
        count, area = (pair[column].text() for pair in table.cells[:2])
        return int(count.replace(",", "")), float(area)

    def expected():
        box = view_box(viewer)
        at = session.nuclei.yx_um
        n = int(((at >= box[:2]) & (at < box[2:])).all(axis=1).sum())
        return n, pytest.approx(view_area(session, box)[0], rel=0.01)

    viewer.scene.camera.zoom *= 4
    wait(qtbot, found)
    assert shown(1) == expected()
    assert shown(1) != shown(0)
    before, size = shown(1), viewer.canvas.size
    viewer.canvas.size = (size[0] - 200, size[1])  # as napari does when its window is resized
    wait(qtbot, found)
    assert shown(1) == expected()
    assert shown(1) != before
    assert found.check.review._listed.slide is slide
    # other nuclei are counted anew
    found.check.correct(Edit.of(EditKind.DELETE, session.nuclei.yx_um[0]))
    wait(qtbot, found)
    assert shown(0)[0] == session.nuclei.n - 1


def nuclei_that_were_taken_away_come_back_as_they_are_by_then(found, qtbot):
    dock, bench = found, found.workbench
    layers, before = dock.canvas.viewer.layers, bench.session
    layers.remove(dock.canvas.stack["nuclei"])
    first = np.array([0.0, 0.0])
    ring = first + 12.0 * np.array([[1, 1], [1, 2], [2, 2], [2, 1]])
    dock.check.correct(Edit.of(EditKind.REDRAW, (), ring))
    dock.canvas.show_part("nuclei", True)  # asked for while the correction is under way
    wait(qtbot, dock)
    qtbot.waitUntil(lambda: "nuclei" in dock.canvas.stack, timeout=LONG)
    assert bench.session.nuclei.last_label > before.nuclei.last_label
    assert drawn(dock).max() == bench.session.nuclei.last_label
    lookup = dock.canvas.stack["nuclei"].metadata["lookup"]
    assert len(lookup.lut) == bench.session.nuclei.last_label + 1


# Each test is one window, which costs more than what is asked of it: a function here is one thing
# that is asked, and leaves the window as it found it, or as the next of its test needs it.


def test_what_is_seen_while_nuclei_are_corrected_and_chosen_is_of_this_moment(found, viewer, qtbot):
    while_nuclei_are_corrected_the_stain_and_what_is_excluded_are_seen(found, qtbot, viewer)
    the_view_is_shown_before_the_slide_follows_and_newer_thresholds_end_it(found)
    the_list_is_asked_again_where_the_session_changed_meanwhile(found, qtbot)
    nuclei_of_a_view_that_come_late_do_not_outlive_their_choice(found, qtbot)
    thresholds_thrown_about_show_nuclei_in_their_own_colours(found, qtbot)
    another_session_comes_while_nuclei_of_a_view_are_drawn(found, qtbot)


def test_scores_numbers_and_nuclei_on_the_canvas_follow_corrections(found, viewer, qtbot, tmp_path):
    nuclei_are_scored_against_an_annotation_and_again_after_a_correction(found, qtbot, tmp_path)
    numbers_of_the_view_follow_the_camera_and_the_windows_size(found, viewer, qtbot)
    nuclei_that_were_taken_away_come_back_as_they_are_by_then(found, qtbot)
