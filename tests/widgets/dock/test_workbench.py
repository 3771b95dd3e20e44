"""The workbench on the real pipeline and the small demo."""

from __future__ import annotations

from threading import Event

import anndata as ad
import numpy as np
import pytest

from spotscope.layers import nuclei_codes
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import Edit, EditKind, Progress, ReadError, SpotKey
from spotscope.pipeline import edit_step, held_of, hold
from spotscope.widgets.cell_typing._held_deeds import hold_by_hand
from spotscope.widgets.dock._state import Step
from spotscope.widgets.dock._workbench import Workbench

LONG = 300_000


@pytest.fixture
def new_bench(qtbot, delete_now):
    """Make a workbench; it is stopped and deleted in the end."""
    made = []

    def make():
        made.append(Workbench())
        return made[-1]

    yield make
    for bench in made:
        bench.close()
        qtbot.waitUntil(lambda bench=bench: not bench.busy, timeout=LONG)
        delete_now(bench)


@pytest.fixture
def bench(new_bench):
    return new_bench()


@pytest.fixture
def opened(qtbot, bench, demo_files):
    """A workbench with the demo's spots, image and reference."""
    with qtbot.waitSignal(bench.session_opened, timeout=LONG):
        bench.open_sample(demo_files["spots"], image=demo_files["image"])
    with qtbot.waitSignal(bench.reference_opened, timeout=LONG):
        bench.open_reference(demo_files["reference"])
    return bench


@pytest.fixture
def typed(qtbot, opened):
    """The same, with nuclei and types."""
    with qtbot.waitSignal(opened.nuclei_found, timeout=LONG):
        opened.find_nuclei(SegmentationParams(model="watershed"))
    with qtbot.waitSignal(opened.typed, timeout=LONG):
        opened.type_cells(CellTypingParams(nu=2.0))
    return opened


def test_opening_gives_a_session_and_tells_the_cards(opened):
    facts = opened.facts
    assert (facts.slide, facts.spots, facts.reference) == (True, True, True)
    assert not facts.nuclei


def test_the_counts_of_a_gene_are_those_of_the_table(opened):
    spots = opened.session.sample.spots
    name = str(spots.table.var_names[3])
    assert (
        opened.beside.gene_counts(opened.session.sample, name).tolist()
        == spots.counts[:, 3].toarray().ravel().tolist()
    )


def test_nuclei_then_types_then_another_nu(qtbot, typed):
    before = typed.session.cells.type_codes
    with qtbot.waitSignal(typed.retyped, timeout=LONG) as again:
        typed.set_nu(60.0)
    assert again.args[0].typing.nu == 60.0
    assert (typed.session.cells.type_codes != before).any()
    proportions = np.asarray(typed.session.sample.spots.table.obsm[SpotKey.PROPORTIONS])
    held = proportions.sum(axis=1) > 0
    np.testing.assert_allclose(proportions[held].sum(axis=1), 1, rtol=1e-5)


def test_while_the_dial_turns_the_last_value_wins(qtbot, typed):
    seen = []
    typed.recoloured.connect(lambda again: seen.append(again.typing.nu))
    asked = [float(nu) for nu in range(1, 20)]
    for nu in asked:
        typed.set_nu(nu)
    qtbot.waitUntil(lambda: not typed.busy, timeout=LONG)
    assert seen[-1] == 19.0
    assert seen == sorted(seen)
    assert len(seen) < len(asked)


def test_colours_of_a_new_nu_are_those_of_the_tables_that_follow(qtbot, typed):
    shown = []
    typed.recoloured.connect(shown.append)
    with qtbot.waitSignal(typed.retyped, timeout=LONG):
        typed.set_nu(40.0)
    cells = typed.session.cells
    assert shown[-1].codes.tolist() == nuclei_codes(cells.n, cells).tolist()
    held = {name: count for name, count in shown[-1].counts.items() if name}
    assert held == cells.counts_per_type()


