import json
import os
import subprocess
import sys

import anndata as ad
import numpy as np
import pytest

from spotscope.model import OutFile
from spotscope.pipeline.cli import main


def run_command(capsys, *words):
    code = main([str(word) for word in words])
    seen = capsys.readouterr()
    return code, seen.out, seen.err


@pytest.fixture(scope="module")
def finished(demo_files, tmp_path_factory):
    """``spotscope run`` on the small demo, once."""
    out = tmp_path_factory.mktemp("cli") / "OUT"
    words = ["run", demo_files["spots"], "--image", demo_files["image"]]
    words += ["--reference", demo_files["reference"], "--out", out, "--nu", "auto"]
    assert main([str(word) for word in words]) == 0
    return out


def test_run_fills_the_folder(finished):
    names = {path.name for path in finished.iterdir()}
    assert names >= {str(name) for name in OutFile}


def test_run_again_does_no_step_again(finished, demo_files, capsys, monkeypatch):
    from spotscope.methods import cell_typing, segmentation

    monkeypatch.delattr(segmentation, "predict")
    monkeypatch.delattr(cell_typing, "fit")
    code, out, _ = run_command(
        capsys, "run", demo_files["spots"], "--image", demo_files["image"],
        "--reference", demo_files["reference"], "--out", finished, "--nu", "3",
    )  # fmt: skip
    assert code == 0
    assert "ν = 3" in out


def test_an_interrupted_run_resumes_at_its_step(demo_files, tmp_path, capsys, monkeypatch):
    from spotscope.methods import cell_typing, segmentation

    words = ["run", demo_files["spots"], "--image", demo_files["image"]]
    words += ["--reference", demo_files["reference"], "--out", tmp_path / "OUT", "--nu", "1"]
    words += ["--model", "watershed"]

    def stop(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cell_typing, "fit", stop)
        code, _, err = run_command(capsys, *words)
    assert code == 130
    assert "Stopped; steps that were finished are kept" in err
    assert not (tmp_path / "OUT" / OutFile.SESSION).exists()
    monkeypatch.delattr(segmentation, "predict")
    assert run_command(capsys, *words)[0] == 0
    assert (tmp_path / "OUT" / OutFile.SESSION).exists()


def test_json_speaks_in_lines_a_machine_reads(demo_files, finished, capsys):
    code, out, _ = run_command(
        capsys, "run", demo_files["spots"], "--image", demo_files["image"],
        "--reference", demo_files["reference"], "--out", finished, "--nu", "3", "--json",
    )  # fmt: skip
    events = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert {"progress", "result"} <= {event["event"] for event in events}
    assert all(e["done"] <= e["total"] for e in events if e["event"] == "progress")


def test_segment_writes_labels_and_outlines(demo_files, tmp_path, capsys, monkeypatch):
    import tifffile

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    labels = tmp_path / "nuclei.tif"
    code, out, _ = run_command(capsys, "segment", demo_files["image"], "--out", labels)
    assert code == 0
    image = tifffile.imread(labels)
    features = json.loads(labels.with_suffix(".geojson").read_text())["features"]
    assert image.dtype == np.uint32
    assert f"{len(features):,} nuclei written" in out


def test_type_works_without_an_image(demo_files, tmp_path, capsys):
    spots = ad.read_h5ad(demo_files["spots"])
    spots.obs["nuclei"] = 5
    path = tmp_path / "spots.h5ad"
    spots.write_h5ad(path)
    code, out, _ = run_command(
        capsys, "type", path, "--reference", demo_files["reference"],
        "--n-cells", "nuclei", "--nu", "1", "--out", tmp_path / "OUT",
    )  # fmt: skip
    assert code == 0
    assert f"{5 * spots.n_obs:,} cells" in out
    assert ad.read_h5ad(tmp_path / "OUT" / OutFile.CELLS).n_obs == 5 * spots.n_obs


