"""The dock in a real viewer, on the small demo: few tests, each a way a user goes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from deeds_room import answer_of
from napari.layers._layer_actions import _duplicate_layer
from qtpy.QtCore import Qt

from spotscope.methods.segmentation import SegmentationParams
from spotscope.widgets import SpotscopeWidget
from spotscope.widgets.dock._state import Mark, Step

LONG = 300_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(empty_dock):
    return empty_dock


def open_demo(dock, qtbot, demo_files):
    dock.open_paths([demo_files["spots"], demo_files["image"], demo_files["reference"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.reference, timeout=LONG)
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


@pytest.fixture
def opened(dock, qtbot, demo_files):
    open_demo(dock, qtbot, demo_files)
    return dock


def press(qtbot, dock, step, done):
    """Press a card's button and wait until what it does is done."""
    qtbot.mouseClick(dock.cards[step].button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: done(dock.workbench.facts), timeout=LONG)
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


@pytest.fixture
def typed(opened, qtbot):
    press(qtbot, opened, Step.NUCLEI, lambda facts: facts.nuclei)
    press(qtbot, opened, Step.TYPES, lambda facts: facts.typed)
    return opened


def marks(dock):
    return [card.sign.mark for card in dock.cards.values()]


def names(viewer):
    return [layer.name for layer in viewer.layers]


def shown_codes(dock):
    """Codes of all nuclei as the canvas looks them up."""
    return dock.canvas.stack["nuclei"].metadata["lookup"].lut


def click(viewer, dock, yx):
    """A click on the slide, as napari hands it to the callback."""
    event = SimpleNamespace(type="mouse_press", button=1, modifiers=(), pos=(9, 9), position=yx)
    for _ in dock.canvas._picker(viewer, event):
        event.type = "mouse_release"


def an_empty_dock_asks_for_a_sample(dock):
    assert marks(dock) == [Mark.WAITING] * 5
    assert dock.cards[Step.NUCLEI].state_line.text() == "needs a sample"
    assert not dock.cards[Step.NUCLEI].button.isEnabled()


def opening_shows_image_and_spots_in_um_with_a_scale_bar(opened, viewer):
    assert names(viewer) == ["demo · H&E", "demo · spots", "demo · regions"]
    assert viewer.canvas.overlays.scale_bar.visible
    assert {str(unit) for layer in viewer.layers for unit in layer.units} == {"micrometer"}
    assert marks(opened)[0] is Mark.DONE
    spots = opened.workbench.session.sample.spots
    np.testing.assert_allclose(viewer.layers["demo · spots"].size, spots.lattice.diameter_um)


def a_gene_fills_the_spots_and_an_empty_field_empties_them(opened, viewer):
    spots = opened.workbench.session.sample.spots
    name = str(spots.table.var_names[int(np.argmax(spots.counts.sum(axis=0)))])
    opened.explore_card.gene.setText(name.lower())
    layer = viewer.layers["demo · spots"]
    counts = opened.workbench.beside.gene_counts(opened.workbench.session.sample, name)
    assert (layer.face_color[:, 3] > 0).all()
    high, low = layer.face_color[counts.argmax()], layer.face_color[counts.argmin()]
    assert high[1] > low[1]  # viridis rises in green
    assert "measured" in opened.explore_card.gene_line.text()
    opened.explore_card.gene.clear()
    assert (layer.face_color[:, 3] == 0).all()


def parts_are_shown_and_hidden_from_either_side(opened, viewer):
    button = opened.explore_card.toggles["spots"]
    button.click()
    assert not viewer.layers["demo · spots"].visible
    viewer.layers["demo · spots"].visible = True
    assert button.isChecked()


def spots_deleted_as_points_are_back_at_the_next_drawing(opened, viewer):
    layer = viewer.layers["demo · spots"]
    layer.selected_data = {0, 3}
    layer.remove_selected()
    opened.explore_card.gene.setText("ACTA2")
    assert len(layer.data) == opened.workbench.session.sample.spots.n
    assert len(layer.face_color) == len(layer.data)
    opened.explore_card.gene.clear()


def what_is_saved_before_any_step_opens_again(opened, qtbot, tmp_path):
    with qtbot.waitSignal(opened.workbench.saved, timeout=LONG):
        opened.save(tmp_path / "out")
    with qtbot.waitSignal(opened.workbench.session_opened, timeout=LONG):
        opened.open_paths([tmp_path / "out"])
    assert opened.workbench.facts.spots
    assert not opened.workbench.facts.nuclei
    qtbot.waitUntil(lambda: not opened.busy, timeout=LONG)


