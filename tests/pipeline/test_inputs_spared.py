"""No result is written over a file that it is made of, whatever it is called."""

import json
import shutil

import pytest

import spotscope
from spotscope.model import OutFile, WriteError, fingerprint_file
from spotscope.pipeline.cli import main


@pytest.fixture
def inputs(demo_files, tmp_path):
    """The sample's files under the names that results have."""
    folder = tmp_path / "data"
    folder.mkdir()
    named = {
        "spots": folder / OutFile.SPOTS,
        "reference": folder / OutFile.CELLS,
        "image": folder / "slide.ome.tif",
    }
    for role, path in named.items():
        shutil.copy(demo_files[role], path)
    return named


def refused(capsys, *words):
    code = main([str(word) for word in words])
    err = capsys.readouterr().err.strip().splitlines()[-1]
    assert code == 2, err
    assert "beside the files it is made of, found that it is one of them" in err
    return err


def marks(paths):
    return [fingerprint_file(path) for path in paths.values()]


def test_run_and_type_spare_what_they_read(inputs, tmp_path, capsys):
    before, folder = marks(inputs), inputs["spots"].parent
    elsewhere = tmp_path / "elsewhere.h5ad"
    shutil.copy(inputs["reference"], elsewhere)
    words = [inputs["spots"], "--reference", elsewhere, "--out", folder]
    assert OutFile.SPOTS in refused(capsys, "run", *words, "--image", inputs["image"])
    assert OutFile.SPOTS in refused(capsys, "type", *words)
    shutil.copy(inputs["spots"], elsewhere)
    said = refused(capsys, "type", elsewhere, "--reference", inputs["reference"], "--out", folder)
    assert OutFile.CELLS in said
    assert marks(inputs) == before


def test_a_link_is_the_file_it_leads_to(inputs, tmp_path, capsys):
    before = marks(inputs)
    (tmp_path / "linked.h5ad").symlink_to(inputs["spots"])
    words = ["--reference", inputs["reference"], "--out", inputs["spots"].parent]
    refused(capsys, "type", tmp_path / "linked.h5ad", *words)
    assert marks(inputs) == before


def test_segment_spares_the_image(inputs, tmp_path, capsys):
    before = marks(inputs)
    refused(capsys, "segment", inputs["image"], "--out", inputs["image"])
    assert marks(inputs) == before


def test_impute_spares_panel_and_reference(inputs, capsys):
    before = marks(inputs)
    for role in ("spots", "reference"):
        words = ["--reference", inputs["reference"], "--out", inputs[role]]
        refused(capsys, "impute", inputs["spots"], *words)
    assert marks(inputs) == before


def test_regions_are_not_written_over_those_asked_for(inputs, tmp_path, capsys):
    path = tmp_path / "regions.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [[[0, 0], [9, 0], [9, 9]]]}))
    before = path.read_text()
    refused(capsys, "region", tmp_path / "OUT", path, "--to", tmp_path)
    assert path.read_text() == before


def test_saving_spares_what_the_session_was_made_of(inputs):
    session = spotscope.read(inputs["spots"])
    with pytest.raises(WriteError, match="is one of them"):
        spotscope.save(session, inputs["spots"].parent)


def test_what_is_learned_is_put_beside_what_lies_there(demo_files, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    words = ["train", "reference", demo_files["reference"], "--out", folder, "--method", "split"]
    assert main([str(word) for word in words]) == 0
    assert (folder / "thesis.txt").read_text() == "mine"
    assert (folder / "expression.json").is_file()
