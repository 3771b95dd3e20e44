"""Regions of spots without an image are in µm, as their spots are."""

from __future__ import annotations

import json

import anndata as ad
import numpy as np
import pytest

import spotscope
from spotscope.model import ExpressionKey, ExpressionSource, OutFile, ReadError
from spotscope.pipeline._given import regions_from
from spotscope.pipeline.cli import main


@pytest.fixture(scope="module")
def out(demo_files, tmp_path_factory):
    """A run of the small demo's spots alone: cells are put into them."""
    out = tmp_path_factory.mktemp("alone") / "OUT"
    words = ["run", demo_files["spots"], "--reference", demo_files["reference"], "--nu", "2"]
    assert main([str(word) for word in (*words, "--out", out)]) == 0
    return out


@pytest.fixture(scope="module")
def session(out):
    return spotscope.load(out)


@pytest.fixture
def half(out, tmp_path):
    """The left half as another program draws it on ``spots.h5ad``, and its spots."""
    table = ad.read_h5ad(out / OutFile.SPOTS)
    x, y = np.asarray(table.obsm["spatial"], float).T
    middle = float(np.median(x)) + 1
    low, high = float(min(x.min(), y.min())) - 90, float(y.max()) + 90
    ring = [[low, low], [middle, low], [middle, high], [low, high], [low, low]]
    feature = {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"name": "left"},
    }
    path = tmp_path / "left.geojson"
    path.write_text(json.dumps(feature))
    return path, set(table.obs_names[x < middle])


def told(cells):
    """Names of the spots whose cells are told."""
    source = cells.obs[ExpressionKey.SOURCE]
    return set(cells.obs[ExpressionKey.SPOT][source == ExpressionSource.SPOT].astype(str))


def test_corners_are_where_the_spots_file_says(session, half):
    path, inside = half
    (region,) = regions_from(path, session.sample)
    spots = session.sample.spots
    assert set(spots.table.obs_names[region.contains(spots.yx_um)]) == inside
    ring = json.loads(path.read_text())["geometry"]["coordinates"][0]
    np.testing.assert_array_equal(region.polygon_yx_um, np.array(ring)[:-1, ::-1])


def test_only_its_spots_come_apart_by_the_command_and_in_python(session, out, half, tmp_path):
    path, inside = half
    with_cells = {
        str(spot) for spot in session.cells.table.obs["spot_id"].astype(str).unique() if spot
    }
    assert 0 < len(inside & with_cells) < len(with_cells)
    found = spotscope.decompose(session, regions=path, cache=tmp_path, method="split").session
    assert told(found.cells.table) == inside & with_cells
    words = ["decompose", out, "--region", path, "--method", "split"]
    assert main([str(word) for word in words]) == 0
    assert told(ad.read_h5ad(out / OutFile.CELLS)) == inside & with_cells


def test_a_region_says_what_it_holds_and_is_written_as_it_came(
    out, session, half, tmp_path, capsys
):
    path, inside = half
    again = tmp_path / "to"
    assert main(["region", str(out), str(path), "--to", str(again), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (facts,) = [line["region"] for line in lines if "region" in line]
    assert facts["spots"] == len(inside)
    (region,) = regions_from(path, session.sample)
    (back,) = regions_from(again / "regions.geojson", session.sample)
    np.testing.assert_allclose(back.polygon_yx_um, region.polygon_yx_um, atol=0.01)


def test_a_region_is_measured_beside_the_whole(out, session, half, capsys):
    path, _ = half
    assert main(["measure", str(out), "--region", str(path), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (numbers,) = [line["numbers"] for line in lines if "numbers" in line]
    (region,) = regions_from(path, session.sample)
    assert [row["name"] for row in numbers][1:] == ["left"]
    assert numbers[1]["area_mm2"] == pytest.approx(region.area_um2 / 1e6, rel=0.01)


@pytest.mark.parametrize("command", ["decompose", "region", "measure", "hold"])
def test_a_region_in_pixels_is_refused_in_one_sentence(out, half, tmp_path, capsys, command):
    path, _ = half
    feature = json.loads(path.read_text())
    ring = np.array(feature["geometry"]["coordinates"][0]) * 20 + 30_000
    feature["geometry"]["coordinates"] = [ring.tolist()]
    far = tmp_path / "far.geojson"
    far.write_text(json.dumps(feature))
    words = [command, str(out), *(["--region"] * (command != "region")), str(far)]
    words += ["--nu", "2"] * (command == "hold")
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "Expected the regions of far.geojson around spots, in µm (x, y)" in said
    assert "give them in µm, or add the image." in said


def test_a_run_that_would_find_nuclei_in_it_says_where_to_give_it(
    demo_files, half, tmp_path, capsys
):
    path, _ = half
    words = ["run", demo_files["spots"], "--reference", demo_files["reference"]]
    words += ["--region", path, "--out", tmp_path / "OUT"]
    assert main([str(word) for word in words]) == 2
    assert "give it to 'spotscope decompose'" in capsys.readouterr().err


def test_python_takes_no_region_for_the_whole(session, tmp_path):
    (tmp_path / "none.geojson").write_text('{"type": "Point", "coordinates": [1, 2]}')
    with pytest.raises(ReadError, match="Expected a polygon"):
        spotscope.decompose(session, regions=tmp_path / "none.geojson", method="split")