def an_error_stands_in_its_card_and_the_slide_stays(opened, viewer, qtbot, tmp_path):
    (tmp_path / "broken.h5ad").write_bytes(b"not an h5ad")
    with qtbot.waitSignal(opened.workbench.failed, timeout=LONG):
        opened.open_paths([tmp_path / "broken.h5ad"])
    qtbot.waitUntil(lambda: not opened.busy, timeout=LONG)
    assert "Expected" in opened.sample_card.trouble.text()
    assert opened.sample_card.sign.mark is Mark.LOOK
    assert names(viewer) == ["demo · H&E", "demo · spots", "demo · regions"]


def the_two_runs_fill_canvas_legend_and_headlines(typed, viewer):
    assert names(viewer) == ["demo · H&E", "demo · nuclei", "demo · spots", "demo · regions"]
    assert marks(typed) == [*[Mark.DONE] * 3, Mark.WAITING, Mark.DONE]
    counts = typed.workbench.session.cells.counts_per_type()
    assert {r.name: r.count for r in typed.typing_card.legend.types.rows} == counts
    n = typed.workbench.session.nuclei.n
    tissue = typed.workbench.session.records["segment"].figures["tissue_mm2"]
    said = f"{n:,} found · {n / tissue:,.0f}/mm²"
    assert typed.nuclei_card.state_line.text() == said
    assert len(shown_codes(typed)) == n + 1
    told = typed.workbench.session.records["type"].figures["against_baseline"]["sentence"]
    assert typed.typing_card.against.text() in (told, f"▲ {told}")


def hiding_a_type_touches_colours_and_no_code(typed, viewer):
    codes = shown_codes(typed).copy()
    rows = typed.typing_card.legend.types.rows
    typed.typing_card.legend.types.hide(frozenset({rows[0].name}))
    colours = viewer.layers["demo · nuclei"].colormap.colors
    assert colours[1, 3] == 0
    assert colours[2, 3] > 0
    assert (shown_codes(typed) == codes).all()
    typed.typing_card.legend.types.hide(frozenset())


def clicking_a_spot_shows_what_it_holds(typed, viewer, qtbot):
    spots = typed.workbench.session.sample.spots
    with qtbot.waitSignal(typed.workbench.cropped, timeout=LONG):
        click(viewer, typed, tuple(spots.yx_um[3]))
    card = typed.explore_card.spot
    assert str(spots.table.obs_names[3]) in card.title.text()
    assert f"{int(spots.umis[3]):,} UMI" in card.title.text()
    held = int(typed.workbench.session.sample.spots.table.obs["n_cells"].iloc[3])
    assert f"{held} nucle" in card.title.text()
    assert not card.crop.pixmap().isNull()
    top = card.genes.bars[0]
    row = spots.counts[3].toarray().ravel()
    assert top.said == f"{row.max():,}"
    click(viewer, typed, (-500.0, -500.0))
    assert not card.isVisibleTo(typed.explore_card)


def a_layer_the_user_deletes_comes_back_by_its_button(typed, viewer, qtbot):
    codes = shown_codes(typed).copy()
    for part, name in (("spots", "demo · spots"), ("nuclei", "demo · nuclei")):
        viewer.layers.remove(name)
        button = typed.explore_card.toggles[part]
        assert not button.isChecked()
        typed.explore_card.gene.setText("ACTA2")  # draws nothing, breaks nothing
        button.click()
        qtbot.waitUntil(lambda: not typed.busy, timeout=LONG)
        assert button.isChecked()
    assert names(viewer) == ["demo · H&E", "demo · nuclei", "demo · spots", "demo · regions"]
    assert (shown_codes(typed) == codes).all()
    typed.explore_card.gene.clear()


def turning_the_dial_recolours_the_nuclei(typed, qtbot):
    before = shown_codes(typed).copy()
    with qtbot.waitSignal(typed.workbench.retyped, timeout=LONG):
        typed.typing_card.dial.slider.setValue(950)
    assert (shown_codes(typed) != before).any()
    assert "other than at ν = 0" in typed.typing_card.effect.text()


def a_copy_of_the_nuclei_keeps_its_colours(typed, viewer):
    viewer.layers.selection = {viewer.layers["demo · nuclei"]}
    _duplicate_layer(viewer.layers)
    copy = np.asarray(viewer.layers["demo · nuclei copy"].data[0])
    typed.canvas.show_threshold(1.0)
    assert (np.asarray(viewer.layers["demo · nuclei copy"].data[0]) == copy).all()
    assert (shown_codes(typed)[1:] == 0).all()
    viewer.layers.remove("demo · nuclei copy")


