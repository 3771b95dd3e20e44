"""``spotscope train nuclei``: parted by patient, stopped and gone on, written so that it loads."""

import json
import signal
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image
from tifffile import imwrite

from spotscope import io
from spotscope.model import ParamsError, ReadError, run
from spotscope.pipeline.cli import main
from spotscope.pipeline.cli._console import Console
from spotscope.pipeline.segmentation._train_parts import (
    NucleiTraining,
    part_patients,
    parted,
    read_tiles,
)

#: Without the extra [segmentation] nothing can be trained.
needs_torch = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
QUICK = ("--filters", "4", "--batch", "2", "--warm-up", "5", "--learning-rate", "0.004")


@pytest.fixture
def folders(tmp_path):
    """Six tiles of 96 × 96 px at 0.5 µm of four patients: 16 dark discs each, labels in fives."""
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.mkdir()
    labels.mkdir()
    at = np.arange(96)
    for number, name in enumerate(("A-1", "A-2", "B-1", "C-1", "C-2", "D-1")):
        rng = np.random.default_rng(number)
        yx = np.stack(np.meshgrid(*[np.arange(12, 96, 24)] * 2), -1).reshape(-1, 2)
        away = np.hypot(at[:, None, None] - yx[:, 0], at[None, :, None] - yx[:, 1])
        inside = away.min(axis=2) < 8
        pixels = np.where(inside[..., None], (84, 60, 140), (226, 176, 204))
        pixels = np.clip(pixels + rng.normal(0, 5, pixels.shape), 0, 255).astype(np.uint8)
        Image.fromarray(pixels).save(images / f"{name}.png")
        imwrite(
            labels / f"{name}.tif", np.where(inside, 5 * away.argmin(axis=2) + 5, 0).astype("u2")
        )
    return images, labels


def command(folders, out, *more):
    images, labels = map(str, folders)
    return ["train", "nuclei", images, labels, "--out", str(out), "--mpp", "0.5", *QUICK, *more]


def test_patients_are_never_parted():
    names = [f"{patient}-{tile}" for patient in "ABCDEFGHIJ" for tile in range(3)]
    parts = part_patients(names, r"^.", 0.4, seed=1)
    groups = [{name[0] for name in parts[part]} for part in parts]
    assert sorted(map(len, groups)) == [2, 2, 6]
    assert len(set.union(*groups)) == 10
    assert part_patients(names, r"^.", 0.4, seed=2) != parts
    few = part_patients(names[:9], r"^.", 0.4, seed=1)  # three patients
    assert few["reporting"] == ()
    assert len(few["training"]) == 9
    with pytest.raises(ParamsError, match="regular expression"):
        part_patients(names, "(", 0.4, seed=1)


NAMES = ("A-1", "A-2", "B-1", "C-1", "C-2", "D-1")


def asked_for(folders=(), **more):
    return NucleiTraining((folders,), out=None, patient="^.", **more)


def test_tiles_are_held_back_by_name():
    parts = parted(NAMES, asked_for(calibrate_on="^B|^D", score_on="^C"), seed=0)
    assert parts == {
        "training": ("A-1", "A-2"),
        "development": ("B-1", "D-1"),
        "reporting": ("C-1", "C-2"),
    }
    alone = parted(NAMES, asked_for(score_on="^C"), seed=0)
    assert alone["development"] == ()
    assert len(alone["training"]) == 4


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"score_on": "C-1"}, "Expected every patient in one part, found 'C'"),
        ({"score_on": "^C", "calibrate_on": "-"}, "found '.' among those to calibrate on"),
        ({"score_on": "^[A-D]"}, "found all of them held back"),
        ({"score_on": "^E"}, "Expected tiles to score on, found no name that matches '.E'"),
        ({"calibrate_on": "("}, "Expected a regular expression for tiles to calibrate on"),
    ],
)
def test_parts_that_cannot_be_are_one_sentence(more, sentence):
    with pytest.raises(ParamsError, match=sentence):
        parted(NAMES, asked_for(**more), seed=0)


def test_sources_are_read_one_after_the_other_with_pixel_sizes_of_their_own(folders, tmp_path):
    images, labels = folders
    more = (tmp_path / "more", tmp_path / "more labels")
    for here, there, ending in ((images, more[0], "png"), (labels, more[1], "tif")):
        there.mkdir()
        (here / f"D-1.{ending}").rename(there / f"D-1.{ending}")
    job = NucleiTraining((folders, more), out=None, mpp=0.5, mpp_of=(("^C", 0.25),))
    tiles = run(read_tiles(job))
    assert tuple(tile.name for tile in tiles) == NAMES
    assert [tile.mpp for tile in tiles] == [0.5, 0.5, 0.5, 0.25, 0.25, 0.5]
    with pytest.raises(ReadError, match="found 'A-1' in two folders"):
        run(read_tiles(NucleiTraining((folders, folders), out=None, mpp=0.5)))
    with pytest.raises(ParamsError, match="found no name that matches '.X'"):
        run(read_tiles(NucleiTraining((folders,), out=None, mpp=0.5, mpp_of=(("^X", 0.3),))))


