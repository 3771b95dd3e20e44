"""The Expression step on the small demo: counts kept, regions merged, what stands in the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import spotscope
from spotscope import pipeline
from spotscope.methods.expression import ExpressionParams
from spotscope.model import (
    CellKey,
    ExpressionKey,
    ExpressionSource,
    MethodError,
    ReadError,
    Region,
    Session,
    run,
)
from spotscope.pipeline.expression._decompose_inputs import home_of, membership_of_cells

KEYS = [ExpressionKey.ASSIGNED, ExpressionKey.MEAN, ExpressionKey.SD, ExpressionKey.SPLIT]


@pytest.fixture(scope="module")
def opened(typed, steps_cache):
    """All spots of the demo, split."""
    return spotscope.decompose(typed.session, cache=steps_cache, method="split")


def test_genes_the_reference_lacks_are_told_once_with_what_becomes_of_them(
    typed, demo, steps_cache
):
    table = demo.reference.table[:, 2:].copy()
    less = replace(demo.reference, table=table)
    params = ExpressionParams(method="split")
    cache = pipeline.StepCache(steps_cache)
    found = run(pipeline.decompose_step(typed.session, less, params, cache=cache))
    notes = found.session.records["decompose"].notes
    (told,) = (note for note in notes if "not in the reference" in note)
    gone = typed.session.sample.spots.table.n_vars - table.n_vars
    assert f"{gone:,} genes of spots: not in the reference (" in told
    assert told.count("their counts are given to no cell") == 1
    assert sum("given to no cell" in note for note in notes) == 1


def left_half(spots):
    """A region around the spots left of the middle, and their indices."""
    right = np.median(spots.yx_um[:, 1]) + 1
    low, high = spots.yx_um.min() - 100, spots.yx_um.max() + 100
    corners = np.array([[low, low], [low, right], [high, right], [high, low]])
    return Region("left", corners), np.sort(np.flatnonzero(spots.yx_um[:, 1] < right))


def given(cells, spots):
    """(spot, gene) whole counts that the cells of each spot were given."""
    names = cells.table.obs[ExpressionKey.SPOT].astype(str)
    place = spots.table.obs_names.get_indexer(names)
    own = np.flatnonzero(place >= 0)
    ones = (np.ones(len(own), int), (place[own], own))
    picker = sp.csr_matrix(ones, shape=(spots.n, cells.n))
    return (picker @ cells.table.layers[ExpressionKey.ASSIGNED]).toarray()


def counted(cells, spots):
    columns = spots.table.var_names.get_indexer(cells.table.var_names)
    return spots.counts[:, columns].toarray()


def test_every_count_of_a_spot_is_given_to_its_cells_and_none_is_made(opened):
    cells, spots = opened.session.cells, opened.session.sample.spots
    seen = np.diff(membership_of_cells(opened.session).overlap.tocsr().indptr) > 0
    typed_here = np.zeros(spots.n, bool)
    home = home_of(membership_of_cells(opened.session))
    typed_here[home[(home >= 0) & (cells.type_codes >= 0)]] = True
    some = seen & typed_here
    assert some.sum() > 15
    assert (given(cells, spots)[some] == counted(cells, spots)[some]).all()
    assert given(cells, spots)[~some].sum() == 0


def test_the_table_has_every_layer_and_says_where_each_row_is_from(opened):
    cells = opened.session.cells
    table = cells.table
    assert set(table.layers) == {str(key) for key in KEYS}
    source = table.obs[ExpressionKey.SOURCE].astype(str)
    home = home_of(membership_of_cells(opened.session))
    assert ((source == ExpressionSource.SPOT) == (home >= 0)).all()
    assert ((source == ExpressionSource.PRIOR) == (home < 0)).all()
    assert np.isfinite(table.layers[ExpressionKey.MEAN]).all()
    assert (table.layers[ExpressionKey.SD] >= 0).all()
    assert table.X is not None
    assert (table.layers[ExpressionKey.ASSIGNED] != table.X).nnz == 0
    record = opened.session.records["decompose"]
    assert record.figures["cells"] == cells.n
    assert record.params["method"] == "split"


def test_the_split_beside_an_answer_is_the_split_alone(opened, typed, steps_cache):
    found = spotscope.decompose(typed.session, cache=steps_cache, method="gaussian")
    assert found.found.method == "gaussian"
    np.testing.assert_allclose(found.split.mean, opened.found.mean, rtol=1e-5)
    assert np.abs(found.found.mean - found.split.mean).max() > 0.1
    assert set(found.session.cells.table.obs[ExpressionKey.METHOD]) == {"gaussian"}


def test_a_region_alone_leaves_the_rest_without_expression(typed, steps_cache):
    spots = typed.session.sample.spots
    region, inside = left_half(spots)
    found = spotscope.decompose(
        typed.session, cache=steps_cache, method="split", regions=[region]
    ).session
    home = home_of(membership_of_cells(found))
    here = np.isin(home, inside)
    mean = found.cells.table.layers[ExpressionKey.MEAN]
    assert np.isfinite(mean[here]).all()
    assert np.isnan(mean[~here]).all()
    source = found.cells.table.obs[ExpressionKey.SOURCE].astype(str)
    assert ((source == ExpressionSource.NONE) == ~here).all()
    assert found.records["decompose"].figures["spots"] == len(inside)


def test_a_second_region_is_merged_into_the_first_and_equals_the_whole(opened, typed, steps_cache):
    spots = typed.session.sample.spots
    region, inside = left_half(spots)
    rest = np.setdiff1d(np.arange(spots.n), inside)
    first = spotscope.decompose(
        typed.session, cache=steps_cache, method="split", regions=[region]
    ).session
    params = ExpressionParams(method="split")
    task = pipeline.decompose_step(
        first, None, params, spots_wanted=rest, cache=pipeline.StepCache(steps_cache)
    )
    both, whole = run(task).session.cells.table, opened.session.cells.table
    seen = (whole.obs[ExpressionKey.SOURCE] == ExpressionSource.SPOT).to_numpy()
    for key in (ExpressionKey.MEAN, ExpressionKey.SD):
        np.testing.assert_allclose(both.layers[key][seen], whole.layers[key][seen], rtol=1e-5)
    for key in (ExpressionKey.ASSIGNED, ExpressionKey.SPLIT):
        gap = abs(both.layers[key][seen] - whole.layers[key][seen])
        assert gap.max() < 1e-4


def test_the_same_step_is_not_done_twice(opened, typed, steps_cache, monkeypatch):
    from spotscope.methods import expression

    monkeypatch.setattr(expression, "predict", None)
    again = spotscope.decompose(typed.session, cache=steps_cache, method="split")
    assert (again.found.mean == opened.found.mean).all()


def test_stopping_leaves_no_result_and_no_half_of_one(typed, tmp_path):
    task = pipeline.decompose_step(
        typed.session,
        None,
        ExpressionParams(method="split"),
        cache=pipeline.StepCache(tmp_path / "steps"),
    )
    for progress in task:
        assert progress.done <= progress.total
        if progress.stage == "splitting counts":
            break
    task.close()
    assert not list((tmp_path / "steps").glob("*")) if (tmp_path / "steps").exists() else True


def test_the_split_is_the_first_preview(typed, tmp_path):
    task = pipeline.decompose_step(
        typed.session,
        None,
        ExpressionParams(method="gaussian"),
        cache=pipeline.StepCache(tmp_path),
    )
    first = next(p.preview for p in task if p.preview is not None)
    task.close()
    assert first.method == "split"


def test_a_saved_session_opens_with_its_expression(opened, tmp_path):
    import anndata as ad

    out = spotscope.save(opened.session, tmp_path / "OUT")
    cells, again = opened.session.cells, spotscope.load(out).cells
    read = ad.read_h5ad(out / "cells.h5ad")
    for table in (again.table, read):
        assert list(table.var_names) == list(cells.table.var_names)
        for key in (ExpressionKey.MEAN, ExpressionKey.SD):
            np.testing.assert_array_equal(table.layers[key], cells.table.layers[key])
        assert (table.layers[ExpressionKey.ASSIGNED] != cells.table.layers[KEYS[0]]).nnz == 0
        assert "expression_record" in table.uns
    assert spotscope.load(out).records["decompose"].figures["method"] == "split"


def test_another_nu_keeps_spots_whose_types_stay_and_no_other(typed, steps_cache):
    opened = spotscope.decompose(typed.session, cache=steps_cache, method="split", who="labelled")
    again = pipeline.retype(opened.session, typed.fitted, 60.0).session
    before, after = opened.session.cells, again.cells
    same = before.type_codes == after.type_codes
    spot = before.table.obs[ExpressionKey.SPOT].astype(str).to_numpy()
    changed_spots = set(spot[~same]) - {""}
    assert changed_spots
    kept = np.isfinite(after.table.layers[ExpressionKey.MEAN][:, 0])
    expected = np.where(spot == "", same, ~np.isin(spot, list(changed_spots)))
    assert (kept == expected).all()
    assert 0 < kept.sum() < len(kept)
    np.testing.assert_array_equal(
        after.table.layers[ExpressionKey.MEAN][kept], before.table.layers[ExpressionKey.MEAN][kept]
    )


def test_new_nuclei_forget_expression(opened, steps_cache):
    found = spotscope.segment(
        opened.session, cache=steps_cache, workers=2, model="watershed", probability=0.8
    )
    assert "decompose" not in found.records


def test_without_typed_cells_it_says_so(typed):
    with pytest.raises(MethodError, match="Expected typed cells in demo, found none"):
        spotscope.decompose(replace(typed.session, cells=None), method="split")


def test_without_spots_it_says_so(typed):
    alone = Session(replace(typed.session.sample, spots=None))
    with pytest.raises(MethodError, match="found an image alone"):
        spotscope.decompose(alone, method="split")


def test_a_reference_without_the_types_is_refused(typed, three_type_reference):
    with pytest.raises(MethodError, match=r"found 8 missing \(B cell"):
        spotscope.decompose(typed.session, three_type_reference, method="split")


def test_a_checkpoint_without_the_types_is_refused(typed, three_type_reference, tmp_path):
    params = ExpressionParams(method="split")
    fitted = run(pipeline.learn_reference(three_type_reference, params))
    task = pipeline.decompose_step(typed.session, None, params, fitted=fitted)
    with pytest.raises(MethodError, match="lacks 8 of them"):
        run(task)


def test_a_region_without_spots_is_refused(typed):
    far = Region("far", np.array([[-900.0, -900.0], [-900.0, -800.0], [-800.0, -800.0]]))
    with pytest.raises(MethodError, match="Expected spots in the region, found none of the 19"):
        spotscope.decompose(typed.session, method="split", regions=[far])


def test_a_session_that_does_not_know_its_reference_asks_for_it(typed):
    record = typed.session.records["type"]
    silent = replace(record, figures={**record.figures, "reference": None})
    session = replace(typed.session, records={**typed.session.records, "type": silent})
    with pytest.raises(ReadError, match="--reference REF"):
        spotscope.decompose(session, method="split")
    where = {"path": "nowhere.h5ad", "cell_type": "cell_type"}
    moved = replace(record, figures={**record.figures, "reference": where})
    session = replace(typed.session, records={**typed.session.records, "type": moved})
    with pytest.raises(ReadError, match=r"nowhere\.h5ad"):
        spotscope.decompose(session, method="split")


def test_the_cost_grows_with_the_region_and_counts_learning_once(typed, three_type_reference):
    spots = typed.session.sample.spots
    region, inside = left_half(spots)
    params = ExpressionParams(method="gaussian", rank=3)
    whole = pipeline.decompose_cost(typed.session, None, params)
    part = pipeline.decompose_cost(typed.session, None, params, [region])
    assert part.spots == len(inside)
    assert whole.spots == spots.n
    assert part.cells < whole.cells
    assert part.memory < whole.memory
    before = pipeline.decompose_cost(typed.session, three_type_reference, params)
    run(pipeline.learn_reference(three_type_reference, params))
    after = pipeline.decompose_cost(typed.session, three_type_reference, params)
    assert before.learning > 0
    assert after.learning == 0
    assert before.genes == after.genes == 0


def test_a_checkpoint_is_learned_once_and_found_by_what_is_in_the_reference(
    three_type_reference, tmp_path, monkeypatch
):
    from spotscope.methods import expression

    cache, params = pipeline.StepCache(tmp_path), ExpressionParams(method="split")
    first = run(pipeline.learn_reference(three_type_reference, params, cache=cache))
    assert pipeline.is_learned(three_type_reference, params, cache)
    monkeypatch.setattr(expression, "fit", None)
    again = run(pipeline.learn_reference(three_type_reference, params, cache=cache))
    assert again.fingerprint == first.fingerprint
    other = replace(three_type_reference, codes=three_type_reference.codes[::-1].copy())
    assert not pipeline.is_learned(other, params, cache)


def test_what_the_counts_explain_is_the_mean_over_all_parts(opened, typed, steps_cache):
    spots = typed.session.sample.spots
    cache, params = pipeline.StepCache(steps_cache), ExpressionParams(method="split")
    _, inside = left_half(spots)
    session = typed.session
    for part in (inside, np.setdiff1d(np.arange(spots.n), inside)):
        session = run(
            pipeline.decompose_step(session, None, params, spots_wanted=part, cache=cache)
        ).session
    both, whole = session.cells.table.var, opened.session.cells.table.var
    np.testing.assert_allclose(
        both[ExpressionKey.EXPLAINED], whole[ExpressionKey.EXPLAINED], rtol=1e-4, atol=1e-6
    )


def test_a_nucleus_of_another_type_takes_its_own_spot_away_and_no_other(opened):
    from spotscope.pipeline.expression._kept import kept_expression

    before = opened.session.cells
    table = before.table.copy()
    home = table.obs[ExpressionKey.SPOT].astype(str).to_numpy()
    row = int(np.flatnonzero((home != "") & (table.obs[CellKey.SPOT_ID] == ""))[0])
    codes = before.type_codes.astype(int).copy()
    codes[row] = (codes[row] + 1) % len(before.types)
    table.obs[CellKey.CELL_TYPE] = pd.Categorical.from_codes(codes, list(before.types))
    after = kept_expression(before, replace(before, table=table))
    known = np.isfinite(after.table.layers[ExpressionKey.MEAN][:, 0])
    assert (known == (home != home[row])).all()


def test_of_a_region_nuclei_told_no_more_are_those_of_its_spots_alone(typed, steps_cache):
    from spotscope.pipeline.expression._kept import kept_expression

    spots = typed.session.sample.spots
    _, inside = left_half(spots)
    params, cache = ExpressionParams(method="split"), pipeline.StepCache(steps_cache)
    before = run(
        pipeline.decompose_step(typed.session, None, params, spots_wanted=inside, cache=cache)
    ).session.cells
    assert pipeline.untold_since(before) == 0
    assert pipeline.untold_since(typed.session.cells) == 0
    home = before.table.obs[ExpressionKey.SPOT].astype(str).to_numpy()
    own = before.table.obs[CellKey.SPOT_ID].astype(str).to_numpy()
    told = np.flatnonzero((home != "") & (before.type_codes >= 0))[0]
    other = np.flatnonzero((home == "") & (own != "") & (before.type_codes >= 0))[0]
    table, codes = before.table.copy(), before.type_codes.astype(int).copy()
    codes[[told, other]] = (codes[[told, other]] + 1) % len(before.types)
    table.obs[CellKey.CELL_TYPE] = pd.Categorical.from_codes(codes, list(before.types))
    after = kept_expression(before, replace(before, table=table))
    assert pipeline.untold_since(after) == (home == home[told]).sum() > 0
    assert pipeline.told_spots(after) == pipeline.told_spots(before) - {home[told]}
    again = kept_expression(after, after)  # the next correction changes nothing of it
    assert pipeline.untold_since(again) == pipeline.untold_since(after)


@pytest.mark.parametrize(("who", "lost"), [("averaged", True), ("labelled", False)])
def test_averaged_nuclei_are_forgotten_where_one_is_as_sure_no_more(typed, steps_cache, who, lost):
    from spotscope.pipeline.expression._kept import kept_expression

    opened = spotscope.decompose(typed.session, cache=steps_cache, method="split", who=who)
    before = opened.session.cells
    table = before.table.copy()
    home = table.obs[ExpressionKey.SPOT].astype(str).to_numpy()
    first, second = [
        int(np.flatnonzero(home == name)[0]) for name in np.unique(home[home != ""])[:2]
    ]
    support = table.obs[CellKey.SUPPORT].to_numpy(float).copy()
    support[first] += 0.06 if support[first] < 0.5 else -0.06
    support[second] += 0.04 if support[second] < 0.5 else -0.04
    between = np.flatnonzero((home == "") & (before.type_codes >= 0))[:2]
    support[between[0]] += 0.06 if support[between[0]] < 0.5 else -0.06
    support[between[1]] += 0.04 if support[between[1]] < 0.5 else -0.04
    table.obs[CellKey.SUPPORT] = support
    known = np.isfinite(
        kept_expression(before, replace(before, table=table)).table.layers[ExpressionKey.MEAN][:, 0]
    )
    forgotten = home == home[first]
    forgotten[between[0]] = True
    assert (known == ~(lost & forgotten)).all()


def test_no_nucleus_left_has_no_expression_left(opened):
    from spotscope.pipeline.expression._kept import kept_expression

    before, none = opened.session.cells, np.zeros(0, np.intp)
    table = before.table[none].copy()
    empty = replace(
        before, table=table, yx_um=before.yx_um[:0], outlines=before.outlines.take(none)
    )
    after = kept_expression(before, empty)
    assert after.n == 0
    assert after.table.layers[ExpressionKey.MEAN].shape == (0, before.table.n_vars)
    assert list(after.table.var_names) == list(before.table.var_names)


def test_genes_of_a_whole_section_say_how_well_they_are_told_and_regions_keep_it(
    opened, typed, steps_cache
):
    key = ExpressionKey.HIDDEN_R
    r = opened.session.cells.table.var[key].to_numpy()
    assert np.isfinite(r).mean() > 0.5
    assert np.nanmax(r) > 0.3
    assert (np.abs(r[np.isfinite(r)]) <= 1).all()
    again = spotscope.decompose(typed.session, cache=steps_cache, method="split")  # kept on disk
    assert np.array_equal(again.session.cells.table.var[key].to_numpy(), r, equal_nan=True)
    region, _ = left_half(typed.session.sample.spots)
    within = spotscope.decompose(
        opened.session, cache=steps_cache, method="split", regions=[region]
    )
    assert np.array_equal(within.session.cells.table.var[key].to_numpy(), r, equal_nan=True)
    first = spotscope.decompose(typed.session, cache=steps_cache, method="split", regions=[region])
    assert np.isnan(first.session.cells.table.var[key].to_numpy()).all()


def test_averaged_nuclei_keep_the_sum_of_the_spot_and_both_ways_say_their_doubt(
    opened, typed, steps_cache
):
    """Capture 1: the means of a spot's cells sum to its counts, whoever is who."""
    averaged = spotscope.decompose(typed.session, cache=steps_cache, method="split", capture=1.0)
    labelled = spotscope.decompose(
        typed.session, cache=steps_cache, method="split", who="labelled", capture=1.0
    )
    tables = [found.session.cells.table for found in (averaged, labelled)]
    home = home_of(membership_of_cells(typed.session))
    inside = np.flatnonzero((home >= 0) & (typed.session.cells.type_codes >= 0))
    means = [table.layers[ExpressionKey.MEAN][inside] for table in tables]
    assert np.abs(means[0] - means[1]).max() > 0.5
    spot = sp.csr_matrix((np.ones(len(inside)), (home[inside], np.arange(len(inside)))))
    np.testing.assert_allclose(spot @ means[0], spot @ means[1], rtol=1e-3, atol=1e-3)
    given_out = [table.layers[ExpressionKey.ASSIGNED] for table in tables]
    assert (given_out[0] != given_out[1]).nnz == 0
    notes = [found.session.records["decompose"].notes for found in (averaged, labelled)]
    for said, done in zip(notes, ("the average of", "errs more than averaging"), strict=True):
        assert [done in note for note in said if "nuclei in spots are sure to" in note] == [True]
    # of a few spots the same is said as of all
    params = ExpressionParams(method="split", capture=1.0)
    few = pipeline.decompose_step(
        typed.session,
        None,
        params,
        spots_wanted=np.arange(3),
        cache=pipeline.StepCache(steps_cache),
    )
    sure = [note.split(" on average")[0] for note in notes[0] if "are sure to" in note]
    again = run(few).session.records["decompose"].notes
    assert [note.split(" on average")[0] for note in again if "are sure to" in note] == sure
