"""Model folders, zips and our own files: read, refused, told apart."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from spotscope.methods.segmentation.stardist import _require, identity, load_model
from spotscope.methods.segmentation.stardist._folder import read_folder
from spotscope.methods.segmentation.stardist._model import Calibration
from spotscope.methods.segmentation.stardist._run import run_network
from spotscope.model import MissingDependencyError, ReadError

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def folder(tmp_path):
    """The recorded model with a class head, unpacked."""
    with zipfile.ZipFile(RECORDED / "classes.zip") as archive:
        archive.extractall(tmp_path)
    return tmp_path / "classes"


def rewrite(path, **changes):
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_folder_reads_as_its_zip_does(folder):
    image = np.random.default_rng(0).random((48, 48, 2)).astype(np.float32)
    one = run_network(load_model(str(folder)).network, image, precision="float32")
    two = run_network(load_model(str(RECORDED / "classes.zip")).network, image, precision="float32")
    np.testing.assert_array_equal(one[0], two[0])


def test_layers_are_found_whatever_keras_counted_before(folder):
    """A model built third in its session has conv2d_4, conv2d_5 where ours has conv2d, conv2d_1."""
    image = np.random.default_rng(0).random((48, 48, 2)).astype(np.float32)
    before = run_network(load_model(str(folder)).network, image, precision="float32")
    with h5py.File(folder / "weights_best.h5", "r+") as root:
        names = list(root.attrs["layer_names"])
        unnamed = [name for name in names if name.startswith("conv2d")]
        assert len(unnamed) == 2
        for place, name in enumerate(unnamed):
            root.move(name, f"conv2d_{9 + place}")  # 9, then 10: sorted as numbers, not as words
        moved = {name: f"conv2d_{9 + place}" for place, name in enumerate(unnamed)}
        root.attrs["layer_names"] = [moved.get(name, name) for name in names]
    after = run_network(load_model(str(folder)).network, image, precision="float32")
    np.testing.assert_array_equal(before[1], after[1])


def test_the_last_weights_do_when_there_are_no_best(folder):
    (folder / "weights_best.h5").rename(folder / "weights_last.h5")
    assert load_model(str(folder)).config.n_classes == 2


def test_a_models_own_threshold_becomes_our_default(folder):
    rewrite(folder / "thresholds.json", prob=0.8)
    calibration = load_model(str(folder)).calibration
    assert calibration(np.array([0.8], np.float32)) == pytest.approx(0.45, abs=1e-6)


def test_a_changed_folder_is_another_model(folder):
    before, first = identity(str(folder)), load_model(str(folder))
    assert load_model(str(folder)) is first
    with h5py.File(folder / "weights_best.h5", "r+") as root:
        root["prob/prob/bias:0"][...] = 3.0
    assert identity(str(folder)) != before
    assert load_model(str(folder)) is not first


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda f: (f / "config.json").unlink(), "config.json and weights_best.h5"),
        (lambda f: (f / "weights_best.h5").unlink(), "config.json and weights_best.h5"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be understood"),
        (lambda f: (f / "config.json").write_text("[1]"), "cannot be understood"),
        (lambda f: (f / "thresholds.json").write_text("no"), "thresholds"),
        (lambda f: (f / "weights_best.h5").write_bytes(b"HDF?"), "as Keras writes them"),
        (lambda f: rewrite(f / "config.json", n_dim=3), "2-D StarDist"),
        (lambda f: rewrite(f / "config.json", backbone="resnet"), "'resnet'"),
        (lambda f: rewrite(f / "config.json", n_rays=64), "as config.json says"),
        (lambda f: rewrite(f / "config.json", unet_n_depth=3), "found none"),
        (lambda f: rewrite(f / "config.json", unet_activation="lambda"), "'lambda'"),
        (lambda f: rewrite(f / "config.json", grid=[3, 3]), "powers of 2"),
    ],
)
def test_a_folder_that_is_no_model_is_one_sentence(folder, spoil, sentence):
    spoil(folder)
    with pytest.raises(ReadError, match=sentence) as caught:
        load_model(str(folder))
    assert "\n" not in str(caught.value)


def test_nothing_at_the_path_is_one_sentence(tmp_path):
    with pytest.raises(ReadError, match="found nothing there"):
        load_model(str(tmp_path / "gone"))


def test_a_file_of_another_kind_is_one_sentence(tmp_path):
    (tmp_path / "model.zip").write_text("not a zip")
    with pytest.raises(ReadError, match="another kind of file"):
        load_model(str(tmp_path / "model.zip"))


def test_names_in_a_zip_lead_nowhere(folder, tmp_path):
    """Members called ../../config.json are read as config.json; nothing is written to disk."""
    evil = tmp_path / "evil" / "deep" / "model.zip"
    evil.parent.mkdir(parents=True)
    with zipfile.ZipFile(evil, "w") as archive:
        for name in ("config.json", "weights_best.h5", "thresholds.json"):
            archive.write(folder / name, f"../../{name}")
    shutil.rmtree(folder)
    assert load_model(str(evil)).config.n_classes == 2
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["model.zip"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content[: len(content) // 2],  # its table of contents is gone
        lambda content: content[:200] + bytes(500) + content[700:],  # holes in a member
    ],
    ids=["truncated", "damaged"],
)
def test_a_broken_zip_is_one_sentence(folder, tmp_path, spoil):
    whole = tmp_path / "model.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("config.json", "weights_best.h5", "thresholds.json"):
            archive.write(folder / name, name)
    whole.write_bytes(spoil(whole.read_bytes()))
    with pytest.raises(ReadError, match="another kind of file|damaged or locked") as caught:
        load_model(str(whole))
    assert "\n" not in str(caught.value)


def test_no_name_is_one_sentence():
    with pytest.raises(ReadError, match="Expected the name or the path of a model, found nothing"):
        load_model(" ")


def test_a_folder_without_thresholds_has_those_of_the_stardist_package(folder):
    (folder / "thresholds.json").unlink()
    assert load_model(str(folder)).calibration.undo(0.45) == pytest.approx(0.5, abs=1e-6)


def test_weights_of_another_network_are_one_sentence(learned, tmp_path):
    shutil.copy(learned, tmp_path / "model.safetensors")
    facts = json.loads(learned.with_suffix(".json").read_text())
    facts["config"]["unet_n_filter_base"] *= 2
    (tmp_path / "model.json").write_text(json.dumps(facts))
    with pytest.raises(ReadError, match="found others .* in place of") as caught:
        load_model(str(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("slope", [0, -1, float("nan"), float("inf")])
def test_a_calibration_that_is_none_is_one_sentence(learned, tmp_path, slope):
    shutil.copy(learned, tmp_path / "model.safetensors")
    facts = json.loads(learned.with_suffix(".json").read_text())
    facts["calibration"]["slope"] = slope
    (tmp_path / "model.json").write_text(json.dumps(facts))
    with pytest.raises(ReadError, match="a calibration of slope"):
        load_model(str(tmp_path))


def test_our_own_file_comes_back_as_it_was_written(learned):
    model = load_model(str(learned))
    assert model.config.n_rays == 16
    assert model.calibration == Calibration(1.0, 0.0)
    assert not model.network.training


def test_our_own_file_without_its_json_is_one_sentence(learned, tmp_path):
    shutil.copy(learned, tmp_path / "alone.safetensors")
    with pytest.raises(ReadError, match="with a .json beside it"):
        load_model(str(tmp_path / "alone.safetensors"))


def test_a_package_that_is_missing_is_named_with_its_extra(folder, monkeypatch):
    monkeypatch.setattr(_require, "find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"h5py.*spotscope\[segmentation\]"):
        read_folder(folder)
    with pytest.raises(MissingDependencyError, match=r"torch.*spotscope\[segmentation\]"):
        load_model(str(folder))


def test_looking_at_a_model_loads_no_torch(folder):
    code = (
        "import sys; from spotscope.methods.segmentation.stardist._model import *; "
        f"print(model_config({str(folder)!r}).n_classes, identity({str(folder)!r}), "
        "'torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["2", identity(str(folder)), "False"]


def test_a_calibration_can_be_undone():
    curve = Calibration(1.7, -0.4)
    p = np.array([0.01, 0.35, 0.9], np.float32)
    np.testing.assert_allclose([curve.undo(float(q)) for q in curve(p)], p, atol=1e-5)
    # logit 0.5 = 0: q = σ(-0.4)
    assert curve(np.array([0.5], np.float32)) == pytest.approx(1 / (1 + np.exp(0.4)))