def test_a_fit_that_does_not_come_to_rest_is_said(demo_files, tmp_path, capsys, monkeypatch):
    from spotscope.methods.cell_typing import _icm

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # what is kept is not fitted
    monkeypatch.setattr(_icm, "_MOST_SWEEPS", 1)
    code, out, err = run_command(
        capsys, "type", demo_files["spots"], "--reference", demo_files["reference"],
        "--nu", "1", "--out", tmp_path / "OUT",
    )  # fmt: skip
    assert code == 0
    assert "the labels are those of the lowest energy so far" in err
    assert "cells" in out


def test_type_estimates_cell_numbers_and_says_so(demo_files, tmp_path, capsys):
    code, _, err = run_command(
        capsys, "type", demo_files["spots"], "--reference", demo_files["reference"],
        "--nu", "1", "--out", tmp_path / "OUT",
    )  # fmt: skip
    assert code == 0
    assert "estimated from its counts" in err


def test_info_says_what_a_file_is(demo_files, capsys):
    code, out, _ = run_command(capsys, "info", demo_files["spots"])
    assert code == 0
    assert "spots" in out
    code, out, _ = run_command(capsys, "info", demo_files["image"], "--json")
    assert json.loads(out)["kind"]


def spoiled(path, demo_files, change, role="spots"):
    table = ad.read_h5ad(demo_files[role])
    change(table)
    table.write_h5ad(path)
    return path


def _float(table):
    table.X = table.X.astype(np.float32)


def _nan(table):
    _float(table)
    table.X.data[0] = np.nan


def _negative(table):
    _float(table)
    table.X.data[0] = -1


def _logged(table):
    _float(table)
    table.X = table.X.log1p()


def _nowhere(table):
    del table.obsm["spatial"]


def _outside(table):
    table.obsm["spatial"] = table.obsm["spatial"] + 100_000


def _twice(table):
    names = table.obs_names.to_numpy().copy()
    names[1] = names[0]
    table.obs_names = names


def _one_type(table):
    table.obs["cell_type"] = "T cell"


def _no_type(table):
    del table.obs["cell_type"]


def _other_genes(table):
    table.var_names = [f"XYZ{i}" for i in range(table.n_vars)]


