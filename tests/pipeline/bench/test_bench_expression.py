"""The benchmarks of expression and imputation, run on small drawn cells."""

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from anndata import AnnData

from spotscope.evaluation import (
    between_table,
    dropout_table,
    pool_cells,
    score_between,
    score_dropout,
)
from spotscope.evaluation._between_cases import leave_between
from spotscope.evaluation._dropout import thin_genes
from spotscope.evaluation._expression_cases import _thinned
from spotscope.evaluation._imputation_cases import ImputationCase
from spotscope.evaluation._real_cells import RealCells
from spotscope.model import ParamsError, Reference, run
from spotscope.pipeline.bench._between import bench_between
from spotscope.pipeline.bench._dropout import bench_dropout
from spotscope.pipeline.bench._expression import bench_expression
from spotscope.pipeline.bench._imputation import bench_imputation
from spotscope.pipeline.bench._imputation_peers import IMPUTATION_PEERS, _call_of, peer_names
from spotscope.pipeline.bench._typing_peers import PeerRun

GENES = tuple(f"G{g}" for g in range(40))


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("LOCALAPPDATA", str(tmp_path_factory.mktemp("local")))
        yield


@pytest.fixture(scope="module")
def cells():
    """Three types of cells in bands; 300 to pool and 300 to learn from."""
    rng = np.random.default_rng(0)
    profiles = rng.gamma(0.7, 3, (3, 40))
    yx = rng.uniform(0, 300, (600, 2))
    codes = np.clip((yx[:, 1] / 100).astype(int), 0, 2)
    counts = sp.csr_matrix(rng.poisson(profiles[codes] * rng.gamma(4, 1 / 4, (600, 40))))
    names = np.array(("a", "b", "c"))
    obs = pd.DataFrame({"cell_type": names[codes[:300]]}, index=[f"c{i}" for i in range(300)])
    table = AnnData(counts[:300], obs=obs, var=pd.DataFrame(index=list(GENES)))
    reference = Reference.from_table(table)
    return RealCells(counts[300:], yx[300:], codes[300:], GENES, reference)


def test_tiers_and_floors_are_scored_on_the_same_spots(cells):
    case = _thinned("toy", 0, 0.5, cells, pool_cells(cells, 0, most_spots=30))
    scores = run(bench_expression([case], ("split", "gaussian")))
    assert {(s.labels, s.method) for s in scores} == {
        (labels, method)
        for labels in ("known", "inferred")
        for method in ("y / M", "type mean", "split", "gaussian")
    } | {("inferred", f"{tier}, averaged") for tier in ("split", "gaussian")} | {
        ("known", "ceiling")
    }
    known = {score.method: score for score in scores if score.labels == "known"}
    assert known["split"].lost == known["gaussian"].lost == 0
    assert known["ceiling"].cosine > known["split"].cosine > known["y / M"].cosine
    assert 0.5 < known["gaussian"].covered <= 1
    assert np.isnan(known["type mean"].covered)
    inferred = {score.method: score for score in scores if score.labels == "inferred"}
    assert inferred["split, averaged"].cosine != inferred["split"].cosine
    assert inferred["split, averaged"].lost == 0


def test_imputation_is_scored_beside_its_floors(cells):
    hidden = np.arange(0, 40, 4)
    left = np.setdiff1d(np.arange(40), hidden)
    case = ImputationCase(
        "toy", 0, "gene", 0, cells.counts[:, left], tuple(GENES[g] for g in left), cells.yx_um,
        tuple(GENES[g] for g in hidden), cells.counts[:, hidden], cells.reference,
    )  # fmt: skip
    found = run(bench_imputation([case], ("gaussian", "blend")))
    scores = {s.method: s for s in found.scores}
    assert set(scores) == {"type mean", "kNN", "ridge", "principal kNN", "gaussian", "blend"}
    assert all(score.pcc > 0.2 for score in scores.values())
    assert np.isfinite(scores["gaussian"].covered)
    assert scores["blend"].pcc > scores["type mean"].pcc
    assert np.isnan(scores["ridge"].covered)


