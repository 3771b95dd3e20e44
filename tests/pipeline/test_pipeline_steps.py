from dataclasses import replace

import numpy as np
import pytest

import spotscope
from spotscope.methods import cell_typing, segmentation
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import (
    CellKey,
    MethodError,
    ParamsError,
    Reference,
    Sample,
    Session,
    SpotKey,
    TypeSource,
    run,
)
from spotscope.pipeline import (
    StepCache,
    check_typing,
    load_fitted_of,
    read_reference,
    retype,
    segmentation_step,
    typing_step,
)
from spotscope.pipeline.segmentation._cell_numbers import cells_of_spots


def test_the_main_job_fills_every_column(typed):
    cells = typed.session.cells
    assert cells.n == typed.session.nuclei.n
    assert set(cells.table.obs.columns) >= {str(key) for key in CellKey}
    assert np.isin(cells.table.obs[CellKey.SOURCE], list(TypeSource)).all()
    spots = typed.session.sample.spots
    proportions = spots.table.obsm[SpotKey.PROPORTIONS]
    held = spots.table.obs[SpotKey.N_CELLS].to_numpy() > 0
    assert proportions[held].sum(axis=1).to_numpy() == pytest.approx(1.0, abs=1e-5)


def test_cells_in_a_spot_say_which(typed):
    obs = typed.session.cells.table.obs
    in_spot = obs[CellKey.SOURCE] == TypeSource.SPOT
    names = set(typed.session.sample.spots.table.obs_names)
    assert set(obs.loc[in_spot, CellKey.SPOT_ID]) <= names
    assert in_spot.any()


def test_no_spot_is_dropped_and_those_without_nuclei_are_flagged(typed, demo):
    spots = typed.session.sample.spots
    assert spots.n == demo.spots.n
    empty = spots.table.obs[SpotKey.N_CELLS].to_numpy() == 0
    assert (spots.flagged(SpotKey.NO_NUCLEI) == empty).all()


def test_most_spot_cells_near_a_true_nucleus_have_its_type(typed, demo):
    from scipy.spatial import cKDTree

    cells = typed.session.cells
    distance, nearest = cKDTree(demo.nuclei.yx_um).query(cells.yx_um)
    seen = (cells.table.obs[CellKey.SOURCE] == TypeSource.SPOT).to_numpy() & (distance < 3)
    names = np.array(cells.types)[cells.type_codes[seen]]
    truth = np.array(demo.types)[demo.cell_type[nearest[seen]]]
    assert seen.sum() > 50
    commonest = max((truth == name).mean() for name in demo.types)
    assert (names == truth).mean() > commonest


def test_a_finished_step_is_not_done_again(typed, demo_files, steps_cache, monkeypatch):
    def never(*_, **__):
        raise AssertionError("computed twice")

    monkeypatch.setattr(segmentation, "fit", never)
    monkeypatch.setattr(cell_typing, "fit", never)
    bare = Session(typed.session.sample)
    cache = StepCache(steps_cache)
    again = run(segmentation_step(bare, SegmentationParams(model="watershed"), cache=cache))
    assert again.nuclei.n == typed.session.nuclei.n
    reference = run(read_reference(demo_files["reference"]))
    params = CellTypingParams(nu=2.0)
    typed_again = run(typing_step(again, reference, params, cache=cache))
    assert (typed_again.session.cells.type_codes == typed.session.cells.type_codes).all()


def test_a_new_nu_needs_no_data_and_changes_only_the_labels(typed):
    smoother = retype(typed.session, typed.fitted, 30.0)
    assert smoother.session.nuclei is typed.session.nuclei
    assert smoother.session.records["type"].params["nu_used"] == 30.0
    assert (smoother.session.cells.type_codes != typed.session.cells.type_codes).any()
    back = retype(smoother.session, typed.fitted, 2.0)
    assert (back.session.cells.type_codes == typed.session.cells.type_codes).all()


