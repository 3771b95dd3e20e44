"""A gene that was left out is told from what is kept: the same values, no run over the evidence."""

from __future__ import annotations

import gc
import shutil

import numpy as np
import pytest

import spotscope
from spotscope import io, pipeline
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.expression._gaussian import GaussianCells
from spotscope.model import ExpressionKey, ExpressionSource, ReadError, Region, run, update

LAYERS = [ExpressionKey.ASSIGNED, ExpressionKey.MEAN, ExpressionKey.SD, ExpressionKey.SPLIT]
FEW = {"method": "gaussian", "rank": 3, "rounds": 2, "most_genes": 10}


@pytest.fixture
def steps(tmp_path):
    return tmp_path / "steps"


@pytest.fixture(scope="module")
def left_out(typed, tmp_path_factory):
    """Two genes that are not among the ten, and the values of all."""
    cache = tmp_path_factory.mktemp("every")
    every = spotscope.decompose(typed.session, cache=cache, **{**FEW, "most_genes": "auto"}).session
    some = spotscope.decompose(typed.session, cache=cache, **FEW).session
    names = [str(g) for g in every.cells.table.var_names if g not in some.cells.table.var_names]
    return names[:2], every


def refuse(*_):
    raise AssertionError("asked again")


def is_as_among_all(session, every):
    genes = session.cells.table.var_names
    column = every.cells.table.var_names.get_indexer(genes)
    source = session.cells.table.obs[ExpressionKey.SOURCE]
    assert (source == ExpressionSource.PRIOR).any()  # nuclei between spots, too
    for key in LAYERS:
        own, whole = (s.cells.table.layers[key] for s in (session, every))
        own, whole = (a.toarray() if hasattr(a, "toarray") else a for a in (own, whole))
        np.testing.assert_allclose(own, whole[:, column], rtol=3e-4, atol=1e-4)
    for name in (ExpressionKey.EXPLAINED, ExpressionKey.HIDDEN_R):
        own, whole = (s.cells.table.var[name.value].to_numpy() for s in (session, every))
        np.testing.assert_allclose(own, whole[column], rtol=1e-3, atol=1e-4)


def test_genes_come_one_by_one_without_asking_the_spots_again(typed, steps, left_out, monkeypatch):
    (first, second), every = left_out
    spotscope.decompose(typed.session, cache=steps, **FEW)
    monkeypatch.setattr(GaussianCells, "latents", refuse)
    monkeypatch.setattr(GaussianCells, "_asked", refuse)
    monkeypatch.setattr("spotscope.methods.expression.hidden_gene_r", refuse, raising=False)
    one = spotscope.decompose(typed.session, cache=steps, also_genes=first, **FEW).session
    assert first in one.cells.table.var_names
    both = spotscope.decompose(one, cache=steps, also_genes=f"{first}, {second}", **FEW).session
    assert {first, second} < set(both.cells.table.var_names)
    assert both.cells.table.n_vars == 12
    assert both.records["decompose"].params["also_genes"] == f"{first}, {second}"
    is_as_among_all(both, every)


def test_an_answer_that_is_gone_is_told_anew_from_what_is_kept(typed, steps, left_out, monkeypatch):
    (first, _), every = left_out
    spotscope.decompose(typed.session, cache=steps, **FEW)
    for folder in steps.glob("decompose-*"):
        shutil.rmtree(folder)
    monkeypatch.setattr(GaussianCells, "_asked", refuse)
    one = spotscope.decompose(typed.session, cache=steps, also_genes=first, **FEW).session
    assert one.cells.table.n_vars == 11
    is_as_among_all(one, every)


def test_answers_that_another_window_removes_are_told_anew_or_left_to_who_reads_them(
    typed, steps, left_out
):
    (first, _), every = left_out
    spotscope.decompose(typed.session, cache=steps, **FEW)
    params = update(ExpressionParams(), also_genes=first, **FEW)
    reference = run(pipeline.reference_of(typed.session))
    task = pipeline.decompose_step(
        typed.session, reference, params, cache=pipeline.StepCache(steps)
    )
    next(task)  # it has been seen that they are there
    assert not any(io.let_go(folder) for folder in steps.glob("decompose-*"))
    is_as_among_all(run(task).session, every)
    gc.collect()
    gone = [io.let_go(folder) for folder in steps.glob("decompose-*")]
    assert len(gone) == 2
    assert all(gone)