def test_pairs_are_read_and_labels_numbered_without_gaps(folders):
    tiles = run(io.read_annotated(*folders, mpp=0.5))
    assert [tile.name for tile in tiles] == ["A-1", "A-2", "B-1", "C-1", "C-2", "D-1"]
    assert set(np.unique(tiles[0].labels)) == set(range(17))
    assert tiles[0].image.shape == (96, 96, 3)


def test_what_does_not_belong_together_is_said(folders):
    images, labels = folders
    imwrite(labels / "B-1.tif", np.zeros((90, 96), "u2"))
    with pytest.raises(ReadError, match="Expected 96 × 96 pixels in 'B-1.tif'"):
        run(io.read_annotated(images, labels, mpp=0.5))
    (labels / "B-1.tif").unlink()
    with pytest.raises(ReadError, match="Expected a label image named 'B-1'"):
        run(io.read_annotated(images, labels, mpp=0.5))


@needs_torch
def test_a_training_is_stopped_gone_on_with_and_its_model_loads(
    folders, tmp_path, capsys, monkeypatch
):
    from spotscope.methods.segmentation.stardist import load_model
    from spotscope.training import load_checkpoint

    out = tmp_path / "mine"
    args = command(folders, out, "--steps", "24", "--patient", "^.", "--held-back", "0.5")
    plain = Console.progress

    def stop_at_ten(self, progress):
        plain(self, progress)
        if progress.stage == "training" and progress.done == 10:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Console, "progress", stop_at_ten)
    assert main(args) == 130
    assert "10 of 24 steps are kept" in "".join(capsys.readouterr())
    assert load_checkpoint(out / "training")[0]["step"] == 10
    assert not (out / "model.safetensors").exists()
    monkeypatch.setattr(Console, "progress", plain)
    assert main(args) == 0
    assert "F1" in capsys.readouterr().out
    assert load_checkpoint(out / "training")[0]["step"] == 24
    model = load_model(str(out))
    assert (model.config.n_channel_in, model.config.unet_n_filter_base) == (3, 4)
    facts = json.loads((out / "model.json").read_text("utf-8"))
    held_back = facts["held_back"] + facts["calibrated_on"]
    card = (out / "MODEL_CARD.md").read_text("utf-8")
    assert all(name in card for name in held_back)
    assert len({name[0] for name in held_back}) == 2
    assert "| **mean** |" in card
    steps = [step for step, _ in facts["validation"]]
    assert steps == [0, 24]
    assert facts["validation"][1][1] < facts["validation"][0][1]
    assert "Loss on crops of the tiles calibrated on" in card
    assert model.agreement == facts["agreement"] > 0
    assert f"{100 * model.agreement:.0f}% of a nucleus' pixels agree on" in card
    # another split is another training
    assert main(command(folders, out, "--steps", "24", "--patient", "nobody")) == 2
    assert "found other images, patients or settings" in capsys.readouterr().err


@needs_torch
def test_it_goes_on_from_a_model_only_with_images_of_its_kind(folders, tmp_path, capsys):
    assert main(command(folders, tmp_path / "a", "--steps", "1", "--start", "fluo")) == 2
    err = capsys.readouterr().err
    assert "Expected images of 1 channels for the model 'fluo', found 3" in err


@needs_torch
def test_a_second_round_starts_from_the_first_with_other_crops(folders, tmp_path, capsys):
    """Its first loss beside is the first round's last: the same network, the same crops."""
    held = ("--calibrate-on", "^B", "--score-on", "^C", "--checkpoint-every", "5")
    args = command(folders, tmp_path / "a", "--steps", "5", "--patient", "^.", *held)
    assert main(args) == 0
    first = json.loads((tmp_path / "a" / "model.json").read_text("utf-8"))
    args = command(folders, tmp_path / "b", "--steps", "3", "--patient", "^.", *held)
    again = [*args, "--start", str(tmp_path / "a"), "--mpp-of", "^[A-D]=0.5"]
    assert main(again) == 0
    second = json.loads((tmp_path / "b" / "model.json").read_text("utf-8"))
    # weights are kept in float16
    assert second["validation"][0][1] == pytest.approx(first["validation"][-1][1], abs=0.01)
    assert second["calibrated_on"] == ["B-1"]
    assert second["held_back"] == ["C-1", "C-2"]
    assert "validation loss" in capsys.readouterr().err
    wide = command(folders, tmp_path / "c", "--steps", "1", "--zooms", "0.5,1,1.6", "--stain", "2")
    assert main(wide) == 0
    card = (tmp_path / "c" / "MODEL_CARD.md").read_text("utf-8")
    assert "zooms 0.5,1,1.6; stain changed by\n2." in card


@needs_torch
@pytest.mark.parametrize(
    ("flag", "value", "sentence"),
    [
        ("--zooms", "0.5;1", "Expected numbers from 0.2 to 5 with commas between"),
        ("--zooms", "0.01,1", "Expected numbers from 0.2 to 5 with commas between"),
        ("--mpp-of", "TCGA", "expected part of file names and µm per pixel"),
    ],
)
def test_flags_that_cannot_be_are_one_sentence(folders, tmp_path, capsys, flag, value, sentence):
    try:
        code = main(command(folders, tmp_path / "a", flag, value))
    except SystemExit as stopped:
        code = stopped.code
    assert code == 2
    assert sentence in capsys.readouterr().err