@pytest.mark.skipif(find_spec("tangram") is not None, reason="this environment has the peer")
def test_a_peer_that_is_not_there_is_noted_and_one_unknown_refused(cells, tmp_path):
    hidden, left = np.arange(3), np.arange(3, 40)
    case = ImputationCase(
        "toy", 0, "gene", 0, cells.counts[:60, left], tuple(GENES[g] for g in left),
        cells.yx_um[:60], tuple(GENES[g] for g in hidden), cells.counts[:60, hidden],
        cells.reference,
    )  # fmt: skip
    found = run(bench_imputation([case], (), peers=("tangram",), how=PeerRun(keep=tmp_path)))
    assert found.notes == ("Tangram, clusters, toy, gene 0: not installed",)
    assert not list(tmp_path.iterdir())
    with pytest.raises(ParamsError, match="among tangram, gimvi, moscot, found magic"):
        peer_names("magic")


def test_every_peer_is_called_by_a_function_of_its_own():
    called = [_call_of(name) for name in IMPUTATION_PEERS]
    for name, text in zip(IMPUTATION_PEERS, called, strict=True):
        assert text.startswith(f"def {name}(panel")
        assert text.count("\ndef ") == 0  # a change to one leaves the kept answers of another
    assert len(set(called)) == len(IMPUTATION_PEERS)


def test_thinned_genes_keep_their_level_and_are_told_from_what_is_left(cells):
    case = thin_genes("toy", 0, 100, cells, np.random.default_rng(0))
    left = case.counts[:, case.thinned].toarray()
    assert left.sum(axis=0).tolist() == [100] * 22
    assert (left <= case.truth).all()
    untouched = np.setdiff1d(np.arange(40), case.thinned)
    assert (case.counts[:, untouched] != cells.counts[:, untouched]).nnz == 0
    scores = {score.method: score for score in run(bench_dropout([case]))}
    assert scores["gaussian"].pcc > scores["thinned counts"].pcc + 0.1
    assert scores["gaussian"].mae < scores["thinned counts"].mae
    assert scores["smoothed over alike cells"].pcc > scores["smoothed in the tissue"].pcc - 0.05
    assert "| gaussian | " in dropout_table(list(scores.values()))


def test_an_answer_is_held_against_the_truth_at_the_genes_own_total(cells):
    case = thin_genes("toy", 0, 50, cells, np.random.default_rng(0))
    score = score_dropout(case, "truth", case.truth / 7)
    assert score.pcc == pytest.approx(1)
    assert score.mae == pytest.approx(0, abs=1e-9)


def test_cells_between_spots_are_scored_without_and_with_their_places(cells):
    case = leave_between("toy", 0, 0.5, cells)
    owner = case.membership.owner
    assert (owner[: case.first] >= 0).all()
    assert (owner[case.first :] == -1).all()
    assert 0.3 < case.first / 300 < 0.7
    assert len(case.codes) - case.first == case.truth.shape[0]
    # the truth of those between is nowhere among the spots' counts
    assert case.spots.counts.sum() <= cells.counts.sum() - case.truth.sum()
    scores = run(bench_between([case]))
    assert [score.method for score in scores] == [
        "type mean", "type and neighbourhood", "types inferred, labelled",
        "types inferred, averaged",
    ]  # fmt: skip
    assert scores[3].cosine != scores[2].cosine
    assert all(0.5 < score.cosine <= 1 for score in scores)
    perfect = score_between(case, "truth", GENES, case.truth.toarray())
    assert perfect.cosine == pytest.approx(1)
    said = between_table([replace(s, seed=seed) for s in scores for seed in (0, 1)])
    assert f"| toy, 50% | {scores[0].cosine:.3f} ± 0.000" in said
    assert said.endswith(f"| {scores[3].cosine - scores[2].cosine:.3f} ± 0.000 |")


def test_spots_of_two_cells_and_a_peer_that_is_not_there(cells):
    case = _thinned("toy", 0, 1.0, cells, pool_cells(cells, 0, most_spots=20, most_cells=2))
    assert (case.membership.cells_per_spot == 2).all()
    notes: list[str] = []
    scores = run(
        bench_expression([case], ("split",), ("known",), how=PeerRun(limit_s=60), notes=notes)
    )
    if find_spec("tangram") is None:
        assert notes == ["Tangram, toy, 100%, seed 0, labels known: not installed"]
        assert "Tangram" not in {score.method for score in scores}
    else:
        assert "Tangram" in {score.method for score in scores}
