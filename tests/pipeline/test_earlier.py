"""What lies in an output folder from before is not lost to another run."""

import shutil
from dataclasses import replace

import anndata as ad
import pytest

from spotscope import io
from spotscope.model import OutFile, fingerprint_file, run
from spotscope.pipeline import open_session, save_session
from spotscope.pipeline.cli import main


@pytest.fixture(scope="module")
def finished(demo_files, tmp_path_factory):
    """The demo's spots, typed, in a folder."""
    out = tmp_path_factory.mktemp("earlier") / "out"
    assert main(typing(demo_files["spots"], demo_files, out)) == 0
    return out


@pytest.fixture
def out(finished, tmp_path):
    """A copy of it, to be spoilt."""
    return shutil.copytree(finished, tmp_path / "out")


def typing(spots, files, out):
    return ["type", str(spots), "--reference", str(files["reference"]), "--out", str(out)]


def said(capsys, words, code=2):
    """The last thing said of a command that ends so."""
    assert main([str(word) for word in words]) == code
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_the_same_sample_may_be_run_again_and_also_from_another_place(demo_files, out, tmp_path):
    assert main(typing(demo_files["spots"], demo_files, out)) == 0
    moved = tmp_path / demo_files["spots"].name
    shutil.copy(demo_files["spots"], moved)
    assert main(typing(moved, demo_files, out)) == 0


def test_results_of_another_sample_are_left(demo_files, out, tmp_path, capsys):
    before = fingerprint_file(out / OutFile.SPOTS)
    other = tmp_path / "other.h5ad"
    shutil.copy(demo_files["spots"], other)
    sentence = said(capsys, typing(other, demo_files, out))
    assert f"Expected no results of another sample in {out}" in sentence
    assert "give 'other' a folder of its own" in sentence
    assert fingerprint_file(out / OutFile.SPOTS) == before


def test_a_sample_of_the_same_name_and_other_spots_is_another(demo_files, out, tmp_path, capsys):
    other = tmp_path / demo_files["spots"].name
    ad.read_h5ad(demo_files["spots"])[:-3].write_h5ad(other)
    assert "Expected no results of another sample" in said(capsys, typing(other, demo_files, out))


def test_files_of_no_run_are_left(demo_files, tmp_path, capsys):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / OutFile.CELLS).write_text("my own cells")
    sentence = said(capsys, typing(demo_files["spots"], demo_files, mine))
    assert f"found {str(OutFile.CELLS)!r} of something else" in sentence
    assert (mine / OutFile.CELLS).read_text() == "my own cells"


def worked_on(out, **changes):
    """Save the session of a folder with changes, as the window does."""
    run(save_session(replace(run(open_session(out)), **changes), out))


def test_regions_drawn_by_hand_are_left(demo_files, out, capsys):
    worked_on(out, view={"regions": [{"name": "tumour"}]})
    sentence = said(capsys, typing(demo_files["spots"], demo_files, out))
    assert "found work done by hand there (1 region); give another folder (--out)." in sentence
    assert io.session_about(out)["view"]["regions"]


def test_corrections_are_left_and_can_be_taken_along(demo_files, tmp_path, capsys):
    out, also = tmp_path / "out", tmp_path / "also"
    run = ["run", demo_files["spots"], "--image", demo_files["image"], "--steps", "segment"]
    run = [str(word) for word in (*run, "--model", "watershed", "--out")]
    assert main([*run, str(out)]) == 0
    edit = '[{"edit": "exclude", "path_um": [[0, 0], [0, 50], [50, 50]]}]'
    (tmp_path / "edits.json").write_text(edit)
    assert main(["edit", str(out), "--edits", str(tmp_path / "edits.json")]) == 0
    sentence = said(capsys, [*run, out])
    assert "found work done by hand there (1 correction)" in sentence
    assert f"--edits {out / OutFile.RECORD} takes the corrections along." in sentence
    assert len(io.session_about(out)["edits"]["done"]) == 1
    assert main([*run, str(also), "--edits", str(out / OutFile.RECORD)]) == 0
    assert len(io.session_about(also)["edits"]["done"]) == 1
    assert main([*run, str(out), "--edits", str(out / OutFile.RECORD)]) == 0


def test_numbers_of_cells_that_are_given_again_are_no_work_lost(demo_files, tmp_path):
    run = ["run", demo_files["spots"], "--image", demo_files["image"], "--steps", "segment"]
    run = [str(w) for w in (*run, "--model", "watershed", "--borrow", "--out", tmp_path / "out")]
    assert main(run) == 0
    assert main(run) == 0