def test_the_fit_behind_a_session_is_found_again(typed, steps_cache):
    fitted = load_fitted_of(typed.session, StepCache(steps_cache))
    assert fitted is not None
    assert (fitted.solve(2.0).codes == typed.typing.codes).all()
    assert load_fitted_of(replace(typed.session, records={}), StepCache(steps_cache)) is None


@pytest.mark.parametrize("stop_after", [0, 1, 3])
def test_a_cancelled_step_leaves_nothing_behind(typed, tmp_path, stop_after):
    task = segmentation_step(
        Session(typed.session.sample),
        SegmentationParams(model="watershed"),
        cache=StepCache(tmp_path),
    )
    for _ in range(stop_after + 1):
        next(task)
    task.close()
    assert list(tmp_path.iterdir()) == []


def test_progress_never_passes_its_total(typed, tmp_path):
    def watch(progress):
        assert 0 <= progress.done <= progress.total

    bare = Session(typed.session.sample)
    run(
        segmentation_step(bare, SegmentationParams(model="watershed"), cache=StepCache(tmp_path)),
        watch,
    )


def test_an_image_alone_cannot_be_typed_and_says_what_is_missing(typed, demo_files):
    reference = run(read_reference(demo_files["reference"]))
    alone = Session(Sample("alone", typed.session.sample.slide))
    (problem,) = check_typing(alone, reference, CellTypingParams())
    assert "Expected spots to type cells from" in str(problem)
    with pytest.raises(MethodError, match="open the spots"):
        run(typing_step(alone, reference, CellTypingParams()))


def test_spots_alone_have_no_nuclei_to_find(typed):
    alone = Session(Sample("alone", None, typed.session.sample.spots))
    with pytest.raises(MethodError, match="Expected a slide image to find nuclei on"):
        run(segmentation_step(alone, SegmentationParams(model="watershed")))


def test_typing_waits_for_nuclei(typed, demo_files):
    reference = run(read_reference(demo_files["reference"]))
    early = Session(typed.session.sample)
    with pytest.raises(MethodError, match="run the Nuclei step first"):
        run(typing_step(early, reference, CellTypingParams()))


def test_spots_that_were_not_judged_are_not_said_to_fit(typed, demo_files):
    sample = spotscope.read(demo_files["spots"], image=demo_files["image"]).sample
    session = Session(sample, nuclei=typed.session.nuclei, labels=typed.session.labels)
    reference = run(read_reference(demo_files["reference"]))
    columns = {}
    for evidence in ("moments", "counts"):
        params = CellTypingParams(nu=2.0, evidence=evidence)
        session = run(typing_step(session, reference, params)).session
        columns[evidence] = set(session.sample.spots.table.obs)
    assert SpotKey.REJECTED in columns["moments"]
    assert SpotKey.REJECTED not in columns["counts"]
    assert session.cells.n == typed.session.nuclei.n


def test_what_makes_the_answer_poorer_is_noted(typed, demo_files):
    """Eight genes are too few to tell types apart: typed all the same, and said."""
    whole = run(read_reference(demo_files["reference"]))
    few = Reference.from_table(whole.table[:, :8].copy(), name="few")
    session = spotscope.type_cells(typed.session, few, nu=1.0).session
    assert any("at least 30 shared genes, found 8" in n for n in session.records["type"].notes)


def test_cells_of_a_column_are_whole_numbers(typed):
    spots = typed.session.sample.spots
    n = spots.n
    table = spots.table.copy()
    table.obs = table.obs.assign(n=np.arange(n), w="many", f=2.5, i=np.inf)
    told = replace(spots, table=table)
    assert cells_of_spots(told, "n")[0].tolist() == list(range(n))
    for column, found in (("w", "'many'"), ("f", "'2.5'"), ("i", "'inf'")):
        with pytest.raises(ParamsError, match=f"in the column '{column}', found {found}"):
            cells_of_spots(told, column)
