"""A thumbnail beside the spots that nobody gave: no nuclei are to be had of it, types are."""

import shlex

import anndata as ad
import numpy as np
import pytest
from PIL import Image

import spotscope
from spotscope import io
from spotscope.model import run
from spotscope.pipeline import as_command, as_python, open_session
from spotscope.pipeline.cli import main


@pytest.fixture
def beside(demo_files, tmp_path):
    """The demo's spots, which name a picture a quarter of their image's width."""
    Image.fromarray(np.full((256, 256, 3), 200, np.uint8)).save(tmp_path / "thumb.png")
    table = ad.read_h5ad(demo_files["spots"])
    table.uns["image"] = {"file": "thumb.png", "scale_spots_to_image": 0.25}
    table.write_h5ad(tmp_path / "spots.h5ad")
    return tmp_path / "spots.h5ad"


def test_cells_are_guessed_as_without_an_image(beside, demo_files, tmp_path, capsys):
    words = ["run", str(beside), "--reference", str(demo_files["reference"]), "--out"]
    assert main([*words, str(tmp_path / "out")]) == 0
    said = capsys.readouterr().err
    assert "note: thumb.png is too coarse for nuclei (2 µm a pixel): cells are guessed as" in said
    about = io.session_about(tmp_path / "out")
    assert about["slide"] is None
    assert "type" in about["records"]


def test_a_thumbnail_that_is_given_is_refused(beside, tmp_path, capsys):
    words = ["run", str(beside), "--image", str(tmp_path / "thumb.png"), "--mpp", "2"]
    assert main([*words, "--steps", "segment", "--out", str(tmp_path / "out")]) == 2
    assert "to tell nuclei apart, found 2 in thumb" in capsys.readouterr().err


def test_nuclei_alone_are_not_guessed(beside, tmp_path, capsys):
    words = ["run", str(beside), "--steps", "segment", "--out", str(tmp_path / "out")]
    assert main(words) == 2
    assert "to tell nuclei apart, found 2 in thumb" in capsys.readouterr().err


def same_cells(one, folder):
    other = run(open_session(folder))
    np.testing.assert_array_equal(one.nuclei.yx_um, other.nuclei.yx_um)
    np.testing.assert_array_equal(one.nuclei.label_id, other.nuclei.label_id)
    return other.records["segment"].params == one.records["segment"].params


@pytest.mark.parametrize("given", [False, True])
def test_the_command_of_estimated_cells_gives_the_same_cells(beside, given, tmp_path, capsys):
    how = {"image": tmp_path / "thumb.png", "mpp": 2.0} if given else {}
    session = spotscope.estimate_cells(spotscope.read(beside, **how))
    words = shlex.split(as_command(session, out=str(tmp_path / "out")))
    assert main(words[1:]) == 0, capsys.readouterr().err
    assert same_cells(session, tmp_path / "out")
    exec(compile(as_python(session, out=str(tmp_path / "py")), "copied", "exec"), {})
    assert same_cells(session, tmp_path / "py")
    # and what is copied of that again is the same
    assert as_command(run(open_session(tmp_path / "py"))) == as_command(session)


@pytest.mark.parametrize("other", ["--nuclei", "--region"])
def test_cells_are_not_estimated_where_nuclei_are_given(beside, other, tmp_path, capsys):
    (tmp_path / "file.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    words = ["run", str(beside), "--steps", "segment", "--estimate-cells", "--out"]
    assert main([*words, str(tmp_path / "out"), other, str(tmp_path / "file.geojson")]) == 2
    assert f"(--estimate-cells), found {other} too" in capsys.readouterr().err
