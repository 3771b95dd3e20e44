"""decompose, impute, train reference and their benchmarks on the command line."""

import json
from importlib.util import find_spec

import anndata as ad
import numpy as np
import pytest

from spotscope.model import OutFile
from spotscope.pipeline.cli import main
from spotscope.pipeline.expression import _quality_picture


def run_command(capsys, *words):
    code = main([str(word) for word in words])
    seen = capsys.readouterr()
    return code, seen.out, seen.err


@pytest.fixture(scope="module")
def finished(demo_files, tmp_path_factory):
    """A run with all three steps on the small demo, once."""
    out = tmp_path_factory.mktemp("cli") / "OUT"
    words = ["run", demo_files["spots"], "--image", demo_files["image"], "--nu", "2"]
    words += ["--reference", demo_files["reference"], "--out", out]
    words += ["--steps", "segment,type,decompose", "--expression", "split"]
    words += ["--model", "watershed"]
    assert main([str(word) for word in words]) == 0
    return out


@pytest.fixture(scope="module")
def panel(demo_files, tmp_path_factory):
    """Half of the demo reference's genes, on some of its cells."""
    table = ad.read_h5ad(demo_files["reference"])
    path = tmp_path_factory.mktemp("panel") / "panel.h5ad"
    table[::4, ::2].copy().write_h5ad(path)
    return path


def test_run_writes_expression_where_other_tools_find_it(finished):
    cells = ad.read_h5ad(finished / OutFile.CELLS)
    assert {"counts_assigned", "expression", "expression_sd"} <= set(cells.layers)
    record = json.loads((finished / OutFile.RECORD).read_text())["steps"]["decompose"]
    assert record["params"]["method"] == "split"
    assert json.loads(cells.uns["expression_record"])["seed"] == record["seed"]


def test_decompose_needs_nothing_but_the_folder(finished, capsys):
    code, out, _ = run_command(capsys, "decompose", finished, "--method", "split")
    assert code == 0
    assert "every count of these genes is given to a cell" in out


def test_decompose_takes_a_region_and_keeps_the_rest(finished, tmp_path, capsys):
    before = ad.read_h5ad(finished / OutFile.CELLS)
    spots = ad.read_h5ad(finished / OutFile.SPOTS)
    # of the demo: (x, y) in µm, and a region in pixels
    mpp = float(spots.uns["um_per_pixel"])
    x, y = np.asarray(spots.obsm["spatial"])[0] / mpp
    ring = [
        [x - 20, y - 20],
        [x + 20, y - 20],
        [x + 20, y + 20],
        [x - 20, y + 20],
        [x - 20, y - 20],
    ]
    path = tmp_path / "region.geojson"
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    code, out, _ = run_command(
        capsys, "decompose", finished, "--region", path, "--method", "split", "--seed", 5
    )
    assert code == 0
    assert "of 1 spots" in out
    after = ad.read_h5ad(finished / OutFile.CELLS)
    np.testing.assert_allclose(after.layers["expression"], before.layers["expression"], rtol=1e-5)


def test_decompose_of_an_untyped_run_says_what_to_do(demo_files, tmp_path, capsys):
    words = ["run", demo_files["spots"], "--image", demo_files["image"], "--steps", "segment"]
    words += ["--model", "watershed"]
    assert run_command(capsys, *words, "--out", tmp_path / "OUT")[0] == 0
    code, _, err = run_command(capsys, "decompose", tmp_path / "OUT")
    assert code == 2
    assert "Expected typed cells in demo, found none" in err


def test_decompose_of_no_run_says_so(tmp_path, capsys):
    code, _, err = run_command(capsys, "decompose", tmp_path)
    assert code == 2
    assert "Expected a spotscope session" in err


def test_decompose_with_an_unknown_method_names_the_known(finished, capsys):
    code, _, err = run_command(capsys, "decompose", finished, "--method", "magic")
    assert code == 2
    assert "'split', 'gaussian' or 'score'" in err


def test_steps_must_be_in_reach_of_each_other(demo_files, tmp_path, capsys):
    code, _, err = run_command(
        capsys, "run", demo_files["spots"], "--steps", "decompose", "--out", tmp_path / "OUT"
    )
    assert code == 2
    assert "Expected cells to be typed before spots come apart" in err