def test_an_answer_of_which_a_file_is_gone_is_told_anew(typed, steps, left_out):
    _, every = left_out
    spotscope.decompose(typed.session, cache=steps, **FEW)
    (folder,) = steps.glob("decompose-*")
    (folder / "expression.safetensors").unlink()
    is_as_among_all(spotscope.decompose(typed.session, cache=steps, **FEW).session, every)


def test_latents_of_which_a_file_is_gone_are_asked_again(typed, steps, left_out):
    (first, _), every = left_out
    spotscope.decompose(typed.session, cache=steps, **FEW)
    (folder,) = steps.glob("latents-*")
    (folder / "latents.safetensors").unlink()
    one = spotscope.decompose(typed.session, cache=steps, also_genes=first, **FEW).session
    assert one.cells.table.n_vars == 11
    is_as_among_all(one, every)


def test_answers_that_a_hand_removes_meanwhile_are_one_sentence(typed, steps, left_out):
    (first, _), _ = left_out
    spotscope.decompose(typed.session, cache=steps, **FEW)
    params = update(ExpressionParams(), also_genes=first, **FEW)
    reference = run(pipeline.reference_of(typed.session))
    task = pipeline.decompose_step(
        typed.session, reference, params, cache=pipeline.StepCache(steps)
    )
    next(task)
    for folder in steps.glob("decompose-*"):
        shutil.rmtree(folder)
    with pytest.raises(ReadError, match="found them removed meanwhile; ask again"):
        run(task)


def test_fewer_genes_are_those_of_the_answer_that_is_there(typed, steps, left_out):
    (first, second), every = left_out
    asked = {**FEW, "also_genes": f"{first} {second}"}
    spotscope.decompose(typed.session, cache=steps, **asked)
    fewer = spotscope.decompose(typed.session, cache=steps, **FEW).session
    assert fewer.cells.table.n_vars == 10
    is_as_among_all(fewer, every)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"seed": 3}, id="seed"),
        pytest.param({"alike": 0.2}, id="parameter"),
        pytest.param({"allocation": "multinomial"}, id="drawn counts"),
    ],
)
def test_nothing_is_taken_from_another_question(typed, steps, left_out, monkeypatch, other):
    (first, _), _ = left_out
    spotscope.decompose(typed.session, cache=steps, **FEW)
    monkeypatch.setattr(GaussianCells, "_asked", refuse)
    with pytest.raises(AssertionError, match="asked again"):
        spotscope.decompose(typed.session, cache=steps, also_genes=first, **{**FEW, **other})


def test_where_all_genes_are_told_nothing_is_kept_beside_them(typed, steps):
    spotscope.decompose(typed.session, cache=steps, **{**FEW, "most_genes": "auto"})
    assert not list(steps.glob("latents-*"))


def test_a_region_keeps_its_own(typed, steps, left_out, monkeypatch):
    (first, _), _ = left_out
    yx = typed.session.sample.spots.yx_um
    middle, low, high = np.median(yx[:, 1]) + 1, yx.min() - 100, yx.max() + 100
    half = Region("half", np.array([[low, low], [low, middle], [high, middle], [high, low]]))
    asked = {"cache": steps, "regions": [half], **FEW}
    spotscope.decompose(typed.session, **asked)
    monkeypatch.setattr(GaussianCells, "_asked", refuse)
    one = spotscope.decompose(typed.session, also_genes=first, **asked).session
    told = np.isfinite(one.cells.table.layers[ExpressionKey.MEAN])
    assert one.cells.table.n_vars == 11
    assert told[:, 0].any()
    assert not told.all()


def test_the_cost_is_that_of_what_is_left_to_do(typed, demo):
    """In the user's cache, where the window keeps what it asks."""
    params = ExpressionParams(**{**FEW, "rank": 20})
    asked = typed.session, demo.reference, params
    run(pipeline.decompose_step(*asked))
    more = update(params, also_genes=str(typed.session.sample.spots.table.var_names[0]))
    kept = pipeline.decompose_cost(*asked[:2], more)
    anew = pipeline.decompose_cost(*asked[:2], update(more, alike=0.4))
    assert kept.seconds < anew.seconds
    assert (kept.genes, kept.cells) == (anew.genes, anew.cells)
