"""A thumbnail beside the spots that nobody gave: no nuclei are to be had of it, types are."""

import anndata as ad
import numpy as np
import pytest
from PIL import Image

from spotscope import io
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