def test_a_trained_reference_serves_in_place_of_the_file(
    demo_files, finished, tmp_path, capsys, monkeypatch
):
    # as where umap-learn is not installed: what it draws takes a minute to compile
    monkeypatch.setattr(
        _quality_picture, "find_spec", lambda name: None if name == "umap" else find_spec(name)
    )
    folder = tmp_path / "trained"
    code, out, err = run_command(
        capsys, "train", "reference", demo_files["reference"], "--out", folder,
        "--rank", 3, "--rounds", 2,
    )  # fmt: skip
    assert code == 0
    assert "8 types" in out
    assert "no map of cells: umap-learn is not installed" in out + err
    assert "| drawn cells beside" in out
    assert "| gaussian |" in out
    code, out, _ = run_command(
        capsys, "decompose", finished, "--checkpoint", folder, "--method", "split"
    )
    assert code == 0
    code, _, err = run_command(capsys, "decompose", finished, "--checkpoint", tmp_path / "none")
    assert code == 2
    assert "spotscope train reference REF" in err


def test_impute_tells_the_genes_a_panel_lacks(panel, demo_files, tmp_path, capsys):
    out = tmp_path / "imputed.h5ad"
    code, said, err = run_command(
        capsys, "impute", panel, "--reference", demo_files["reference"], "--method", "ridge",
        "--out", out,
    )  # fmt: skip
    assert code == 0
    found, truth = ad.read_h5ad(out), ad.read_h5ad(demo_files["reference"])
    hidden = [name for name in truth.var_names if name not in ad.read_h5ad(panel).var_names]
    assert f"{len(hidden):,} of them not measured" in said
    assert (~found.var.loc[hidden, "measured"]).all()
    told = np.asarray(found[:, hidden].layers["imputed"], float)
    real = truth[found.obs_names][:, hidden].X.toarray().astype(float)
    assert np.corrcoef(told.ravel(), real.ravel())[0, 1] > 0.7
    assert "shared genes" in err


def test_unknown_genes_are_counted_and_said(panel, demo_files, tmp_path, capsys):
    known = str(ad.read_h5ad(demo_files["reference"]).var_names[1])
    words = ["impute", panel, "--reference", demo_files["reference"], "--method", "mean"]
    genes = tmp_path / "genes.txt"
    genes.write_text(f"{known}\nNOSUCH1\nNOSUCH2\n")
    code, _, err = run_command(capsys, *words, "--genes", genes, "--out", tmp_path / "a.h5ad")
    assert code == 0
    assert "2 of 3 genes are not in" in err
    assert list(ad.read_h5ad(tmp_path / "a.h5ad").var_names) == [known]
    code, _, err = run_command(capsys, *words, "--genes", "NOPE", "--out", tmp_path / "b.h5ad")
    assert code == 2
    assert "found none of the 1 asked for (NOPE" in err


def test_a_panel_of_logarithms_is_refused(panel, demo_files, tmp_path, capsys):
    table = ad.read_h5ad(panel)
    table.X = table.X.astype(float).log1p()
    table.write_h5ad(tmp_path / "logged.h5ad")
    code, _, err = run_command(
        capsys, "impute", tmp_path / "logged.h5ad", "--reference", demo_files["reference"],
        "--out", tmp_path / "out.h5ad",
    )  # fmt: skip
    assert code == 2
    assert "log-normalised" in err
    assert "while reading the panel" in err


def test_a_place_that_cannot_be_written_is_said_before_any_work(
    panel, demo_files, tmp_path, capsys
):
    (tmp_path / "file").write_text("")
    words = ["impute", panel, "--reference", demo_files["reference"]]
    code, _, err = run_command(capsys, *words, "--out", tmp_path / "file" / "out.h5ad")
    assert code == 2
    assert "Expected a folder to write results to" in err
    code, _, err = run_command(capsys, *words, "--out", tmp_path / "out.csv")
    assert code == 2
    assert ".h5ad" in err


def test_benchmarks_without_data_say_where_to_put_them(tmp_path, capsys):
    for name in ("expression", "imputation"):
        code, _, err = run_command(capsys, "bench", name, "--data", tmp_path)
        assert code == 2
        assert "--data DIR" in err
    code, _, err = run_command(capsys, "bench", "expression", "--tiers", "magic")
    assert code == 2
    assert "Expected tiers of split, gaussian, score, blend, found magic" in err
