"""The Expression step in a real viewer: regions, previews, genes on nuclei, ways back."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from spotscope.layers import LEVELS
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Edit, EditKind, ExpressionKey, ExpressionSource, Membership
from spotscope.pipeline import held_of, hold
from spotscope.widgets.canvas._colour_scale import amount
from spotscope.widgets.cell_typing._held_deeds import hold_by_hand
from spotscope.widgets.dock._state import Mark, Step
from spotscope.widgets.expression._expression_shown import ExpressionShown, GeneSource
from spotscope.widgets.nuclei._qc_look import Look
from spotscope.widgets.spots._spot_expression import given_back

LONG = 120_000
pytestmark = pytest.mark.gui


@pytest.fixture
def dock(empty_dock):
    return empty_dock


@pytest.fixture(scope="module")
def saved(demo_files, tmp_path_factory):
    """A typed session on disk, made once."""
    import spotscope

    out = tmp_path_factory.mktemp("saved") / "OUT"
    session = spotscope.read(demo_files["spots"], image=demo_files["image"])
    session = spotscope.segment(session, cache=out / "steps", workers=2, model="watershed")
    typed = spotscope.type_cells(session, demo_files["reference"], cache=out / "steps", nu=2.0)
    return spotscope.save(typed.session, out)


def open_typed(dock, qtbot, saved):
    dock.open_paths([saved])
    qtbot.waitUntil(lambda: dock.workbench.facts.typed and not dock.busy, timeout=LONG)
    dock.expression_card.form["method"].value = "split"


@pytest.fixture
def typed(dock, qtbot, saved):
    open_typed(dock, qtbot, saved)
    return dock


def wait(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def test_an_answer_that_a_held_type_came_before_is_asked_for_again(typed, qtbot):
    bench = typed.workbench
    cells, nuclei = bench.session.cells, bench.session.nuclei
    label, other = int(nuclei.label_id[0]), cells.types[(cells.type_codes[0] + 1) % 3]
    begun = []

    def hold_it(name):
        begun.append(name)
        if begun.count("infer") == 1 and name == "infer":
            hold_by_hand(bench, hold(bench.session, {label: other}), "held")

    bench._runner.started.connect(hold_it)
    qtbot.mouseClick(typed.expression_card.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.facts.expressed and not typed.busy, timeout=LONG)
    assert begun.count("infer") == 2
    assert held_of(bench.session).types == {label: other}
    assert bench.session.cells.types[bench.session.cells.type_codes[0]] == other


def test_a_nu_that_a_run_came_before_follows_it(typed, qtbot):
    bench = typed.workbench
    bench.set_nu(7.0)
    qtbot.mouseClick(typed.expression_card.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bench.facts.expressed and not typed.busy, timeout=LONG)
    assert bench.session.records["type"].params["nu_used"] == 7.0


@pytest.fixture
def opened(typed, qtbot):
    """All spots, split, by the card's button."""
    qtbot.mouseClick(typed.expression_card.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: typed.workbench.facts.expressed, timeout=LONG)
    wait(qtbot, typed)
    return typed


def lut(dock):
    return dock.canvas.stack["nuclei"].metadata["lookup"].lut