@pytest.mark.filterwarnings("ignore:Observation names are not unique")
@pytest.mark.parametrize(
    ("change", "role", "sentence"),
    [
        (_nowhere, "spots", "spatial"),
        (_nan, "spots", "NaN"),
        (_negative, "spots", "0 or more"),
        (_logged, "spots", "log-normalised"),
        (_twice, "spots", "every spot name once"),
        (_outside, "spots", "image"),
        (_no_type, "reference", "Expected a column 'cell_type'"),
        (_one_type, "reference", "at least two cell types"),
        (_logged, "reference", "log-normalised"),
        (_other_genes, "reference", "found none"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_2(demo_files, tmp_path, capsys, change, role, sentence):
    files = {**demo_files, role: spoiled(tmp_path / "bad.h5ad", demo_files, change, role)}
    code, _, err = run_command(
        capsys, "run", files["spots"], "--image", files["image"],
        "--reference", files["reference"], "--out", tmp_path / "OUT", "--nu", "1",
        "--model", "watershed",
    )  # fmt: skip
    last = err.strip().splitlines()[-1]
    assert code == 2
    assert last.startswith("spotscope: ")
    assert sentence in last
    assert "Traceback" not in err
    assert not (tmp_path / "OUT" / OutFile.SESSION).exists()


def test_what_is_no_slide_is_named(demo_files, tmp_path, capsys):
    bad = tmp_path / "slide.tif"
    bad.write_text("not a slide")
    code, _, err = run_command(capsys, "segment", bad, "--mpp", "0.5", "--out", tmp_path / "o.tif")
    assert code == 2
    assert "slide.tif" in err


def test_a_truncated_slide_is_named(demo_files, tmp_path, capsys):
    whole = demo_files["image"].read_bytes()
    bad = tmp_path / "slide.ome.tif"
    bad.write_bytes(whole[: len(whole) // 2])
    code, _, err = run_command(capsys, "segment", bad, "--mpp", "0.5", "--out", tmp_path / "o.tif")
    assert code == 2
    assert err.strip().splitlines()[-1].startswith("spotscope: Expected")


def test_an_image_without_a_pixel_size_says_how_to_give_one(tmp_path, capsys):
    from PIL import Image

    Image.new("RGB", (64, 64), "pink").save(tmp_path / "plain.png")
    code, _, err = run_command(
        capsys, "segment", tmp_path / "plain.png", "--out", tmp_path / "o.tif"
    )
    assert code == 2
    assert "--mpp" in err


def test_a_missing_file_and_a_missing_reference_are_named(demo_files, tmp_path, capsys):
    out = tmp_path / "OUT"
    code, _, err = run_command(
        capsys, "run", tmp_path / "no.h5ad", "--reference", "x", "--out", out
    )
    assert (code, "found nothing" in err) == (2, True)
    code, _, err = run_command(capsys, "run", demo_files["spots"], "--out", out)
    assert (code, "--reference REF" in err) == (2, True)


def test_an_unwritable_folder_is_named_before_any_work(demo_files, tmp_path, capsys):
    (tmp_path / "OUT").write_text("a file")
    code, _, err = run_command(
        capsys, "run", demo_files["spots"], "--reference", "x", "--out", tmp_path / "OUT"
    )
    assert code == 2
    assert "give another one (--out)" in err


def test_a_parameter_out_of_range_is_named(demo_files, tmp_path, capsys):
    code, _, err = run_command(
        capsys, "run", demo_files["spots"], "--reference", "x", "--out", tmp_path / "OUT",
        "--n-neighbours", "-3",
    )  # fmt: skip
    assert code == 2
    assert "n_neighbours" in err


@pytest.mark.parametrize("bad", ["-1", "many", "inf"])
def test_nu_is_auto_or_a_number(demo_files, tmp_path, capsys, bad):
    with pytest.raises(SystemExit) as stop:
        main(["run", str(demo_files["spots"]), "--out", str(tmp_path), f"--nu={bad}"])
    assert stop.value.code == 2
    assert "expected 'auto' or a smoothness of 0 or more" in capsys.readouterr().err


@pytest.mark.parametrize("bad", ["0", "-1", "many"])
def test_workers_are_one_or_more(demo_files, tmp_path, capsys, bad):
    with pytest.raises(SystemExit) as stop:
        main(["segment", str(demo_files["image"]), "--out", str(tmp_path), f"--workers={bad}"])
    assert stop.value.code == 2
    assert "expected one thread or more" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            PermissionError(13, "Permission denied", "/x/a.h5ad"),
            "'/x/a.h5ad', found that it cannot",
        ),
        (MemoryError(), "Expected memory for this step"),
    ],
)
def test_what_no_reader_explains_is_one_sentence(demo_files, capsys, monkeypatch, error, sentence):
    from spotscope import io

    def fail(_):
        raise error

    monkeypatch.setattr(io, "describe", fail)
    code, _, err = run_command(capsys, "info", demo_files["spots"])
    assert code == 2
    assert err.startswith("spotscope: Expected")
    assert sentence in err


def test_a_pipe_that_knows_few_letters_gets_what_it_knows(demo_files):
    words = [sys.executable, "-m", "spotscope", "info", str(demo_files["image"])]
    surroundings = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(words, capture_output=True, check=False, env=surroundings)
    assert done.returncode == 0
    assert b"1,024 ? 1,024 px" in done.stdout


def test_view_says_what_it_needs(tmp_path, finished, capsys, monkeypatch):
    code, _, err = run_command(capsys, "view", tmp_path / "nowhere")
    assert (code, "found nothing; give the folder a run wrote to" in err) == (2, True)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    code, _, err = run_command(capsys, "view", finished)
    assert (code, "Expected a screen" in err) == (2, True)


def test_inputs_are_never_written_to(demo_files, finished):
    from spotscope.model import fingerprint_file

    before = {role: fingerprint_file(path) for role, path in demo_files.items()}
    words = ["run", demo_files["spots"], "--image", demo_files["image"]]
    words += ["--reference", demo_files["reference"], "--out", finished, "--nu", "2"]
    assert main([str(word) for word in words]) == 0
    assert {role: fingerprint_file(path) for role, path in demo_files.items()} == before


def region_file(path, *corners_xy):
    ring = [list(corner) for corner in (*corners_xy, corners_xy[0])]
    path.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    return path


def test_a_region_leaves_out_what_lies_outside_it(demo_files, tmp_path, capsys):
    # pixels of the 1024 px demo: its left half
    region = region_file(tmp_path / "left.geojson", (0, 0), (512, 0), (512, 1024), (0, 1024))
    code, _, err = run_command(
        capsys, "run", demo_files["spots"], "--image", demo_files["image"], "--reference",
        demo_files["reference"], "--region", region, "--out", tmp_path / "OUT", "--nu", "1",
        "--model", "watershed",
    )  # fmt: skip
    assert code == 0
    assert "outside region" in err
    cells = ad.read_h5ad(tmp_path / "OUT" / OutFile.CELLS)
    assert cells.n_obs > 100
    assert cells.obsm["spatial"][:, 0].max() < 512 * 0.5
    spots = ad.read_h5ad(tmp_path / "OUT" / OutFile.SPOTS)
    outside = spots.obs["outside_region"].to_numpy()
    assert (outside == (spots.obsm["spatial"][:, 0] >= 256)).all()


@pytest.mark.parametrize(
    ("corners", "sentence"),
    [
        (((5, 5), (5, 5), (5, 5)), "Expected a region with an area"),
        (((9000, 9000), (9900, 9000), (9900, 9900)), "found none that touches it"),
    ],
)
def test_an_empty_region_is_named(demo_files, tmp_path, capsys, corners, sentence):
    region = region_file(tmp_path / "none.geojson", *corners)
    code, _, err = run_command(
        capsys, "run", demo_files["spots"], "--image", demo_files["image"], "--reference",
        demo_files["reference"], "--region", region, "--out", tmp_path / "OUT",
    )  # fmt: skip
    assert code == 2
    assert sentence in err


def test_neither_a_look_at_a_file_nor_a_wrong_path_loads_the_networks(demo_files, tmp_path):
    absent = tmp_path / "nowhere"
    out = ["--out", str(tmp_path / "OUT.h5ad")]
    reference = str(demo_files["reference"])
    asked = [
        ["info", str(demo_files["spots"])],
        ["run", str(absent), "--reference", reference, *out],
        ["segment", f"{absent}.png", "--out", f"{absent}.tif"],
        ["decompose", str(absent), "--reference", reference],
        ["impute", f"{absent}.h5ad", "--reference", reference, *out],
        ["train", "reference", f"{absent}.h5ad", *out],
    ]
    script = (
        "import sys; from spotscope.pipeline.cli import main; "
        f"codes = [main(words) for words in {asked!r}]; "
        "sys.exit('torch' in sys.modules or codes != [0, 2, 2, 2, 2, 2])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stderr.splitlines() if line.startswith(b"spotscope: ")]
    assert [b"nowhere" in line for line in said] == [True] * 5


def test_the_package_runs_as_a_module_as_the_command_does(tmp_path):
    absent = tmp_path / "nowhere.h5ad"
    words = [sys.executable, "-m", "spotscope", "info", str(absent)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "nowhere.h5ad" in done.stderr
    assert "Traceback" not in done.stderr
