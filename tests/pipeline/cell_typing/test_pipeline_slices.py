"""Slices typed together, from sessions and from the command line."""

from __future__ import annotations

import shutil
from dataclasses import replace

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.methods import cell_typing
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import (
    Lattice,
    MethodError,
    OutFile,
    Reference,
    Sample,
    Session,
    Spots,
    Transform,
    run,
)
from spotscope.pipeline import StepCache, open_session
from spotscope.pipeline._recipe import recipe_of
from spotscope.pipeline.cell_typing._find_fit import find_fitted, load_fitted_of
from spotscope.pipeline.cell_typing._slices import SlicesParams, type_slices
from spotscope.pipeline.cell_typing._slices_answer import changed_share
from spotscope.pipeline.cell_typing._stack import stack
from spotscope.pipeline.cell_typing._step import retype, typing_step
from spotscope.pipeline.cli import main

GENES = [f"{kind}{i}" for kind in "ABC" for i in range(12)]
CELLS = np.kron(np.eye(3, dtype=int) * 9 + 1, np.ones(12, int))
PARAMS = CellTypingParams(umi_min=0)


def slice_table(seed, genes=None):
    """A lattice of 4 × 6 spots 100 µm apart: two columns of each type, one cell a spot."""
    rng = np.random.default_rng(seed)
    y, x = np.divmod(np.arange(24), 6)
    counts = pd.DataFrame(rng.poisson(2 * CELLS[x // 2]), columns=GENES)
    counts = counts[genes or GENES]
    table = ad.AnnData(
        sp.csr_matrix(counts.to_numpy(np.int32)),
        obs=pd.DataFrame(index=[f"spot{i}" for i in range(24)]),
        var=pd.DataFrame(index=list(counts.columns)),
    )
    return table, 100.0 * np.stack([y, x], axis=1).astype(float), x // 2


def session_of(seed, genes=None, pitch_um=100.0):
    table, yx, _ = slice_table(seed, genes)
    spots = Spots(table, yx, Lattice("square", pitch_um, 55.0))
    return Session(Sample(f"slice {seed}", spots=spots))


@pytest.fixture(scope="module")
def reference():
    cells = np.random.default_rng(9).poisson(np.repeat(CELLS, 6, axis=0) * 20)
    names = pd.DataFrame(
        {"cell_type": np.repeat(list("ABC"), 6)}, index=[f"c{i}" for i in range(18)]
    )
    table = ad.AnnData(
        sp.csr_matrix(cells.astype(np.int32)), obs=names, var=pd.DataFrame(index=GENES)
    )
    return Reference.from_table(table)


def typed_alone(sessions, reference, tmp_path):
    ones = np.ones(24, np.int64)
    cache = StepCache(tmp_path)
    return [run(typing_step(one, reference, PARAMS, cache=cache, n_cells=ones)) for one in sessions]


def test_a_stack_has_all_spots_and_the_genes_that_all_have(reference, tmp_path):
    alone = typed_alone([session_of(1), session_of(2, GENES[::-1][4:])], reference, tmp_path)
    aside = Transform.shift(10.0, -20.0)
    made = stack(
        [typed.session for typed in alone],
        [typed.fitted for typed in alone],
        [Transform(), aside],
        7,
    )
    assert list(made.spots.table.var_names) == GENES[:-4]
    second = alone[1].session.sample.spots.table
    assert np.array_equal(
        made.spots.counts[24:].toarray(),
        second[:, GENES[:-4]].X.toarray(),
    )
    assert made.membership.owner.tolist() == list(range(48))
    assert made.zyx_um[0].tolist() == [0.0, 0.0, 0.0]
    assert made.zyx_um[24 + 7].tolist() == [7.0, 110.0, 80.0]
    part = cell_typing.part_of(alone[0].typing, made.places[0])
    assert part.codes.tolist() == alone[0].typing.codes.tolist()


def test_slices_of_two_lattices_are_refused(reference, tmp_path):
    alone = typed_alone([session_of(1), session_of(2, pitch_um=200.0)], reference, tmp_path)
    sessions, fits = [t.session for t in alone], [t.fitted for t in alone]
    with pytest.raises(MethodError, match="one assay"):
        stack(sessions, fits, [Transform(), Transform()], 10.0)


def test_slices_typed_together_say_what_changed(reference, tmp_path):
    how = SlicesParams(align="none", across_um=5.0)
    ones = [np.ones(24, np.int64), np.minimum(np.arange(24), 1)]  # a spot without a cell
    sessions = [session_of(1), session_of(2)]
    cache = StepCache(tmp_path)
    done = run(type_slices(sessions, reference, PARAMS, how, cache=cache, n_cells=ones))
    truth = slice_table(0)[2]
    for k, session in enumerate(done.sessions):
        assert session.cells.type_codes.tolist() == truth[ones[k] > 0].tolist()
        told = session.records["type"].figures["slices"]
        assert told["number"] == k
        assert told["across_um"] == 5.0
        changed = (session.cells.type_codes != done.alone[k].codes).mean()
        assert done.changes[k].changed == pytest.approx(changed)
        notes = session.records["type"].notes
        assert done.changes[k].sentence in notes
        assert set(done.fit.fitted.notes) <= set(notes)
        # the fit of all is what these types came from, not that of the slice alone
        fitted = load_fitted_of(session, cache)
        np.testing.assert_array_equal(fitted.solve(told["nu"]).codes, session.cells.type_codes)
    assert any("1 of 24 spots" in note for note in done.fit.alone[1].fitted.notes)
    assert not any("of 24 spots" in note for note in notes)
    assert any("1 of 48 spots" in note for note in notes)


def test_a_slice_turned_by_itself_is_answered_with_the_others_and_says_that_they_stay(
    reference, tmp_path
):
    how, ones = SlicesParams(align="none", across_um=5.0), [np.ones(24, np.int64)] * 2
    sessions, cache = [session_of(1), session_of(2)], StepCache(tmp_path / OutFile.STEPS)
    done = run(type_slices(sessions, reference, PARAMS, how, cache=cache, n_cells=ones))
    before = done.sessions[1].records["type"].params["nu_used"]
    # as a folder of the slice alone, in that of all: the fit lies one above
    fitted = find_fitted(done.sessions[1], tmp_path / "2-slice")
    turned = retype(done.sessions[1], fitted, 40.0).session
    expected = done.fit.labels(40.0)[1]
    np.testing.assert_array_equal(turned.cells.type_codes, expected.codes)
    [said] = [note for note in turned.records["type"].notes if "by itself" in note]
    assert f"typed at ν {before:g}, and this one was turned to 40 by itself" in said
    again = retype(turned, fitted, before).session
    np.testing.assert_array_equal(again.cells.type_codes, done.sessions[1].cells.type_codes)
    assert again.records["type"].notes == done.sessions[1].records["type"].notes


def test_a_slice_of_an_earlier_version_has_no_fit(reference, tmp_path):
    how, ones = SlicesParams(align="none", across_um=5.0), [np.ones(24, np.int64)] * 2
    sessions, cache = [session_of(1), session_of(2)], StepCache(tmp_path / OutFile.STEPS)
    done = run(type_slices(sessions, reference, PARAMS, how, cache=cache, n_cells=ones))
    record = done.sessions[0].records["type"]
    told = {k: v for k, v in record.figures["slices"].items() if k in ("names", "number")}
    earlier = replace(record, figures={**record.figures, "slices": told})
    session = replace(done.sessions[0], records={"type": earlier})
    assert load_fitted_of(session, cache) is None


def test_another_nu_is_answered_by_the_fit_that_was_made(reference, tmp_path, monkeypatch):
    how = SlicesParams(align="none", across_um=5.0)
    ones, cache = [np.ones(24, np.int64)] * 2, StepCache(tmp_path)
    sessions = [session_of(1), session_of(2)]
    done = run(type_slices(sessions, reference, PARAMS, how, cache=cache, n_cells=ones))
    smooth = done.fit.at(40.0)

    def no_fit(*_args, **_named):
        raise AssertionError("fitted again")

    monkeypatch.setattr(cell_typing, "fit", no_fit)
    other = PARAMS.model_copy(update={"nu": 40.0})
    again = run(type_slices(sessions, reference, other, how, cache=cache, n_cells=ones))
    for one, same in zip(smooth.sessions, again.sessions, strict=True):
        np.testing.assert_array_equal(one.cells.type_codes, same.cells.type_codes)
        assert one.records["type"].params["nu_used"] == 40.0
    near = SlicesParams(align="none", across_um=1.0)
    with pytest.raises(AssertionError, match="fitted again"):
        run(type_slices(sessions, reference, PARAMS, near, cache=cache, n_cells=ones))


def test_a_moved_nu_labels_all_slices_jointly_without_a_table(reference, tmp_path):
    sessions = [session_of(1), session_of(2)]
    ones, cache = [np.ones(24, np.int64)] * 2, StepCache(tmp_path)
    how = SlicesParams(align="none", across_um=1.0)
    fit = run(type_slices(sessions, reference, PARAMS, how, cache=cache, n_cells=ones)).fit
    for nu in (0.0, 2.0, 40.0):
        labels, typed = fit.labels(nu), fit.at(nu)
        assert len(labels) == 2
        for one, session in zip(labels, typed.sessions, strict=True):
            np.testing.assert_array_equal(one.codes, session.cells.type_codes)
            assert one.nu == nu
    whole = fit.fitted.solve(2.0)
    assert np.concatenate([one.codes for one in fit.labels(2.0)]).tolist() == whole.codes.tolist()
    near = fit.fitted._field.graph
    for cell in range(48):  # each listens to cells of its own slice, and of the other one
        others = near.other[near.start[cell] : near.start[cell + 1]]
        assert set(others // 24) == {0, 1}


def test_slices_search_as_long_as_they_are_told(reference, tmp_path):
    sessions, ones = [session_of(1), session_of(2)], [np.ones(24, np.int64)] * 2
    how, cache = SlicesParams(align="none", across_um=5.0), StepCache(tmp_path)
    long = PARAMS.model_copy(update={"nu": 3.0, "search": "long"})
    told = []
    task = type_slices(sessions, reference, long, how, cache=cache, n_cells=ones)
    done = run(task, told.append)
    assert sum(p.stage == "settling labels" for p in told) > 3 * 100  # two alone, and together
    quick = done.fit.fitted.solve(3.0)
    for k, session in enumerate(done.sessions):
        part = cell_typing.part_of(run(done.fit.fitted.settle(3.0)), done.fit.stacked.places[k])
        np.testing.assert_array_equal(session.cells.type_codes, part.codes)
        assert part.energy <= quick.energy


def test_cells_of_a_spot_that_swap_types_change_nothing():
    owner = np.array([0, 0, 1, -1], np.int32)
    before = np.array([0, 1, 0, 2], np.int16)
    assert changed_share(owner, before, np.array([1, 0, 0, 0], np.int16)) == 0.0
    assert changed_share(owner, before, np.array([1, 1, 0, 2], np.int16)) == pytest.approx(1 / 3)
    assert changed_share(np.array([-1], np.int32), before[:1], before[:1]) == 0.0


def test_one_slice_is_not_several(reference):
    with pytest.raises(MethodError, match="at least two slices, found 1"):
        run(type_slices([session_of(1)], reference, PARAMS, SlicesParams()))


def test_the_command_writes_a_folder_a_slice(reference, tmp_path, capsys, monkeypatch):
    paths = []
    for seed in (1, 2):
        table, yx, _ = slice_table(seed)
        table.obsm["spatial"] = yx[:, ::-1]
        table.uns["spatial_units"] = "micrometre"
        paths.append(tmp_path / f"slice{seed}.h5ad")
        table.write_h5ad(paths[-1])
    reference.table.write_h5ad(tmp_path / "reference.h5ad")
    words = ["slices", *paths, "--reference", tmp_path / "reference.h5ad", "--align", "none"]
    words += ["--umi-min", "0", "--out", tmp_path / "OUT"]
    assert main(list(map(str, words))) == 0
    seen = capsys.readouterr()
    assert "typed with the other slices" in seen.err
    for name in ("1-slice1", "2-slice2"):
        assert (tmp_path / "OUT" / name / OutFile.CELLS).is_file()
    # one of them taken out and turned by itself: by the fit of all, which lies in its folder too
    first = shutil.move(tmp_path / "OUT" / "1-slice1", tmp_path / "alone")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another computer"))
    assert main(["hold", str(first), "--nu", "33"]) == 0
    assert "this one was turned to 33 by itself" in capsys.readouterr().err
    # the commands that are copied type it alone, and say so
    [said] = [r for r in recipe_of(run(open_session(first))).remarks if "other slices" in r]
    assert "(slice1, slice2; 'spotscope slices')" in said
    assert main([*map(str, words), "--across-um", "-1"]) == 2
    assert "across" in capsys.readouterr().err
