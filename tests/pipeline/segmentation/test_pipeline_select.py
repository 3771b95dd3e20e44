"""Thresholds that move: the nuclei are those of a run with the same thresholds."""

from __future__ import annotations

import numpy as np
import pytest

import spotscope
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import load_model, precisions
from spotscope.model import Edit, EditKind, EditLog, Membership, MethodError, run, update
from spotscope.pipeline import (
    StepCache,
    can_choose,
    candidates_of,
    edit_step,
    fetch_candidates,
    load_fitted_of,
    select_step,
)

PARAMS = SegmentationParams(model="watershed", probability=0.6)


@pytest.fixture(scope="module")
def cache(typed, steps_cache):
    return StepCache(steps_cache)


def test_other_thresholds_choose_what_a_run_with_them_finds(typed, cache, steps_cache):
    chosen = run(select_step(typed.session, PARAMS, cache=cache))
    found = spotscope.segment(typed.session, cache=steps_cache, model="watershed", probability=0.6)
    assert 0 < chosen.nuclei.n < typed.session.nuclei.n
    assert np.array_equal(chosen.nuclei.yx_um, found.nuclei.yx_um)
    assert np.array_equal(np.asarray(chosen.labels.levels[0]), np.asarray(found.labels.levels[0]))
    assert chosen.session.records["segment"].params["probability"] == 0.6
    assert chosen.session.cells is None


def test_each_nucleus_knows_which_it_was(typed, cache):
    chosen = run(select_step(typed.session, PARAMS, typed.fitted, cache=cache))
    assert (chosen.old >= 0).all()
    assert np.array_equal(typed.session.nuclei.yx_um[chosen.old], chosen.nuclei.yx_um)
    more = run(select_step(chosen.session, update(PARAMS, probability=0.2), cache=cache))
    assert (more.old < 0).any()


def test_types_follow_with_what_was_learned(typed, cache):
    chosen = run(select_step(typed.session, PARAMS, typed.fitted, cache=cache))
    assert chosen.typed is not None
    cells = chosen.session.cells
    owner = Membership.from_discs(chosen.nuclei, typed.session.sample.spots).owner
    assert cells.n == chosen.nuclei.n
    assert (cells.type_codes[owner >= 0] >= 0).all()
    # nuclei that stay mostly keep their type
    same = cells.type_codes == typed.session.cells.type_codes[chosen.old]
    assert same.mean() > 0.8
    # and the fit is found again from the cache, carried over to these nuclei
    fitted = load_fitted_of(chosen.session, cache)
    assert np.array_equal(fitted.state.owner, owner)
    assert np.array_equal(fitted.solve(2.0).codes, chosen.typed.fitted.solve(2.0).codes)


def test_thresholds_moved_away_and_back_give_the_types_of_before(typed, cache):
    away = run(select_step(typed.session, PARAMS, typed.fitted, cache=cache))
    before = SegmentationParams.model_validate(dict(typed.session.records["segment"].params))
    back = run(select_step(away.session, before, away.typed.fitted, cache=cache))
    assert away.nuclei.n < back.nuclei.n == typed.session.nuclei.n
    assert np.array_equal(back.session.cells.type_codes, typed.session.cells.type_codes)


def test_edits_hold_under_other_thresholds(typed, cache):
    sure = int(np.argmax(typed.session.nuclei.probability))
    unsure = int(np.argmin(typed.session.nuclei.probability))
    nuclei = typed.session.nuclei
    log = EditLog().add(
        Edit.of(EditKind.DELETE, nuclei.yx_um[sure]),
        Edit.of(EditKind.ACCEPT, nuclei.yx_um[unsure], nuclei.polygons()[unsure]),
    )
    session = run(edit_step(typed.session, log, typed.fitted)).session
    chosen = run(select_step(session, PARAMS, typed.fitted, cache=cache))

    def nearest(nucleus):
        return np.linalg.norm(chosen.nuclei.yx_um - nuclei.yx_um[nucleus], axis=1).min()

    assert nearest(sure) > 1
    assert nearest(unsure) < 0.01
    # an edit after that, and back: types are those of these nuclei
    one = run(edit_step(chosen.session, log.undo(), chosen.typed.fitted)).session
    two = run(edit_step(one, log, chosen.typed.fitted)).session
    assert two.cells.table.obs.equals(chosen.session.cells.table.obs)


def test_a_view_comes_first(typed, cache):
    low = typed.session.nuclei.yx_um.mean(axis=0) - 50
    box = (*low, *(low + 100))
    seen = []
    whole = run(
        select_step(typed.session, PARAMS, cache=cache, view_um=box),
        lambda progress: seen.append(progress.preview),
    )
    (view,) = [preview for preview in seen if preview is not None]
    reach = candidates_of(typed.session, PARAMS, cache).reach_um().max()
    low, high = low - reach, low + 100 + reach  # whoever reaches into it
    inside = ((whole.nuclei.yx_um >= low) & (whole.nuclei.yx_um <= high)).all(axis=1)
    assert 0 < inside.sum() < whole.nuclei.n
    assert np.array_equal(view.nuclei.yx_um, whole.nuclei.yx_um[inside])
    assert view.session is None


def test_other_settings_need_a_new_search(typed, cache):
    assert candidates_of(typed.session, PARAMS, cache) is not None
    other = update(PARAMS, sensitivity=0.7)
    assert candidates_of(typed.session, other, cache) is None
    with pytest.raises(MethodError, match="find the nuclei again"):
        run(select_step(typed.session, other, cache=cache))


def test_a_run_brings_its_candidates_along_so_that_thresholds_act_at_once(
    typed, steps_cache, tmp_path
):
    mine = StepCache(tmp_path / "mine")
    assert not can_choose(typed.session, PARAMS, mine)
    fetch_candidates(typed.session, steps_cache, mine)
    assert can_choose(typed.session, PARAMS, mine)
    here = run(select_step(typed.session, PARAMS, cache=mine))
    there = run(select_step(typed.session, PARAMS, cache=StepCache(steps_cache)))
    assert np.array_equal(here.nuclei.yx_um, there.nuclei.yx_um)
    kept = sorted(path.name for path in mine.root.iterdir())
    fetch_candidates(typed.session, tmp_path / "nowhere", mine)
    assert sorted(path.name for path in mine.root.iterdir()) == kept


def test_a_model_left_open_is_named_in_the_record_and_its_thresholds_act(demo_files, tmp_path):
    session = spotscope.read(demo_files["spots"], image=demo_files["image"])
    found = spotscope.segment(session, cache=tmp_path)
    record = found.records["segment"]
    assert record.params["model"] == "he"
    assert any("non-commercial" in note or "CC BY-NC" in note for note in record.notes)
    network = load_model("he").network
    assert record.figures["computed_in"] == precisions(network)[0]
    left_open = SegmentationParams(probability=0.7)
    cache = StepCache(tmp_path)
    assert can_choose(found, left_open, cache)
    fewer = run(select_step(found, left_open, cache=cache)).session
    assert 0 < fewer.nuclei.n < found.nuclei.n
    assert fewer.records["segment"].params["model"] == "he"
    assert not can_choose(found, SegmentationParams(model="watershed"), cache)
