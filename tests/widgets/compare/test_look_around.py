"""Hover card, lens, swipe and what else one looks with, on a section typed once."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from spotscope import layers, pipeline
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Session, run
from spotscope.widgets.canvas._dim_image import DIMMED
from spotscope.widgets.canvas._hover import hover_text
from spotscope.widgets.canvas._hover_facts import Hovered, index_task
from spotscope.widgets.compare._compare_row import Beside
from spotscope.widgets.jobs._under_way import begun, ended
from spotscope.widgets.nuclei._cells_desk import nuclei_among
from spotscope.widgets.nuclei._qc_review import polygon_of
from spotscope.widgets.sample._reader import open_dock


@pytest.fixture(scope="session")
def typed_folder(demo_files, tmp_path_factory):
    """The demo, typed and saved."""
    folder = tmp_path_factory.mktemp("typed")
    cache = pipeline.StepCache(folder / "cache")
    sample = run(pipeline.read_sample(demo_files["spots"], image=demo_files["image"]))
    reference = run(pipeline.read_reference(demo_files["reference"]))
    session = Session(sample)
    session = run(
        pipeline.segmentation_step(session, SegmentationParams(model="watershed"), cache=cache)
    )
    typed = run(pipeline.typing_step(session, reference, CellTypingParams(), cache=cache))
    run(pipeline.save_session(typed.session, folder / "out"))
    return folder / "out"


@pytest.fixture
def dock(make_napari_viewer, typed_folder, qtbot):
    dock = open_dock(make_napari_viewer())
    dock.open_paths([typed_folder])
    qtbot.waitUntil(lambda: not dock.busy, timeout=60_000)
    return dock


@pytest.fixture
def fitted_dock(dock, demo_files, qtbot):
    """With the fit behind the types."""
    dock.open_paths([demo_files["reference"]])
    qtbot.waitUntil(lambda: not dock.busy, timeout=60_000)
    if dock.workbench.fitted is None:
        dock.typing_card.button.click()
        qtbot.waitUntil(lambda: not dock.busy, timeout=120_000)
    return dock


def moved(dock, y, x):
    """A move of the mouse over the canvas, as napari tells it."""
    event = SimpleNamespace(position=(y, x))
    for callback in list(dock.canvas.viewer.mouse_move_callbacks):
        callback(dock.canvas.viewer, event)


def seen(spots):
    """(spot,) whether its rim is drawn; its fill goes with it."""
    rims, fill = spots.border_color[:, 3] > 0, spots.face_color[:, 3] > 0
    assert not (fill & ~rims).any()
    return rims


def the_lens_shows_cells_inside_and_the_image_outside(dock, qtbot):
    view, compare = dock.canvas.nuclei, dock.explorer.compare
    lookup = dock.canvas.stack["nuclei"].metadata["lookup"]
    plain = lookup.levels[0][:, :].copy()
    dock.explore_card.compare.lens.click()
    moved(dock, 500.0, 400.0)
    qtbot.waitUntil(lambda: view.two.stencil == layers.Disc(1000.0, 800.0, view.two.stencil.radius))
    seen, radius = lookup.levels[0][:, :], view.two.stencil.radius
    rows, columns = np.ogrid[: seen.shape[0], : seen.shape[1]]
    far = np.hypot(rows - 1000.0, columns - 800.0)
    np.testing.assert_array_equal(seen[far < radius - 3], plain[far < radius - 3])
    assert (seen[far > radius + 3] == 0).all()
    assert plain[far > radius + 3].any()
    compare.toggle("lens")
    np.testing.assert_array_equal(lookup.levels[0][:, :], plain)
    n = len(dock.canvas.viewer.mouse_move_callbacks)
    compare.turn("")
    assert len(dock.canvas.viewer.mouse_move_callbacks) == n


def a_pinned_look_is_swiped_against_another(dock, qtbot):
    view, compare = dock.canvas.nuclei, dock.explorer.compare
    layer = dock.canvas.stack["nuclei"]
    lookup, before = layer.metadata["lookup"], view.codes.copy()
    old = layer.colormap.colors.copy()
    compare.pin()
    assert compare.mode == "swipe"
    assert "pinned: ν" in dock.explore_card.compare.beside.currentText()
    other = np.where(before > 0, 3, 0).astype(np.uint8)
    view.show_codes(other)
    moved(dock, 300.0, 512.0)
    qtbot.waitUntil(lambda: view.two.stencil == layers.RightOf(1024.0))
    table = layer.colormap.colors
    labels = np.asarray(dock.workbench.session.labels.levels[0])
    seen = table[lookup.levels[0][:, :]]
    left, right = np.s_[:, :1020], np.s_[:, 1030:]
    np.testing.assert_allclose(seen[left], old[before[labels[left]]], atol=1e-6)
    np.testing.assert_allclose(seen[right], old[other[labels[right]]], atol=1e-6)
    compare.turn("")
    np.testing.assert_allclose(layer.colormap.colors, old, atol=1e-6)
    view.show_codes(before)


def spots_stand_left_of_the_line(dock):
    row, spots = dock.explore_card.compare, dock.canvas.stack["spots"]
    dock.canvas.show_gene(np.arange(1, len(spots.data) + 1))
    row.beside.setCurrentIndex(row.beside.findData(Beside.SPOTS))
    dock.explorer.compare.turn("swipe")
    x = float(np.median(spots.data[:, 1]))
    moved(dock, 0.0, x)
    dock.explorer.compare._move()
    np.testing.assert_array_equal(seen(spots), spots.data[:, 1] < x)
    # inside the lens, the other way round
    row.show_sides(Beside.NUCLEI, Beside.SPOTS)
    dock.explorer.compare.turn("lens")
    y, x = spots.data[7]
    moved(dock, y, x)
    dock.explorer.compare._move()
    radius = dock.canvas.nuclei.two.stencil.radius * dock.workbench.session.labels.mpp
    far = np.hypot(*(spots.data - spots.data[7]).T)
    np.testing.assert_array_equal(seen(spots), far <= radius)
    assert 0 < seen(spots).sum() < len(far)
    row.show_sides(Beside.IMAGE, Beside.NUCLEI)
    row.beside.activated.emit(row.beside.currentIndex())
    assert seen(spots).all()
    dock.explorer.compare.turn("")
    dock.canvas.show_gene(None)


def two_settings_given_up_while_a_job_runs_leave_no_trace(dock, qtbot):
    viewer, row, lull = dock.canvas.viewer, dock.explore_card.compare, dock.canvas.stack.lull
    names = [layer.name for layer in viewer.layers]
    begun()
    try:
        row.two.click()
        assert lull.waits
        row.two.click()
    finally:
        ended()
    qtbot.waitUntil(lambda: not lull.waits and not dock.busy)
    assert [layer.name for layer in viewer.layers] == names
    assert not viewer.canvas.grid.enabled
    assert not row.two.isChecked()


#: On the left of the line and on its right.
SIDES = [
    (Beside.NUCLEI, Beside.IMAGE),
    (Beside.PINNED, Beside.IMAGE),
    (Beside.IMAGE, Beside.PINNED),
    (Beside.NUCLEI, Beside.PINNED),
    (Beside.SPOTS, Beside.PINNED),
    (Beside.IMAGE, Beside.SPOTS),
]


def any_two_are_swiped_on_either_side(dock):
    view, compare, row = dock.canvas.nuclei, dock.explorer.compare, dock.explore_card.compare
    layer, spots = dock.canvas.stack["nuclei"], dock.canvas.stack["spots"]
    lookup, before = layer.metadata["lookup"], view.codes.copy()
    colours = layer.colormap.colors.copy()
    labels = np.asarray(dock.workbench.session.labels.levels[0])
    line = round(256.0 / dock.workbench.session.labels.mpp)
    now = np.where(labels > 0, 3, 0)
    wanted = {Beside.NUCLEI: colours[now], Beside.PINNED: colours[before[labels]]}
    for left, right in SIDES:  # one window for all: each begins and ends with nothing beside
        compare.pin()
        view.show_codes(np.where(before > 0, 3, 0).astype(np.uint8))
        row.show_sides(left, right)
        compare.turn("swipe")
        moved(dock, 300.0, 256.0)
        compare._move()
        drawn = layer.colormap.colors[lookup.levels[0][:, :]]
        for what, side in ((left, np.s_[:, : line - 4]), (right, np.s_[:, line + 6 :])):
            want = wanted.get(what, np.zeros((*labels.shape, 4)))
            np.testing.assert_allclose(drawn[side], want[side], atol=1e-6, err_msg=f"{left}{right}")
        if Beside.SPOTS in (left, right):
            np.testing.assert_array_equal(
                seen(spots), (spots.data[:, 1] < 256.0) == (left is Beside.SPOTS)
            )
            assert 0 < seen(spots).sum() < len(spots.data)
        said = row.said.text()
        assert said.startswith("Left: "), (left, right)
        assert ("right: cell types at ν" in said) == (right is Beside.PINNED), (left, right)
        row.show_sides(right, right)
        compare.turn("swipe")
        assert "choose another" in row.said.text(), (left, right)
        compare.turn("")
        view.show_codes(before)
        np.testing.assert_allclose(layer.colormap.colors, colours, atol=1e-6)
        assert seen(spots).all()


def the_card_at_the_mouse_says_what_is_there(dock):
    session, hover = dock.workbench.session, dock.explorer.hover
    obs, nuclei = session.cells.table.obs, session.nuclei
    row = int(np.flatnonzero((obs["cell_type_source"] == "spot") & obs["cell_type"].notna())[5])
    inside = polygon_of(nuclei, row).mean(axis=0)
    moved(dock, *inside)
    text = hover.card.text()
    assert str(obs["cell_type"].iloc[row]) in text
    assert f"{obs['cell_type_support'].iloc[row]:.2f}" in text
    assert str(obs["spot_id"].iloc[row]) in text
    assert hover.card.isVisible()
    assert "dashed" in hover.card.styleSheet()  # a type is inferred
    dock.types.rename(str(obs["cell_type"].iloc[row]), "Mine")
    moved(dock, -1e6, 0.0)
    assert not hover.card.isVisible()
    moved(dock, *inside)
    assert "Mine" in hover.card.text()
    dock.canvas.viewer.mouse_over_canvas = True
    dock.canvas.viewer.mouse_over_canvas = False
    assert not hover.card.isVisible()
    hover.turn(False)
    moved(dock, *inside)
    assert not hover.card.isVisible()


def several_genes_colour_spots_and_come_back_with_their_set(dock, qtbot, tmp_path):
    spots = dock.workbench.session.sample.spots
    names = list(map(str, spots.table.var_names[[3, 8, 11]]))
    (tmp_path / "sets.gmt").write_text("Mine\tna\t" + "\t".join(names) + "\n", "utf-8")
    dock.explorer.read_sets(tmp_path / "sets.gmt")
    dock.explore_card.gene.setText("mine")
    assert "mean of 3 genes" in dock.explore_card.gene_line.text()
    counts = spots.counts[:, [3, 8, 11]].toarray()
    score = np.log1p(counts * (np.median(spots.umis) / spots.umis)[:, None]).mean(axis=1)
    seen = dock.canvas.stack["spots"].face_color
    # the higher, the further along viridis: its red grows from the middle on
    high, low = np.argsort(score)[-1], np.argsort(score)[0]
    np.testing.assert_allclose(seen[high, :3], (0.993248, 0.906157, 0.143936), atol=0.01)
    assert seen[low, 0] < 0.5
    view = dock.explorer.view()
    assert view["gene_sets"] == {"Mine": names}
    dock.explorer.read_sets(tmp_path / "none.gmt")
    assert "▲" in dock.explore_card.gene_line.text()
    dock.explore_card.gene.clear()


def a_spot_opens_into_its_nuclei_one_is_held_and_the_spot_pinned(fitted_dock, qtbot):
    dock, bench, card = fitted_dock, fitted_dock.workbench, fitted_dock.explore_card
    owner = dock.explorer.spot._owner
    spot = int(np.argmax(np.bincount(owner[owner >= 0])))
    dock.canvas.spot_clicked.emit(spot)
    qtbot.waitUntil(lambda: not dock.busy)
    rows = card.spot.nuclei.rows
    mine = np.flatnonzero(owner == spot)
    assert rows.count() == len(mine)
    cell = bench.session.cells.table.obs.iloc[mine[0]]
    said = f"1  {cell['cell_type']} {cell['cell_type_support']:.2f} ·"
    assert rows.item(0).text().startswith(said)
    assert len(card.spot.reasons.bars) == 6
    assert all(bar.inferred for bar in card.spot.reasons.bars)

    name = next(t for t in bench.session.cells.types if t != cell["cell_type"])
    rows.setCurrentRow(0)
    action = next(a for a in card.spot.nuclei.menu.actions() if a.text() == name)
    action.trigger()
    qtbot.waitUntil(lambda: not dock.busy, timeout=30_000)
    assert bench.session.cells.table.obs["cell_type"].iloc[mine[0]] == name
    assert rows.item(0).text().endswith(f"{name} · held")
    lut = dock.canvas.stack["nuclei"].metadata["lookup"].lut
    assert lut[cell["label_id"]] == bench.session.cells.types.index(name) + 1

    card.spot.pin.click()
    dock.canvas.spot_clicked.emit(spot - 1)
    qtbot.waitUntil(lambda: not dock.busy)
    pinned = str(bench.session.sample.spots.table.obs_names[spot])
    assert pinned in card.pinned.title.text()
    assert pinned not in card.spot.title.text()
    assert card.pinned.crop.pixmap() is not None
    card.pinned.closed.emit()
    assert not card.pinned.isVisibleTo(card)


def a_region_is_given_a_nu_of_its_own(fitted_dock, qtbot):
    dock, bench, panel = fitted_dock, fitted_dock.workbench, fitted_dock.explore_card.regions
    size = np.array(bench.session.sample.slide.levels[0].shape[:2]) * bench.session.sample.slide.mpp
    half = np.array([[0, 0], [0, size[1] / 2], [size[0], size[1] / 2], [size[0], 0]], float)
    dock.explorer.regions.add(half)
    qtbot.waitUntil(lambda: not dock.busy, timeout=30_000)
    assert panel.nu.isVisibleTo(panel)
    codes = bench.session.cells.type_codes.copy()
    other = 0.0 if bench.session.records["type"].params["nu_used"] > 1 else 60.0
    panel.nu.given.emit(other)
    qtbot.waitUntil(lambda: not dock.busy, timeout=30_000)
    assert pipeline.held_of(bench.session).regions[0][1] == other
    changed = bench.session.cells.type_codes != codes
    place = bench.session.nuclei.yx_um[:, 1]
    assert changed[place < size[1] / 2].any()
    assert changed[place < size[1] / 2].mean() > 3 * changed[place > size[1] * 0.7].mean()
    assert panel.nu.own.isChecked()
    panel.nu.given.emit(None)
    qtbot.waitUntil(lambda: not dock.busy, timeout=30_000)
    np.testing.assert_array_equal(bench.session.cells.type_codes, codes)


def a_region_is_held_to_a_type_and_let_go(fitted_dock, qtbot):
    dock, bench, panel = fitted_dock, fitted_dock.workbench, fitted_dock.explore_card.regions
    size = np.array(bench.session.sample.slide.levels[0].shape[:2]) * bench.session.sample.slide.mpp
    half = np.array([[0, 0], [0, size[1] / 2], [size[0], size[1] / 2], [size[0], 0]], float)
    dock.explorer.regions.add(half)
    qtbot.waitUntil(lambda: not dock.busy, timeout=30_000)
    codes = bench.session.cells.type_codes.copy()
    name = bench.session.cells.types[1]
    inside = bench.session.nuclei.yx_um[:, 1] < size[1] / 2
    offered = {action.text(): action for action in panel.nu.hold.types.actions()}
    offered[name].trigger()
    qtbot.waitUntil(lambda: not dock.busy, timeout=30_000)
    assert (bench.session.cells.type_codes[inside] == 1).all()
    assert (bench.session.cells.type_codes[~inside] != 1).any()
    offered = {action.text(): action for action in panel.nu.hold.types.actions()}
    offered["Let go"].trigger()
    qtbot.waitUntil(lambda: not dock.busy, timeout=30_000)
    assert not pipeline.held_of(bench.session)
    np.testing.assert_array_equal(bench.session.cells.type_codes, codes)


def rims_stay_slim_on_the_screen_and_are_wide_again_from_afar(dock):
    layer, camera = dock.canvas.stack["spots"], dock.canvas.viewer.scene.camera
    spots = dock.workbench.session.sample.spots
    far, zoom = layer.border_width.copy(), camera.zoom
    assert far == pytest.approx(layers.RING_WIDTH)
    camera.zoom = 50.0
    on_screen = layer.border_width * spots.lattice.diameter_um * 50.0
    assert (on_screen <= 3.0).all()
    assert (on_screen > 2.0).all()
    dock.canvas.spots.select(2)
    assert layer.border_width[2] == pytest.approx(2.5 * layer.border_width[0])
    camera.zoom = 0.5
    assert layer.border_width[0] == pytest.approx(far[0])
    camera.zoom = 0.1  # a section of some millimetres: a rim of 0.2 pixels would not be seen
    assert layer.border_width[0] * spots.lattice.diameter_um * 0.1 > 0.6
    assert layer.border_width[0] <= 0.16
    dock.canvas.spots.select(None)
    camera.zoom = zoom


def the_image_stands_back_and_comes_forward_also_by_naparis_slider(dock):
    button, slide = dock.office.dim.button, dock.canvas.stack["slide"]
    spots = dock.canvas.stack["spots"]
    assert button.isVisibleTo(dock)
    assert (spots.border_color[:, :3] < 0.2).all()
    button.click()
    assert slide.opacity == pytest.approx(DIMMED)
    assert (spots.border_color[:, :3] > 0.4).all()  # rims are seen on the dark behind it, too
    assert dock.canvas.view()["opacity"]["slide"] == pytest.approx(DIMMED)
    slide.opacity = 1.0
    assert not button.isChecked()
    slide.opacity = 0.5
    assert button.isChecked()
    button.click()
    assert slide.opacity == 1.0
    assert (spots.border_color[:, :3] < 0.2).all()


def plot_table_and_slide_choose_together(dock, qtbot):
    panel, linked = dock.explore_card.linked, dock.explorer.linked
    panel.button.click()
    qtbot.waitUntil(lambda: not dock.busy, timeout=30_000)
    n = dock.workbench.session.sample.spots.n
    assert panel.table.table.n == n
    assert "PCA · measured" in panel.said.text()

    some = np.zeros(len(linked._found.rows), bool)
    some[[2, 5]] = True
    panel.plot.selected.emit(some)
    rows = linked._found.rows[[2, 5]]
    np.testing.assert_array_equal(panel.table.table.order, rows)
    rims = dock.canvas.stack["spots"].border_color
    marked = np.abs(rims[:, :3] - layers.rgba(layers.SELECTION)[:3]).max(axis=1) < 1e-6
    np.testing.assert_array_equal(np.flatnonzero(marked), rows)

    panel.table.selectRow(0)  # of the two
    assert np.flatnonzero(linked.chosen).tolist() == [rows[0]]
    assert panel.plot.chosen.sum() == 1

    spots = dock.workbench.session.sample.spots
    corner = spots.yx_um[4]
    dock.explorer.regions.add(corner + np.array([[-9, -9], [-9, 9], [9, 9], [9, -9]], float))
    assert np.flatnonzero(linked.chosen).tolist() == [4]
    dock.canvas.spot_clicked.emit(7)
    assert np.flatnonzero(linked.chosen).tolist() == [7]
    linked.let_go()
    assert panel.table.table.rowCount() == n
    rims = dock.canvas.stack["spots"].border_color
    marked = np.abs(rims[:, :3] - layers.rgba(layers.SELECTION)[:3]).max(axis=1) < 1e-6
    assert np.flatnonzero(marked).tolist() == [7]  # its card is open still
    qtbot.waitUntil(lambda: not dock.busy, timeout=30_000)


def two_settings_stand_side_by_side_and_show_one_place(dock, qtbot):
    viewer, row, view = dock.canvas.viewer, dock.explore_card.compare, dock.canvas.nuclei
    before, names = view.codes.copy(), [layer.name for layer in viewer.layers]
    row.two.click()
    qtbot.waitUntil(lambda: not dock.busy)
    slide, nuclei = viewer.layers[-2:]
    assert [slide.name, nuclei.name] == [f"{names[0]} · beside", f"{names[1]} · pinned"]
    # the camera is one: the grid breaks between the two sides
    assert (viewer.canvas.grid.enabled, viewer.canvas.grid.stride) == (True, len(names))
    cells = [viewer.canvas.grid.position(at, viewer.layers) for at in range(len(viewer.layers))]
    assert cells == [(0, 0)] * len(names) + [(0, 1)] * 2
    assert row.two.isChecked()
    view.show_codes(np.where(before > 0, 3, 0).astype(np.uint8))
    np.testing.assert_array_equal(nuclei.metadata["lookup"].lut, before)
    dock.explorer.regions.add(np.array([[100.0, 100.0], [100.0, 300.0], [300.0, 200.0]]))
    qtbot.waitUntil(lambda: not dock.busy)
    # the region and its name lie on the left
    qtbot.waitUntil(lambda: viewer.canvas.grid.stride == len(names) + 1)
    viewer.layers.remove(nuclei)
    assert not row.two.isChecked()
    assert not viewer.canvas.grid.enabled
    assert slide not in viewer.layers
    names = [layer.name for layer in viewer.layers]
    row.two.click()
    qtbot.waitUntil(lambda: not dock.busy)
    viewer.canvas.grid.enabled = False  # by napari's own button
    assert [layer.name for layer in viewer.layers] == names
    row.two.click()
    qtbot.waitUntil(lambda: not dock.busy)
    dock.shut()
    assert [layer.name for layer in viewer.layers] == names
    assert not viewer.canvas.grid.enabled


# Each test with a window is one window, which costs more than what is asked of it: a function here
# is one thing that is asked, and leaves the window as it found it, or as the next needs it.


@pytest.mark.gui
def test_two_looks_are_seen_inside_a_lens_beside_a_line_and_side_by_side(dock, qtbot):
    the_lens_shows_cells_inside_and_the_image_outside(dock, qtbot)
    spots_stand_left_of_the_line(dock)
    a_pinned_look_is_swiped_against_another(dock, qtbot)
    any_two_are_swiped_on_either_side(dock)
    two_settings_given_up_while_a_job_runs_leave_no_trace(dock, qtbot)
    two_settings_stand_side_by_side_and_show_one_place(dock, qtbot)


@pytest.mark.gui
def test_spots_genes_and_cells_are_looked_at_on_the_slide_and_in_table_and_plot(
    dock, qtbot, tmp_path
):
    rims_stay_slim_on_the_screen_and_are_wide_again_from_afar(dock)
    the_image_stands_back_and_comes_forward_also_by_naparis_slider(dock)
    several_genes_colour_spots_and_come_back_with_their_set(dock, qtbot, tmp_path)
    the_card_at_the_mouse_says_what_is_there(dock)
    plot_table_and_slide_choose_together(dock, qtbot)


@pytest.mark.gui
def test_a_region_and_a_nucleus_are_given_what_a_hand_says(fitted_dock, qtbot):
    a_region_is_given_a_nu_of_its_own(fitted_dock, qtbot)
    a_region_is_held_to_a_type_and_let_go(fitted_dock, qtbot)
    a_spot_opens_into_its_nuclei_one_is_held_and_the_spot_pinned(fitted_dock, qtbot)


def test_genes_that_stand_out_come_first(typed_folder):
    session = run(pipeline.open_session(typed_folder))
    index, spots = run(index_task(session)), session.sample.spots
    spot = 3
    found = index.at(tuple(spots.yx_um[spot]))
    counts = spots.counts.toarray().astype(float)
    expected = counts.sum(axis=0) / counts.sum() * counts[spot].sum()
    above = np.where(counts[spot] >= 2, (counts[spot] - expected) / np.sqrt(expected + 1), -9)
    order = np.argsort(-above, kind="stable")[: len(found.genes)]
    assert found.spot == spots.table.obs_names[spot]
    assert [above[spots.table.var_names.get_loc(g)] for g in found.genes] == pytest.approx(
        above[order]
    )
    assert index.at((-500.0, -500.0)) is None


def test_names_on_the_card_are_words_not_html():
    found = Hovered((1, -1), "T<b>", 0.5, "spot", 30.0)
    assert "T&lt;b&gt;" in hover_text(found, "T<b>", "#ffffff")


def test_a_broken_file_is_not_taken_for_nuclei(typed_folder, tmp_path):
    (tmp_path / "cut.tif").write_bytes(b"II*\0\x08\0\0\0\x01\0")
    session = run(pipeline.open_session(typed_folder))
    assert nuclei_among([tmp_path / "cut.tif"], session) is None
