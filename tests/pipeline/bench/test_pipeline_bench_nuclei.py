"""``spotscope bench nuclei``: every method on the same tiles, and a peer that is not there."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image
from tifffile import imwrite

from spotscope.evaluation import LabelScore, nuclei_cases
from spotscope.methods.segmentation.stardist import load_model, precisions
from spotscope.model import run
from spotscope.pipeline.bench._nuclei import (
    AWAY,
    NUMBERS,
    NucleiRow,
    bench_nuclei,
    bench_ways,
    nuclei_table,
    ways_table,
)
from spotscope.pipeline.cli import main

needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
NAME = "TCGA-E2-A1B5-01Z-00-DX1"


@pytest.fixture
def data(tmp_path):
    """One held-back tile of H&E at 0.25 µm: 16 dark discs of 9 µm in pink; and one learned from."""
    folder = tmp_path / "monuseg" / "train"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    at = np.arange(256)
    yx = np.stack(np.meshgrid(*[np.arange(32, 256, 64)] * 2), -1).reshape(-1, 2)
    away = np.hypot(at[:, None, None] - yx[:, 0], at[None, :, None] - yx[:, 1])
    inside = away.min(axis=2) < 18
    pixels = np.where(inside[..., None], (84, 60, 140), (226, 176, 204))
    pixels = pixels + np.random.default_rng(0).normal(0, 4, pixels.shape)
    for name in (NAME, "TCGA-A7-A13F-01Z-00-DX1"):
        picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        picture.save(folder / "images" / f"{name}.png")
        labels = np.where(inside, away.argmin(axis=2) + 1, 0).astype("u2")
        imwrite(folder / "labels" / f"{name}.tif", labels)
    return tmp_path


def test_only_tiles_that_were_held_back_are_shown(data):
    assert [case.name for case in nuclei_cases(data)] == [NAME]
    assert len(list(nuclei_cases(data, None))) == 2
    (case,) = nuclei_cases(data)
    assert (case.organ, case.mpp, case.labels.max()) == ("breast", 0.25, 16)


def test_the_watershed_finds_discs_and_is_scored(data):
    (row,) = run(bench_nuclei(nuclei_cases(data), ("watershed",)))[:1]
    assert row.score.n_true == 16
    assert row.score.f1 > 0.9


def test_means_are_over_tiles_of_a_stain():
    def row(stain, tile, model, f1):
        return NucleiRow(stain, "skin", tile, model, LabelScore(9, 8, f1, f1 / 2, 0.1, 0.2))

    table = nuclei_table(
        [
            row("he", "a", "he", 0.5), row("he", "a", "watershed", 0.1),
            row("he", "b", "he", 0.7), row("he", "b", "watershed", 0.2),
            row("fluo", "c", "fluo", 0.9), row("fluo", "c", "watershed", 0.3),
        ]
    )  # fmt: skip
    he, fluo = table.split("### fluorescence")
    assert "**0.600** | **0.300** | **0.100** | **0.200** | **0.150**" in he
    assert "**0.900**" in fluo
    assert "| a | skin | 9 | 0.500 | 0.250 | 0.100 | 0.200 | 0.100 |" in he


@needs_torch
def test_a_peer_that_is_not_installed_is_named_and_nothing_fails(data, capsys):
    if find_spec("tensorflow") is not None:
        pytest.skip("TensorFlow is installed here")
    args = ["bench", "nuclei", "--data", str(data), "--peers", "--workers", "1"]
    assert main([*args, "--peer-python", sys.executable]) == 0
    out = capsys.readouterr().out
    assert "`he` F1 at 0.5" in out
    assert "`watershed` F1 at 0.5" in out
    assert "pip install tensorflow-cpu tf-keras stardist" in out


def test_data_that_are_not_there_are_said(tmp_path, capsys):
    assert main(["bench", "nuclei", "--data", str(tmp_path)]) == 2
    assert "Expected tiles with hand-drawn nuclei" in capsys.readouterr().err


def test_ways_are_scored_beside_one_another(data):
    pytest.importorskip("torch")
    rows = run(bench_ways(nuclei_cases(data)))
    used = NUMBERS[precisions(load_model("he").network)[0]]
    eight = ["eight bits"] if used == "eight bits" else []
    names = [row.model for row in rows]
    assert names == [*eight, "bfloat16", "float32", f"{used}, mirror images too", AWAY]
    assert 0 < rows[-1].score.n_true < rows[-2].score.n_true
    assert len({row.score.values for row in rows}) > 1
    table = ways_table(rows).splitlines()
    assert (
        table[2] == f"| H&E | {names[0]} | {' | '.join(f'{v:.4f}' for v in rows[0].score.values)} |"
    )
    assert len(table) == 2 + len(rows)


def test_the_watershed_alone_has_no_precision_to_compare(data, capsys):
    assert main(["bench", "nuclei", "--data", str(data), "--models", "watershed"]) == 0
    assert "Precision" not in capsys.readouterr().out