def running_again_does_not_multiply_layers(typed, viewer, qtbot):
    before = viewer.layers["demo · nuclei"]
    n = typed.workbench.session.nuclei.n
    typed.nuclei_card.threshold.show_value(0.8)
    press(qtbot, typed, Step.NUCLEI, lambda facts: not facts.typed)
    assert names(viewer) == ["demo · H&E", "demo · nuclei", "demo · spots", "demo · regions"]
    assert viewer.layers["demo · nuclei"] is before
    assert typed.workbench.session.nuclei.n < n
    assert not typed.typing_card.legend.isVisibleTo(typed.typing_card)


def types_hidden_before_new_nuclei_are_not_hidden_after(typed, qtbot, viewer):
    legend = typed.typing_card.legend.types
    legend.hide(frozenset({legend.rows[0].name}))
    press(qtbot, typed, Step.NUCLEI, lambda facts: not facts.typed)
    press(qtbot, typed, Step.TYPES, lambda facts: facts.typed)
    assert legend.hidden == frozenset()
    assert viewer.layers["demo · nuclei"].colormap.colors[1, 3] > 0


def a_higher_threshold_leaves_the_sure_alone(typed, qtbot):
    before = typed.workbench.session.nuclei.n
    typed.nuclei_card.threshold.slider.setValue(80)
    qtbot.waitUntil(lambda: not typed.busy, timeout=LONG)
    nuclei = typed.workbench.session.nuclei
    assert nuclei.probability.min() >= 0.8
    assert 0 < nuclei.n < before
    assert len(shown_codes(typed)) == nuclei.last_label + 1
    assert (shown_codes(typed)[nuclei.label_id] > 0).all()


# Each test is one window, which costs more than what is asked of it: a function here is one thing
# that is asked, and leaves the window as it found it, or as the next of its test needs it.


def test_an_empty_dock_and_an_opened_one_say_show_and_keep_what_there_is(
    dock, viewer, qtbot, demo_files, tmp_path
):
    an_empty_dock_asks_for_a_sample(dock)
    open_demo(dock, qtbot, demo_files)
    opening_shows_image_and_spots_in_um_with_a_scale_bar(dock, viewer)
    a_gene_fills_the_spots_and_an_empty_field_empties_them(dock, viewer)
    parts_are_shown_and_hidden_from_either_side(dock, viewer)
    spots_deleted_as_points_are_back_at_the_next_drawing(dock, viewer)
    an_error_stands_in_its_card_and_the_slide_stays(dock, viewer, qtbot, tmp_path)
    what_is_saved_before_any_step_opens_again(dock, qtbot, tmp_path)


def test_nuclei_and_types_are_shown_and_looked_at_and_found_again(typed, viewer, qtbot):
    the_two_runs_fill_canvas_legend_and_headlines(typed, viewer)
    hiding_a_type_touches_colours_and_no_code(typed, viewer)
    clicking_a_spot_shows_what_it_holds(typed, viewer, qtbot)
    a_layer_the_user_deletes_comes_back_by_its_button(typed, viewer, qtbot)
    turning_the_dial_recolours_the_nuclei(typed, qtbot)
    a_copy_of_the_nuclei_keeps_its_colours(typed, viewer)
    running_again_does_not_multiply_layers(typed, viewer, qtbot)


def test_new_nuclei_and_a_higher_threshold_show_each_nucleus_that_is_there(typed, viewer, qtbot):
    types_hidden_before_new_nuclei_are_not_hidden_after(typed, qtbot, viewer)
    a_higher_threshold_leaves_the_sure_alone(typed, qtbot)