def test_a_correction_made_while_the_dial_turns_stays(qtbot, typed):
    """The tables of the new ν are asked for while nuclei are corrected, and come after them."""
    go_on = Event()
    n = typed.session.nuclei.n
    log = typed.session.edits.add(Edit.of(EditKind.DELETE, typed.session.nuclei.yx_um[3]))
    with qtbot.waitSignal(typed.recoloured, timeout=LONG):
        typed.set_nu(40.0)

    def correct():
        yield Progress("correcting", 0, 1)
        go_on.wait(60)
        return (yield from edit_step(typed.session, log, typed.fitted))

    def take(corrected):
        typed.session = corrected.session

    with qtbot.waitSignal(typed._live._at_rest.timeout, timeout=LONG):
        typed.ask(Step.NUCLEI, "edit", correct, take, waits=True)
    go_on.set()
    qtbot.waitUntil(lambda: not typed.busy, timeout=LONG)
    assert typed.session.edits == log
    assert typed.session.nuclei.n == typed.session.cells.n == n - 1
    assert typed.session.records["type"].params["nu_used"] == 40.0


@pytest.mark.parametrize("meanwhile", ["settle", "types"])
def test_a_type_held_while_others_are_found_stays_held(qtbot, typed, meanwhile):
    label = int(typed.session.nuclei.label_id[0])
    other = typed.session.cells.types[(typed.session.cells.type_codes[0] + 1) % 3]
    held = []

    def hold_it(name):
        if name == meanwhile and not held:
            held.append(hold(typed.session, {label: other}))
            hold_by_hand(typed, held[0], "held")

    typed._runner.started.connect(hold_it)
    if meanwhile == "types":
        typed.type_cells(CellTypingParams(nu=3.0))
    else:
        typed.set_nu(3.0)
    qtbot.waitUntil(lambda: bool(held) and not typed.busy, timeout=LONG)
    assert held_of(typed.session).types == {label: other}
    assert typed.session.cells.types[typed.session.cells.type_codes[0]] == other
    assert typed.session.records["type"].params["nu_used"] == typed.nu == 3.0


def test_saving_at_once_saves_what_is_seen(qtbot, typed, tmp_path, new_bench):
    with qtbot.waitSignal(typed.recoloured, timeout=LONG) as again:
        typed.set_nu(90.0)
    typed.save(tmp_path / "out", {})
    qtbot.waitUntil(lambda: not typed.busy, timeout=LONG)
    other = new_bench()
    with qtbot.waitSignal(other.session_opened, timeout=LONG):
        other.open_sample(tmp_path / "out")
    assert other.session.cells.type_codes.tolist() == again.args[0].typing.codes.tolist()


def test_saving_and_opening_a_reference_wait_for_a_run(qtbot, opened, demo_files, tmp_path):
    order = []
    opened.nuclei_found.connect(lambda _: order.append("nuclei"))
    opened.saved.connect(lambda _: order.append("saved"))
    opened.reference_opened.connect(lambda _: order.append("reference"))
    opened.find_nuclei(SegmentationParams(model="watershed", sensitivity=0.55))
    opened.open_reference(demo_files["reference"])
    opened.save(tmp_path / "out", {})
    qtbot.waitUntil(lambda: len(order) == 3, timeout=LONG)
    assert order == ["nuclei", "reference", "saved"]
    assert (tmp_path / "out" / "nuclei.geojson").exists()


def test_with_nothing_open_nothing_can_be_run_or_saved(bench, tmp_path):
    bench.find_nuclei(SegmentationParams(model="watershed"))
    bench.type_cells(CellTypingParams())
    bench.save(tmp_path / "out", {})
    assert bench.running is None
    assert not (tmp_path / "out").exists()


def test_new_nuclei_leave_the_old_types_behind(qtbot, typed):
    with qtbot.waitSignal(typed.nuclei_found, timeout=LONG):
        typed.find_nuclei(SegmentationParams(model="watershed", probability=0.8))
    assert not typed.facts.typed
    assert typed.fitted is None


