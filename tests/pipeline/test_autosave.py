"""What is kept comes back the same; what cannot be trusted is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import spotscope
from spotscope import io
from spotscope.model import Edit, EditKind, ReadError, RunRecord, run
from spotscope.pipeline import (
    Autosaver,
    Finding,
    StepCache,
    edit_step,
    kept_work,
    read_findings,
    restore_work,
)

VIEW = {"gene": "ERBB2", "camera": {"center": [0.0, 1.0, 2.0], "zoom": 3.5}, "regions": []}


@pytest.fixture
def worked(typed):
    """Typed, one nucleus deleted, looked at in a certain way."""
    edit = Edit.of(EditKind.DELETE, typed.session.nuclei.yx_um[[4]])
    done = run(edit_step(typed.session, typed.session.edits.add(edit), typed.fitted)).session
    return replace(done, view=VIEW)


def same(one, other):
    assert one.edits == other.edits
    assert one.records == other.records
    assert dict(one.view) == dict(other.view)
    np.testing.assert_array_equal(one.nuclei.radii_um, other.nuclei.radii_um)
    np.testing.assert_array_equal(one.nuclei.label_id, other.nuclei.label_id)
    np.testing.assert_array_equal(one.found.yx_um, other.found.yx_um)
    assert one.measures.keys() == other.measures.keys()
    np.testing.assert_array_equal(one.cells.type_codes, other.cells.type_codes)
    assert one.cells.table.obs.equals(other.cells.table.obs)
    here, there = one.sample.spots.table, other.sample.spots.table
    assert here.obs.equals(there.obs[here.obs.columns])
    assert here.obsm.keys() == there.obsm.keys()
    np.testing.assert_array_equal(np.asarray(one.labels.levels[0]), other.labels.levels[0])
    return True


def test_work_comes_back_as_it_was(worked, tmp_path):
    run(Autosaver(tmp_path / "a").keep(worked))
    again = run(restore_work(tmp_path / "a", cache=StepCache(tmp_path / "steps")))
    assert same(worked, again)
    assert again.sample.slide.shape == worked.sample.slide.shape
    told = kept_work(tmp_path / "a")
    assert told.name == worked.sample.name
    assert set(told.steps) == {"segment", "type", "edit"}


def test_only_what_changed_is_written_again(worked, tmp_path):
    saver = Autosaver(tmp_path)
    run(saver.keep(worked))
    before = {path.name for path in tmp_path.glob("*.zarr")}
    run(saver.keep(replace(worked, view={**VIEW, "gene": "CD3E"})))
    assert {path.name for path in tmp_path.glob("*.zarr")} == before
    assert io.read_parts(tmp_path).about["view"]["gene"] == "CD3E"
    run(saver.keep(replace(worked, cells=replace(worked.cells))))
    after = {path.name for path in tmp_path.glob("*.zarr")}
    assert {name.split("-")[0] for name in before - after} == {"cells", "spots"}
    assert len(after) == len(before)


def finding(name, score):
    record = RunRecord(f"analyse {name}", {}, 0, {"spots": "s"}, {}, 0.0, ())
    scores = pd.DataFrame({"A": [score, 0.0]}, index=["p", "q"])
    return Finding(name, name, pd.DataFrame({"gene": ["A"], "score": [score]}), record, scores)


def test_what_was_asked_is_kept_and_goes_when_it_is_gone(worked, tmp_path):
    saver, one, two = Autosaver(tmp_path), finding("variable", 1.5), finding("difference", 2.5)
    run(saver.keep(worked, [one, two]))
    assert [found.name for found in read_findings(tmp_path)] == ["difference", "variable"]
    other = finding("variable", 3.5)
    run(saver.keep(worked, [other]))
    (found,) = read_findings(tmp_path)
    assert found.table.equals(other.table)
    assert found.per_spot.equals(other.per_spot)
    run(saver.keep(worked))
    assert read_findings(tmp_path) == ()
    assert list((tmp_path / "analysis").iterdir()) == []


def test_a_crash_while_keeping_leaves_what_was_kept(worked, tmp_path):
    saver = Autosaver(tmp_path)
    run(saver.keep(replace(worked, edits=worked.edits)))
    task = saver.keep(replace(worked, cells=replace(worked.cells), view={}))
    next(task)
    next(task)
    task.close()
    assert io.read_parts(tmp_path).about["view"] == VIEW
    assert same(worked, run(restore_work(tmp_path, cache=StepCache(tmp_path / "steps"))))


def test_moved_spots_come_back_where_they_were(demo_files, tmp_path):
    session = spotscope.read(demo_files["spots"], image=demo_files["image"])
    session = spotscope.align(session, (6, -4))
    run(Autosaver(tmp_path).keep(session))
    again = run(restore_work(tmp_path))
    np.testing.assert_allclose(again.sample.spots.yx_um, session.sample.spots.yx_um)
    assert again.sample.alignment == session.sample.alignment


def test_other_files_are_refused(worked, demo_files, tmp_path):
    import anndata as ad

    table = ad.read_h5ad(demo_files["spots"])
    path = tmp_path / "spots.h5ad"
    table.write_h5ad(path)
    opened = {**worked.sample.opened, "path": str(path)}
    session = replace(worked, sample=replace(worked.sample, opened=opened))
    run(Autosaver(tmp_path / "a").keep(session))
    table[:-1].copy().write_h5ad(path)
    with pytest.raises(ReadError, match="found others"):
        run(restore_work(tmp_path / "a"))


def test_a_sample_made_in_memory_is_kept_whole(worked, tmp_path):
    session = replace(worked, sample=replace(worked.sample, opened={}))
    run(Autosaver(tmp_path).keep(session))
    again = run(restore_work(tmp_path))
    assert again.nuclei.n == worked.nuclei.n
    np.testing.assert_array_equal(again.cells.type_codes, worked.cells.type_codes)
    assert dict(again.view) == VIEW


def test_nothing_kept_and_damage_are_told_apart(worked, tmp_path):
    assert kept_work(tmp_path) is None
    saver = Autosaver(tmp_path / "a")
    run(saver.keep(worked))
    next((tmp_path / "a").glob("cells-*")).rename(tmp_path / "gone")
    with pytest.raises(ReadError, match="missing or damaged"):
        run(restore_work(tmp_path / "a"))
    saver.forget()
    assert kept_work(tmp_path / "a") is None