def middle_region(dock):
    spots = dock.workbench.session.sample.spots
    centre = spots.yx_um[spots.n // 2]
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return centre + 130 * np.stack([np.sin(turn), np.cos(turn)], axis=1)


def drag(dock, viewer, corners):
    """A drag on the slide, as napari hands it to the callback."""
    event = SimpleNamespace(type="mouse_press", button=1, modifiers=(), position=tuple(corners[0]))
    step = dock.desk.lasso(viewer, event)
    next(step)
    event.type = "mouse_move"
    for corner in corners[1:]:
        event.position = tuple(corner)
        next(step)
    event.type = "mouse_release"
    for _ in step:
        pass


def before_cell_types_the_step_waits(dock):
    assert dock.expression_card.sign.mark is Mark.WAITING
    assert dock.expression_card.state_line.text() == "needs cell types"
    assert not dock.expression_card.button.isEnabled()
    assert not dock.desk.source.isVisibleTo(dock)


def the_cost_is_said_before_anything_runs(typed):
    n = typed.workbench.session.sample.spots.n
    assert f"{n:,} spots" in typed.expression_card.cost.text()
    assert "MB" in typed.expression_card.cost.text()


def running_opens_every_spot_and_shows_a_gene_on_the_nuclei(opened, viewer):
    session = opened.workbench.session
    assert ExpressionKey.MEAN in session.cells.table.layers
    gene = opened.explorer.gene
    assert gene
    assert opened.desk.source.source is GeneSource.INFERRED
    codes = lut(opened)
    assert set(codes[1:].tolist()) - {0} <= set(range(1, 253))
    mark = viewer.canvas.overlays.text
    assert mark.visible
    top = amount(opened.explore_card.scale.top)
    assert mark.text == f"{gene} · inferred, split · 0 to {top} counts a nucleus"
    assert opened.explore_card.gene_line.text().startswith(mark.text)
    assert opened.expression_card.sign.mark is Mark.DONE
    said = opened.expression_card.result.text()
    assert f"every count of the {session.cells.table.n_vars:,} genes is given to a nucleus" in said
    assert "Not told" not in said
    assert "differ, mean of all genes;" in said  # a gene of its own may be told far better
    assert f"of how cells of one type differ in {gene}" in opened.explore_card.gene_line.text()


def always_faint_on_the_canvas_are_those_that_touch_no_spot(opened):
    session = opened.workbench.session
    overlap = Membership.from_discs(session.nuclei, session.sample.spots).overlap
    none = np.asarray(overlap.sum(axis=0)).ravel() == 0
    said = opened.expression_card.result.text()
    assert f"{int((~none).sum()):,} nuclei touch one of " in said
    assert f"Always faint: {int(none.sum()):,} nuclei that touch no spot" in said
    codes = lut(opened)[session.nuclei.label_id].astype(int)
    opacity = opened.canvas.stack["nuclei"].colormap.colors[codes, 3]
    assert opacity[none].max() <= 0.5 < opacity[~none].max()


def nuclei_that_are_not_told_any_more_are_counted(opened):
    session = opened.workbench.session
    table = session.cells.table.copy()
    source = table.obs[ExpressionKey.SOURCE].astype(str).to_numpy()
    between = np.flatnonzero(source == ExpressionSource.PRIOR)
    assert len(between) > 3
    source[between[:3]] = ExpressionSource.NONE
    table.obs[ExpressionKey.SOURCE] = source
    opened.expression_card.show_result(replace(session, cells=replace(session.cells, table=table)))
    said = opened.expression_card.result.text()
    assert f"Always faint: {len(between) - 3:,} nuclei that touch no spot" in said
    n = session.nuclei.n
    told = f"Not told: 3 of {n:,} nuclei, whose type or confidence has changed since; press Infer."
    assert said.endswith(told)
    opened.expression_card.show_result(session)


def without(session, *sources):
    """The same, but of cells of these sources nothing is told any more."""
    table = session.cells.table.copy()
    source = table.obs[ExpressionKey.SOURCE].astype(str).to_numpy()
    source[np.isin(source, sources)] = ExpressionSource.NONE
    table.obs[ExpressionKey.SOURCE] = source
    return replace(session, cells=replace(session.cells, table=table))


def where_none_between_spots_is_told_any_more_that_is_said_too(opened):
    card, session = opened.expression_card, opened.workbench.session
    source = session.cells.table.obs[ExpressionKey.SOURCE]
    between = int((source == ExpressionSource.PRIOR).sum())
    card.show_result(without(session, ExpressionSource.PRIOR))
    assert f"Not told: {between:,} of " in card.result.text()
    assert "Always faint" not in card.result.text()
    # as after another ν on many spots: nothing is left
    card.show_result(without(session, ExpressionSource.PRIOR, ExpressionSource.SPOT))
    assert card.result.text().startswith(f"Not told: {session.nuclei.n:,} of ")
    # of a region the others never were told
    record = session.records["decompose"]
    part = replace(record, figures={**record.figures, "regions": [{"name": "Region"}]})
    session = replace(session, records={**session.records, "decompose": part})
    card.show_result(without(session, ExpressionSource.PRIOR))
    assert "Not told" not in card.result.text()
    # but those of its spots were, and their spots still stand beside them
    own = int((session.cells.table.obs[ExpressionKey.SPOT].astype(str) != "").sum())
    card.show_result(without(session, ExpressionSource.PRIOR, ExpressionSource.SPOT))
    told = f"Not told: {own:,} of {session.nuclei.n:,} nuclei, whose type or confidence has changed"
    assert card.result.text().startswith(told)
    card.show_result(opened.workbench.session)


def a_gene_recolours_nuclei_by_what_each_has(opened):
    opened.explore_card.gene.setText("ACTA2")
    table = opened.workbench.session.cells.table
    values = table[:, "ACTA2"].layers[ExpressionKey.MEAN].ravel()
    levels = (lut(opened)[1:].astype(int) - 1) % LEVELS
    most, least = int(np.argmax(values)), int(np.argmin(values))
    assert levels[most] == LEVELS - 1
    assert levels[least] == 0
    order = np.argsort(values)
    assert (np.diff(levels[order]) >= 0).all()


def a_gene_says_how_well_it_is_told_beside_its_name_and_below(opened):
    told = opened.desk._shown.told_hidden()
    gene = max(told, key=told.__getitem__)
    opened.explorer.search(gene)
    said = f" · agreement {told[gene]:.2f} by other genes alone · "
    assert said in opened.explore_card.gene_line.text()
    completer = opened.explore_card.completer
    completer.setCompletionPrefix(gene)
    popup = completer.popup()
    index = completer.completionModel().index(0, 0)
    assert index.data() == gene
    assert popup.itemDelegate().worth(index) == f"inferred, agreement {told[gene]:.2f}"
    completer.told = {}
    assert popup.itemDelegate().worth(index) == ""
    completer.told = told


def measured_shows_spots_filled_and_nuclei_by_type(opened, viewer):
    types = opened.canvas.codes.copy()
    opened.explore_card.gene.setText("ACTA2")
    opened.desk.source.buttons[GeneSource.MEASURED].click()
    assert (lut(opened) == types).all()
    mark, scale = viewer.canvas.overlays.text, opened.explore_card.scale
    bench = opened.workbench
    counts = bench.beside.gene_counts(bench.session.sample, "ACTA2")
    assert scale.top == counts.max()
    assert mark.text == f"ACTA2 · measured · 0 to {amount(scale.top)} counts a spot"
    assert (viewer.layers["demo · spots"].face_color[:, 3] > 0).all()
    assert "measured" in opened.explore_card.gene_line.text()
    opened.desk.source.buttons[GeneSource.INFERRED].click()
    assert (lut(opened) != types).any()
    assert (viewer.layers["demo · spots"].face_color[:, 3] == 0).all()
    assert mark.text == f"ACTA2 · inferred, split · 0 to {amount(scale.top)} counts a nucleus"


def colour_by_says_what_is_drawn_a_gene_too(opened, viewer):
    look = opened.nuclei_card.check.look
    assert look.currentIndex() == -1
    assert look.placeholderText() == opened.explorer.gene != ""
    opened.explorer.search("")
    assert look.currentText() == "type"
    types = lut(opened).copy()
    opened.check.looks.look(Look.AREA)
    areas = lut(opened).copy()
    assert (areas != types).any()
    # a gene on the spots leaves the nuclei as they are, one on the nuclei does not
    opened.desk.source.buttons[GeneSource.MEASURED].click()
    opened.explore_card.gene.setText("ACTA2")
    assert (lut(opened) == areas).all()
    assert look.currentText() == "area"
    said = viewer.canvas.overlays.text.text.splitlines()
    assert [words.split(" · ")[0] for words in said] == ["area", "ACTA2"]
    opened.desk.source.buttons[GeneSource.INFERRED].click()
    assert look.placeholderText() == "ACTA2"
    assert look.currentIndex() == -1
    opened.explorer.search("")
    assert look.currentText() == "type"
    assert (lut(opened) == types).all()


def a_gene_the_reference_lacks_is_shown_as_measured_and_says_why(opened):
    types = opened.canvas.codes.copy()
    opened.explore_card.gene.clear()
    names = opened.desk._shown.names
    row = names.pop("ACTA2")
    opened.explore_card.gene.setText("ACTA2")
    assert (lut(opened) == types).all()
    assert "measured" in opened.explore_card.gene_line.text()
    assert "the reference lacks it" in opened.explore_card.gene_line.text()
    opened.desk.source.buttons[GeneSource.MEASURED].click()
    assert "lacks" not in opened.explore_card.gene_line.text()
    names["ACTA2"] = row
    opened.desk.source.buttons[GeneSource.INFERRED].click()


def no_gene_shows_types_again(opened, viewer):
    assert (lut(opened) != opened.canvas.codes).any()
    opened.explore_card.gene.clear()
    assert (lut(opened) == opened.canvas.codes).all()
    assert not viewer.canvas.overlays.text.visible


def a_lasso_opens_the_spots_within_it_alone(typed, viewer, qtbot):
    typed.expression_card.lasso_button.click()
    assert not viewer.scene.camera.mouse_pan
    drag(typed, viewer, middle_region(typed))
    assert viewer.scene.camera.mouse_pan
    assert "demo · expression" in [layer.name for layer in viewer.layers]
    qtbot.waitUntil(lambda: typed.workbench.facts.expressed, timeout=LONG)
    wait(qtbot, typed)
    spots = typed.workbench.session.sample.spots
    told = typed.workbench.session.records["decompose"].figures["spots"]
    assert 0 < told < spots.n
    assert f"Region of {told} spots" in typed.expression_card.where.text()
    mean = typed.workbench.session.cells.table.layers[ExpressionKey.MEAN]
    known = np.isfinite(mean[:, 0])
    assert 0 < known.sum() < len(known)
    assert ((lut(typed)[1:] == 255) == ~known).all()
    typed.expression_card.whole_button.click()
    assert typed.desk.region is None
    assert len(viewer.layers["demo · regions"].data) == 0


def a_region_beside_all_spots_says_so_and_runs_nothing(typed):
    typed.desk.lasso.drawn.emit(np.array([[-900.0, -900.0], [-900.0, -800.0], [-800.0, -800.0]]))
    assert "Expected spots in the region" in typed.expression_card.trouble.text()
    assert typed.workbench.running is None
    assert typed.desk.region is None


def a_lasso_given_up_leaves_the_mouse_to_the_canvas(typed, viewer):
    callbacks = len(viewer.mouse_drag_callbacks)
    typed.expression_card.lasso_button.click()
    typed.expression_card.lasso_button.click()
    assert viewer.scene.camera.mouse_pan
    assert len(viewer.mouse_drag_callbacks) == callbacks
    assert not typed.expression_card.lasso_button.isChecked()


def previews_come_before_the_answer_and_show_at_once(typed, qtbot):
    seen = []

    def see(step, progress):
        seen.append((step, progress.preview, lut(typed).copy()))

    typed.workbench.progressed.connect(see)
    types = typed.canvas.codes.copy()
    typed.expression_card.button.click()
    qtbot.waitUntil(lambda: typed.workbench.facts.expressed, timeout=LONG)
    wait(qtbot, typed)
    typed.workbench.progressed.disconnect(see)
    previews = [(p, codes) for step, p, codes in seen if p is not None]
    assert all(step is Step.EXPRESSION for step, _, _ in seen)
    assert isinstance(previews[0][0], ExpressionShown)
    assert (previews[0][1] != types).any()


def cancelling_keeps_what_was_there(opened, qtbot):
    before = opened.workbench.session

    def cancel(*_):
        opened.workbench.cancel()

    opened.workbench.progressed.connect(cancel)
    allocation = opened.expression_card.more["allocation"].value
    opened.expression_card.more["allocation"].value = "multinomial"
    opened.expression_card.button.click()
    qtbot.waitUntil(lambda: opened.workbench.running is None, timeout=LONG)
    assert opened.workbench.session is before
    assert opened.workbench.facts.errors == {}
    opened.workbench.progressed.disconnect(cancel)
    opened.expression_card.more["allocation"].value = allocation


def another_nu_does_the_changed_spots_again_unasked(opened, qtbot):
    before = opened.workbench.session.cells
    with qtbot.waitSignal(opened.workbench.retyped, timeout=LONG) as again:
        opened.typing_card.dial.slider.setValue(950)
    lost = again.args[0].session.cells.table
    seen = (lost.obs[ExpressionKey.SOURCE] == "none").to_numpy()
    assert seen.any()
    in_spots = seen & (before.table.obs[ExpressionKey.SPOT] != "").to_numpy()
    wait(qtbot, opened)
    table = opened.workbench.session.cells.table
    mean = table.layers[ExpressionKey.MEAN][:, 0]
    assert np.isfinite(mean[in_spots]).all()
    assert ((lut(opened)[1:] == 255) == ~np.isfinite(mean)).all()


def a_deleted_nucleus_does_its_own_spot_again_and_undo_does_it_back(opened, qtbot):
    """The spot's counts go to those who are left; every other spot is as it was."""
    bench = opened.workbench
    before = bench.session.cells.table
    spots = before.obs[ExpressionKey.SPOT].astype(str)
    held = spots[spots != ""].value_counts()
    spot = held.index[held >= 3][0]
    gone = int(before.obs["label_id"][(spots == spot).to_numpy()].iloc[0])

    def given(name):
        table = bench.session.cells.table
        own = (table.obs[ExpressionKey.SPOT] == name).to_numpy()
        return np.asarray(table.layers[ExpressionKey.ASSIGNED][own].sum(axis=0)).ravel()

    whole = given(spot)
    outline = bench.session.nuclei.yx_um[bench.session.nuclei.rows_of(np.array([gone]))[0]]
    opened.check.correct(Edit.of(EditKind.DELETE, outline))
    qtbot.waitUntil(lambda: bool(bench.session.edits.done) and not opened.busy, timeout=LONG)
    after = bench.session.cells.table
    assert gone not in set(after.obs["label_id"])
    assert (given(spot) == whole).all()
    elsewhere = ((spots != spot) & (spots != "")).to_numpy()
    others = after.obs["label_id"].isin(before.obs["label_id"][elsewhere])
    place = before.obs["label_id"].searchsorted(after.obs["label_id"][others.to_numpy()])
    same = after.layers[ExpressionKey.MEAN][others.to_numpy()]
    assert (same == before.layers[ExpressionKey.MEAN][place]).mean() > 0.99
    opened.workbench.deeds.undo()
    qtbot.waitUntil(lambda: not bench.session.edits.done and not opened.busy, timeout=LONG)
    back = bench.session.cells.table
    assert (given(spot) == whole).all()
    inside = (spots != "").to_numpy()
    told = [table.layers[ExpressionKey.MEAN][inside] for table in (back, before)]
    assert np.allclose(*told)


def new_nuclei_take_the_genes_away(opened, qtbot, viewer):
    with qtbot.waitSignal(opened.workbench.nuclei_found, timeout=LONG):
        opened.workbench.find_nuclei(SegmentationParams(model="watershed", probability=0.8))
    wait(qtbot, opened)
    assert not opened.workbench.facts.expressed
    assert not opened.desk.source.isVisibleTo(opened)
    assert " · measured · " in viewer.canvas.overlays.text.text  # the spots show the gene now


def a_saved_expression_comes_back_with_its_gene(opened, qtbot, viewer, tmp_path):
    opened.explore_card.gene.setText("ACTA2")
    with qtbot.waitSignal(opened.workbench.saved, timeout=LONG):
        opened.save(tmp_path / "out")
    with qtbot.waitSignal(opened.workbench.session_opened, timeout=LONG):
        opened.open_paths([tmp_path / "out"])
    wait(qtbot, opened)
    assert opened.expression_card.sign.mark is Mark.DONE
    assert opened.desk.source.isVisibleTo(opened)
    assert opened.explorer.gene == "ACTA2"


def the_spot_card_shows_what_the_nuclei_give_back(opened, qtbot):
    spots = opened.workbench.session.sample.spots
    with qtbot.waitSignal(opened.workbench.cropped, timeout=LONG):
        opened.canvas.spot_clicked.emit(3)
    card = opened.explore_card.spot
    assert "given back" in card.genes_title.text()
    row = spots.counts[3].toarray().ravel()
    top = int(np.argmax(row))
    back = given_back(opened.workbench.session, 3, [str(spots.table.var_names[top])])[0]
    assert back == pytest.approx(row[top], rel=0.05)  # the split gives back what it was given
    assert card.genes.bars[0].said == f"{row[top]:,} · {back:,.0f}"
    # inferred again while the spot is shown: the card follows
    card.genes.show_bars([])
    opened.desk.run(shows=False)
    wait(qtbot, opened)
    assert card.genes.bars[0].said == f"{row[top]:,} · {back:,.0f}"


# Each test below is one window, which costs more than what is asked of it: a function is one
# thing that is asked, and leaves the window as it found it, or as the next of its test needs it.


def test_the_step_waits_for_types_says_its_cost_and_opens_what_a_lasso_holds(
    dock, viewer, qtbot, saved
):
    before_cell_types_the_step_waits(dock)
    open_typed(dock, qtbot, saved)
    the_cost_is_said_before_anything_runs(dock)
    a_region_beside_all_spots_says_so_and_runs_nothing(dock)
    a_lasso_given_up_leaves_the_mouse_to_the_canvas(dock, viewer)
    a_lasso_opens_the_spots_within_it_alone(dock, viewer, qtbot)


def test_a_run_shows_previews_and_says_what_it_told_and_of_whom_it_did_not(typed, viewer, qtbot):
    previews_come_before_the_answer_and_show_at_once(typed, qtbot)
    running_opens_every_spot_and_shows_a_gene_on_the_nuclei(typed, viewer)
    always_faint_on_the_canvas_are_those_that_touch_no_spot(typed)
    nuclei_that_are_not_told_any_more_are_counted(typed)
    where_none_between_spots_is_told_any_more_that_is_said_too(typed)


def test_genes_are_seen_on_nuclei_and_spots_and_said(opened, viewer):
    colour_by_says_what_is_drawn_a_gene_too(opened, viewer)
    a_gene_recolours_nuclei_by_what_each_has(opened)
    a_gene_says_how_well_it_is_told_beside_its_name_and_below(opened)
    measured_shows_spots_filled_and_nuclei_by_type(opened, viewer)
    a_gene_the_reference_lacks_is_shown_as_measured_and_says_why(opened)
    no_gene_shows_types_again(opened, viewer)


def test_a_spot_gives_back_its_counts_and_cancel_and_saving_keep_them(
    opened, viewer, qtbot, tmp_path
):
    the_spot_card_shows_what_the_nuclei_give_back(opened, qtbot)
    cancelling_keeps_what_was_there(opened, qtbot)
    a_saved_expression_comes_back_with_its_gene(opened, qtbot, viewer, tmp_path)


def test_spots_are_told_again_when_nuclei_or_nu_change_and_new_nuclei_take_all_away(
    opened, viewer, qtbot
):
    a_deleted_nucleus_does_its_own_spot_again_and_undo_does_it_back(opened, qtbot)
    another_nu_does_the_changed_spots_again_unasked(opened, qtbot)
    new_nuclei_take_the_genes_away(opened, qtbot, viewer)


def test_a_gene_that_was_left_out_is_told_by_one_button(typed, qtbot, demo_files):
    """Ten genes are told of some hundred; an eleventh is asked for in the search."""
    typed.workbench.open_reference(demo_files["reference"])
    wait(qtbot, typed)
    more = typed.expression_card.more
    more["most_genes"].write(10)
    typed.desk.run()
    qtbot.waitUntil(lambda: typed.workbench.facts.expressed, timeout=LONG)
    wait(qtbot, typed)
    told = set(typed.workbench.session.cells.table.var_names)
    assert len(told) == 10
    genes = typed.workbench.reference.table.var_names
    spots = set(typed.workbench.session.sample.spots.table.var_names)
    gene = next(name for name in genes if name in spots - told)
    offer = typed.desk.wanted.button
    typed.explore_card.gene.setText(gene)
    typed.desk.source.buttons[GeneSource.INFERRED].click()
    assert offer.isVisibleTo(offer.parentWidget())
    assert "not among the genes told" in typed.explore_card.gene_line.text()
    qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: gene in typed.workbench.session.cells.table.var_names, timeout=LONG)
    wait(qtbot, typed)
    assert set(typed.workbench.session.cells.table.var_names) == {*told, gene}
    assert typed.expression_card.params.also == (gene,)
    assert not offer.isVisibleTo(offer.parentWidget())
    assert "not among" not in typed.explore_card.gene_line.text()
    assert np.isfinite(typed.workbench.session.cells.table.layers[ExpressionKey.MEAN]).all()


def test_reading_a_gene_of_a_hundred_thousand_cells_touches_each_once():
    n, rng = 100_000, np.random.default_rng(0)
    mean = rng.gamma(1, 2, (n, 3)).astype(np.float32)
    shown = ExpressionShown(
        n, np.arange(1, n + 1), {"A": 0, "B": 1, "C": 2}, ("A", "B", "C"), mean, mean / 2, mean,
        np.zeros(n, bool), None, "gaussian",
    )  # fmt: skip
    found = shown.gene("b", GeneSource.INFERRED)
    assert found.n == n
    assert len(found.codes) == n + 1
    assert shown.gene("D", GeneSource.INFERRED) is None
    assert set(shown.telling_genes(3)) == {"A", "B", "C"}