def test_an_error_stands_on_its_card_and_the_last_result_stays(qtbot, opened, tmp_path):
    before = opened.session
    with qtbot.waitSignal(opened.failed, timeout=LONG) as failed:
        opened.open_sample(tmp_path / "nothing.h5ad")
    step, error = failed.args
    assert step is Step.SAMPLE
    assert isinstance(error, ReadError)
    assert opened.facts.errors[Step.SAMPLE] == str(error)
    assert opened.session is before


def test_a_cancelled_run_leaves_what_was_there(qtbot, opened):
    opened.progressed.connect(lambda *_: opened.cancel())
    opened.find_nuclei(SegmentationParams(model="watershed", sensitivity=0.61))
    qtbot.waitUntil(lambda: opened.running is None, timeout=LONG)
    assert opened.session.nuclei is None
    assert opened.facts.errors == {}


def test_a_saved_session_comes_back_with_a_dial_that_turns(qtbot, typed, tmp_path, new_bench):
    with qtbot.waitSignal(typed.saved, timeout=LONG):
        typed.save(tmp_path / "out", {"gene": "X"})
    codes = typed.session.cells.type_codes
    again = new_bench()
    with qtbot.waitSignal(again.session_opened, timeout=LONG):
        again.open_sample(tmp_path / "out")
    assert again.session.cells.type_codes.tolist() == codes.tolist()
    assert again.session.view["gene"] == "X"
    with qtbot.waitSignal(again.retyped, timeout=LONG):
        again.set_nu(5.0)


def test_the_image_around_a_spot_is_read_beside_a_long_run(qtbot, opened):
    with qtbot.waitSignal(opened.cropped, timeout=LONG) as cropped:
        opened.find_nuclei(SegmentationParams(model="watershed", sensitivity=0.62))
        opened.beside.read_crop(opened.session.sample, 2, 100)
    assert cropped.args[0].index == 2
    opened.cancel()


def test_spots_image_and_reference_are_opened_together(qtbot, bench, demo_files):
    with qtbot.waitSignals([bench.session_opened, bench.reference_opened], timeout=LONG):
        bench.open_sample(demo_files["reference"], demo_files["spots"], image=demo_files["image"])
    assert bench.facts.slide
    assert bench.reference.n_types == 8


def test_a_reference_that_opens_takes_the_error_of_one_that_did_not_away(qtbot, opened, demo_files):
    with qtbot.waitSignal(opened.failed, timeout=LONG):
        opened.open_reference(demo_files["spots"])
    assert Step.TYPES in opened.facts.errors
    with qtbot.waitSignal(opened.reference_opened, timeout=LONG):
        opened.open_sample(demo_files["reference"])  # as a drop does
    assert opened.facts.errors == {}