def test_an_image_without_a_pixel_size_asks_for_it_and_takes_it(dock, viewer, qtbot, tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    path = tmp_path / "plain.png"
    Image.fromarray(rng.integers(0, 255, (300, 400, 3), dtype=np.uint8)).save(path)
    with qtbot.waitSignal(dock.workbench.failed, timeout=LONG):
        dock.open_paths([path])
    assert dock.sample_card.mpp_row.isVisibleTo(dock.sample_card)
    dock.sample_card.mpp_given.emit(0.25)
    qtbot.waitUntil(lambda: dock.workbench.facts.slide, timeout=LONG)
    assert dock.workbench.session.sample.slide.mpp == 0.25
    assert not dock.sample_card.mpp_row.isVisibleTo(dock.sample_card)


def test_everything_comes_back_after_save_and_open(typed, viewer, qtbot, tmp_path):
    rows = typed.typing_card.legend.types.rows
    gene = str(typed.workbench.session.sample.spots.table.var_names[0])
    typed.typing_card.legend.types.hide(frozenset({rows[1].name}))
    typed.explore_card.gene.setText(gene)
    viewer.scene.camera.zoom = 3.5
    viewer.layers["demo · H&E"].visible = False
    with qtbot.waitSignal(typed.workbench.saved, timeout=LONG):
        typed.save(tmp_path / "out")
    codes = shown_codes(typed).copy()

    with qtbot.waitSignal(typed.workbench.session_opened, timeout=LONG):
        typed.open_paths([tmp_path / "out"])
    qtbot.waitUntil(lambda: not typed.busy, timeout=LONG)
    assert typed.typing_card.legend.types.hidden == {rows[1].name}
    assert typed.explore_card.gene.text() == gene
    assert viewer.scene.camera.zoom == pytest.approx(3.5)
    assert not viewer.layers["demo · H&E"].visible
    assert names(viewer) == ["demo · H&E", "demo · nuclei", "demo · spots", "demo · regions"]
    assert (shown_codes(typed) == codes).all()


def test_taking_the_dock_out_stops_its_run_and_lets_go_of_the_viewer(opened, viewer, qtbot):
    qtbot.mouseClick(opened.nuclei_card.button, Qt.MouseButton.LeftButton)
    callbacks = len(viewer.mouse_drag_callbacks)
    viewer.window.remove_dock_widget(opened)
    assert len(viewer.mouse_drag_callbacks) == callbacks - 1
    qtbot.waitUntil(lambda: not opened.busy, timeout=LONG)
    assert opened.workbench.session.nuclei is None
    opened.deleteLater()


def test_a_dock_closed_and_opened_again_goes_on_where_it_was(typed, viewer, qtbot, tmp_path):
    with qtbot.waitSignal(typed.workbench.failed, timeout=LONG):
        typed.workbench.open_reference(tmp_path / "nothing.h5ad")
    qtbot.waitUntil(lambda: not typed.busy, timeout=LONG)
    said = typed.typing_card.trouble.text()
    assert "nothing.h5ad" in said
    first = typed.typing_card.legend.types.rows[0].name
    typed.typing_card.legend.types.hide(frozenset({first}))
    codes, session = shown_codes(typed).copy(), typed.workbench.session
    typed.explorer.analysis.findings["variable"] = asked = answer_of(session)
    viewer.window.remove_dock_widget(typed)
    again = SpotscopeWidget(viewer)
    viewer.window.add_dock_widget(again, name="spotscope")
    with qtbot.waitSignal(again.workbench.reference_opened, timeout=LONG):
        pass
    qtbot.waitUntil(lambda: not again.busy, timeout=LONG)
    assert names(viewer) == ["demo · H&E", "demo · nuclei", "demo · spots", "demo · regions"]
    assert again.workbench.session.cells is session.cells
    # what went wrong was not mended by closing
    assert again.typing_card.trouble.text() == said
    assert again.typing_card.legend.types.hidden == {first}
    assert (shown_codes(again) == codes).all()
    assert again.explorer.analysis.fresh == (asked,)
    with qtbot.waitSignal(again.workbench.recoloured, timeout=LONG):
        again.typing_card.dial.slider.setValue(900)
    again.shut()
    qtbot.waitUntil(lambda: not again.busy, timeout=LONG)
    typed.deleteLater()


def test_spots_without_an_image_have_rims_that_are_seen_on_black(dock, qtbot, demo_files, viewer):
    dock.open_paths([demo_files["spots"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.spots and not dock.busy, timeout=LONG)
    assert (viewer.layers["demo · spots"].border_color[:, :3] > 0.4).all()


def test_hiding_the_whole_window_stops_the_run(make_napari_viewer, qtbot, demo_files):
    dock = SpotscopeWidget(viewer := make_napari_viewer(show=True))
    viewer.window.add_dock_widget(dock, name="spotscope")
    dock.open_paths([demo_files["image"]])
    qtbot.waitUntil(lambda: dock.workbench.facts.slide, timeout=LONG)
    dock.workbench.find_nuclei(SegmentationParams(model="watershed", sensitivity=0.57))
    dock.window().hide()
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)
    assert not dock.workbench.facts.nuclei
    dock.shut()
