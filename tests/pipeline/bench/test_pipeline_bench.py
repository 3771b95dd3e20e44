"""``spotscope bench``: what it prints, and what it says when data are missing."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.evaluation import TypingCase, score_table, sum_into_spots, typing_cases
from spotscope.model import Membership, ParamsError, Reference, run
from spotscope.pipeline.bench._typing import bench_typing
from spotscope.pipeline.bench._typing_peers import PeerRun, ask_peer
from spotscope.pipeline.cli import main


@pytest.fixture(scope="module")
def case():
    """Three types of cells in bands, 40 genes; half of the cells are the reference."""
    import anndata as ad
    import pandas as pd

    rng = np.random.default_rng(0)
    profiles = rng.gamma(1, 2, (3, 40))
    yx = rng.uniform(0, 500, (800, 2))
    codes = np.clip((yx[:, 1] / 170).astype(int), 0, 2)
    counts = sp.csr_matrix(rng.poisson(profiles[codes] * rng.gamma(3, 1 / 3, (800, 40))))
    names = ("a", "b", "c")
    genes = tuple(f"G{g}" for g in range(40))
    table = ad.AnnData(
        counts[:400],
        obs=pd.DataFrame(
            {"cell_type": np.array(names)[codes[:400]]}, index=[f"c{i}" for i in range(400)]
        ),
        var=pd.DataFrame(index=list(genes)),
    )
    made = sum_into_spots(counts[400:], yx[400:], codes[400:], names, genes)
    inside = np.flatnonzero(made.owner >= 0)
    owner = made.owner[inside]
    overlap = sp.csr_matrix((np.ones(len(owner)), (owner, np.arange(len(owner)))))
    return TypingCase(
        "toy",
        0,
        made.spots,
        Reference.from_table(table),
        Membership(overlap, owner),
        yx[400:][inside],
        codes[400:][inside],
        made.proportions,
    )


def test_every_method_is_scored_on_the_same_case(case):
    scores = run(bench_typing([case])).scores
    methods = [score.method for score in scores]
    assert {"ours, proportions", "ours, labels", "NNLS", "RCTD's model, rounded"} <= set(methods)
    assert len(set(methods)) == len(methods)
    found = {score.method: score for score in scores}
    assert all(np.isfinite(score.rmse) and score.pcc > 0.5 for score in scores)
    assert found["ours, proportions"].rmse < 0.1
    assert found["ours, labels"].ece < 0.3
    assert score_table(scores).count("\n|") == 1 + len(methods) + 1


@pytest.fixture
def peer_folder(tmp_path, monkeypatch):
    """A package ``flashdeconv`` of five lines: the first type everywhere, for what it is given."""
    (tmp_path / "flashdeconv.py").write_text(
        "import numpy as np\n"
        "class FlashDeconv:\n"
        "    def __init__(self, random_state): pass\n"
        "    def fit_transform(self, counts, profiles, yx):\n"
        "        assert counts.shape[1] == profiles.shape[1] and len(yx) == counts.shape[0]\n"
        "        return np.eye(len(profiles))[np.zeros(len(yx), int)]\n"
    )
    # the script runs isolated: a start-up file of this folder's own is how it finds the package
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nshift\nPYTHONPATH="{tmp_path}" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return tmp_path


def test_a_peer_is_run_in_a_process_of_its_own_and_its_answer_kept(case, peer_folder):
    how = PeerRun(str(peer_folder / "python"), keep=peer_folder / "kept", names=("flashdeconv",))
    first = run(ask_peer(case, "FlashDeconv", how))
    assert first.problem == ""
    assert first.proportions.tolist() == [[1.0, 0.0, 0.0]] * case.spots.n
    assert "flashdeconv" not in sys.modules
    (peer_folder / "flashdeconv.py").unlink()
    again = run(ask_peer(case, "FlashDeconv", how))
    assert again.proportions.tolist() == first.proportions.tolist()
    other = run(ask_peer(replace(case, seed=1), "FlashDeconv", how))
    assert other.proportions is None


def test_how_long_one_peer_trains_changes_its_answer_and_nobody_elses(case, peer_folder):
    script = peer_folder / "cell2location.py"
    script.write_text("raise SystemExit('asked')\n")
    how = PeerRun(str(peer_folder / "python"), keep=peer_folder / "kept", names=("flashdeconv",))
    first = run(ask_peer(case, "FlashDeconv", how))
    (peer_folder / "flashdeconv.py").unlink()
    again = run(ask_peer(case, "FlashDeconv", replace(how, epochs=10)))
    assert again.proportions.tolist() == first.proportions.tolist()
    (kept,) = (peer_folder / "kept").iterdir()
    kept.rename(kept.with_name(kept.name.replace("flashdeconv", "cell2location")))
    assert run(ask_peer(case, "cell2location", replace(how, epochs=10))).problem == "failed: asked"


def test_what_a_peer_says_when_it_fails_is_handed_on(case, peer_folder):
    (peer_folder / "flashdeconv.py").write_text("class FlashDeconv:\n    pass\n")
    how = PeerRun(str(peer_folder / "python"), names=("flashdeconv",))
    found = run(bench_typing([case], how))
    assert "TypeError" in found.notes[0]
    assert not any("FlashDeconv" in score.method for score in found.scores)


def test_a_peer_that_takes_too_long_is_stopped(case, peer_folder):
    (peer_folder / "flashdeconv.py").write_text("while True: pass\n")
    how = PeerRun(str(peer_folder / "python"), limit_s=0.5, names=("flashdeconv",))
    answer = run(ask_peer(case, "FlashDeconv", how))
    assert answer.problem == "stopped after 0.5 s"


def test_peers_that_are_not_installed_are_left_out_and_said(case):
    found = run(bench_typing([case], PeerRun(names=("tangram", "rctd"))))
    assert found.notes == ("rctd-py, full: not installed.", "Tangram, constrained: not installed.")


def test_a_peer_nobody_knows_is_refused():
    with pytest.raises(ParamsError, match="found tangrams"):
        PeerRun(names=("tangrams",))


@pytest.mark.data
def test_a_thin_reference_of_another_platform_is_where_ours_wins():
    beside = Path(__file__).parents[3] / ".." / "shared" / "data"
    data = Path(os.environ.get("SPOTSCOPE_DATA", beside))
    if not (data / "merfish_mpoa").is_dir():
        pytest.skip(f"the MERFISH cells are not at {data}")
    cases = list(typing_cases(data, "development", 1, ("merfish",)))
    scores = {score.method: score for score in run(bench_typing(cases[1:])).scores}
    ours = scores["ours, proportions"].rmse
    assert ours < 0.9 * scores["NNLS"].rmse
    assert ours < 0.9 * scores["RCTD's model"].rmse
    assert scores["ours, labels"].cell < scores["RCTD's model, rounded"].cell


def test_missing_data_end_the_command_with_one_sentence(tmp_path, capsys):
    assert main(["bench", "typing", "--data", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "Expected the benchmark's data" in said
    assert "--data DIR" in said