def test_types_are_found_in_a_column_of_another_name(qtbot, opened, demo_files, tmp_path):
    table = ad.read_h5ad(demo_files["reference"])
    table.obs["donor"] = ["one", "two"] * (table.n_obs // 2) + ["one"] * (table.n_obs % 2)
    table.obs = table.obs.rename(columns={"cell_type": "celltype_major"})
    table.write_h5ad(path := tmp_path / "atlas.h5ad")
    with qtbot.waitSignal(opened.reference_opened, timeout=LONG):
        opened.open_sample(path)  # dropped beside spots: a reference, as it has words for cells
    assert opened.reference.n_types == 8
    assert opened.reference.source["cell_type"] == "celltype_major"
    with qtbot.waitSignal(opened.reference_opened, timeout=LONG):
        opened.open_reference(path, "donor")
    assert opened.reference.types == ("one", "two")


def test_a_reference_dropped_on_an_open_sample_is_its_reference(qtbot, opened, demo_files):
    before = opened.session
    with qtbot.waitSignal(opened.reference_opened, timeout=LONG):
        opened.open_sample(demo_files["reference"])
    assert opened.session is before


def without_types(demo_files, folder):
    """The demo's reference, without the column of its types."""
    table = ad.read_h5ad(demo_files["reference"])
    table.obs = table.obs[[]]
    table.write_h5ad(folder / "bare.h5ad")
    return folder / "bare.h5ad"


@pytest.mark.parametrize("wrong", ["no types", "damaged", "no counts"])
def test_spots_open_and_a_reference_that_is_none_is_refused_in_one_sentence(
    qtbot, bench, demo_files, tmp_path, wrong
):
    bad = without_types(demo_files, tmp_path)
    if wrong == "damaged":
        bad.write_bytes(demo_files["reference"].read_bytes()[:5000])
    if wrong == "no counts":
        table = ad.read_h5ad(demo_files["reference"])
        table.X = table.X.astype(float) * 0.37
        table.write_h5ad(bad)
    with qtbot.waitSignal(bench.failed, timeout=LONG) as failed:
        bench.open_sample(bad, demo_files["spots"], image=demo_files["image"])
    qtbot.waitUntil(lambda: not bench.busy, timeout=LONG)
    assert failed.args[0] is Step.TYPES
    assert (bench.facts.spots, bench.facts.slide, bench.facts.reference) == (True, True, False)
    said = bench.facts.errors[Step.TYPES]
    assert said.startswith("Expected ")
    assert "bare" in said
    assert Step.SAMPLE not in bench.facts.errors


def test_without_spots_that_open_nothing_does(qtbot, bench, demo_files, tmp_path):
    bad = without_types(demo_files, tmp_path)
    bad.write_bytes(b"no table")
    with qtbot.waitSignal(bench.failed, timeout=LONG) as failed:
        bench.open_sample(bad, demo_files["reference"])
    assert failed.args[0] is Step.SAMPLE
    assert "bare.h5ad" in str(failed.args[1])
    assert not bench.facts.reference


def test_a_reference_without_types_is_told_as_one_dropped_or_chosen(
    qtbot, opened, demo_files, tmp_path
):
    bare = without_types(demo_files, tmp_path)
    for ask, step in (opened.open_sample, Step.SAMPLE), (opened.open_reference, Step.TYPES):
        with qtbot.waitSignal(opened.failed, timeout=LONG) as failed:
            ask(bare)
        assert failed.args[0] is step
        assert "no column of cell types" in str(failed.args[1])
        assert "--" not in str(failed.args[1])
    assert opened.reference.n_types == 8


@pytest.mark.parametrize(("role", "what"), [("spots", "file of spots"), ("reference", "reference")])
def test_of_two_files_of_a_kind_none_is_left_out_without_a_word(
    qtbot, bench, demo_files, tmp_path, role, what
):
    other = tmp_path / "other.h5ad"
    other.write_bytes(demo_files[role].read_bytes())
    with qtbot.waitSignal(bench.failed, timeout=LONG) as failed:
        bench.open_sample(demo_files["spots"], demo_files["reference"], other)
    assert f"Expected one {what}, found 2 ({demo_files[role].name}, other.h5ad)" in str(
        failed.args[1]
    )


def test_a_card_that_brings_its_own_task_gets_the_answer(bench, qtbot, count_to):
    got = []
    with qtbot.waitSignal(bench.facts_changed, timeout=LONG):
        bench.ask(Step.NUCLEI, "count", lambda: count_to(3), got.append)
    assert bench.facts.running is Step.NUCLEI
    qtbot.waitUntil(lambda: not bench.busy, timeout=LONG)
    assert got == [3]


def test_the_error_of_a_task_that_a_card_brought_stands_in_that_card(bench, qtbot, count_to):
    got = []
    with qtbot.waitSignal(bench.failed, timeout=LONG) as failed:
        bench.ask(
            Step.TYPES, "count", lambda: count_to(1, error=ReadError("Expected x.")), got.append
        )
    assert failed.args[0] is Step.TYPES
    assert bench.facts.errors[Step.TYPES] == "Expected x."
    assert got == []
