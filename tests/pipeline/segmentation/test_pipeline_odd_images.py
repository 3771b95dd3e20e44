"""`spotscope segment` on images that nobody would call usual: one sentence, or the same nuclei."""

import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image
from tifffile import imread, imwrite

from spotscope.pipeline.cli import main

#: Networks need the extra [segmentation].
needs_network = pytest.mark.skipif(
    find_spec("torch") is None or find_spec("stardist") is None, reason="no torch, or no stardist"
)
SIDE, RADIUS, PITCH = 192, 8, 32


def picture():
    """(192, 192, 3) H&E at 0.5 µm: 36 dark discs of 8 µm on pink."""
    off = np.arange(SIDE) % PITCH - PITCH // 2
    inside = np.hypot(off[:, None], off[None, :]) < RADIUS
    pixels = np.where(inside[..., None], (84, 60, 140), (226, 176, 204))
    noise = np.random.default_rng(0).normal(0, 4, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def light():
    """The same as light: bright discs on dark ground."""
    return 255 - picture().max(axis=2)


RGB, LIGHT = picture(), light()
DEEP = LIGHT.astype(np.uint16) * 200


def segment(tmp_path, pixels, model, *more, colour=None):
    """Write an image and look for nuclei in it; the exit code."""
    image = tmp_path / ("image.png" if pixels.dtype == np.uint8 else "image.tif")
    if image.suffix == ".png":
        Image.fromarray(pixels).save(image)
    else:
        imwrite(image, pixels, photometric=colour or "minisblack")
    out = tmp_path / "nuclei.tif"
    args = ["segment", str(image), "--mpp", "0.5", "--model", model, "--out", str(out), *more]
    return main(args)


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "cache"))


def n_found(tmp_path):
    return int(imread(tmp_path / "nuclei.tif").max())


@needs_network
@pytest.mark.parametrize("opaque", [0, 255])
def test_a_layer_of_transparency_changes_nothing(tmp_path, opaque):
    alpha = np.dstack([RGB, np.full((SIDE, SIDE), opaque, np.uint8)])
    assert segment(tmp_path, alpha, "he") == 0
    assert n_found(tmp_path) == 36


@needs_network
@pytest.mark.parametrize("pixels", [LIGHT, DEEP, (LIGHT / 255).astype(np.float32)])
def test_one_channel_is_light_whatever_its_numbers(tmp_path, capsys, pixels):
    assert segment(tmp_path, pixels, "fluo") == 0
    assert n_found(tmp_path) == 36
    assert segment(tmp_path, pixels, "he") == 2
    said = capsys.readouterr().err
    assert "Expected a colour image of stained tissue for the model 'he', found 1 channel" in said


@needs_network
def test_of_five_channels_the_nuclear_one_is_looked_at(tmp_path, capsys):
    five = np.stack([np.zeros_like(DEEP)] * 3 + [DEEP, np.zeros_like(DEEP)])
    assert segment(tmp_path, five, "fluo", "--channel", "3") == 0
    assert n_found(tmp_path) == 36
    assert segment(tmp_path, five, "fluo") == 2
    assert "an even image" in capsys.readouterr().err
    assert segment(tmp_path, five, "fluo", "--channel", "5") == 2
    assert "Expected a nuclear channel below 5" in capsys.readouterr().err


@needs_network
def test_stained_tissue_in_colours_of_sixteen_bits_is_as_that_of_eight(tmp_path, capsys):
    assert segment(tmp_path, RGB.astype(np.uint16) * 200, "he", colour="rgb") == 0
    assert n_found(tmp_path) == 36
    dark = (255 - RGB).astype(np.uint16) * 200
    assert segment(tmp_path, dark, "he", colour="rgb") == 2
    assert "3 channel(s) of light of 16 bits" in capsys.readouterr().err


@needs_network
@pytest.mark.parametrize("model", ["watershed", "he"])
@pytest.mark.parametrize("grain", [0, 2])
def test_pure_glass_is_one_sentence(tmp_path, capsys, model, grain):
    noise = np.random.default_rng(0).normal(0, grain, RGB.shape)
    glass = np.clip(243 + noise, 0, 255).astype(np.uint8)
    assert segment(tmp_path, glass, model) == 2
    said = [line for line in capsys.readouterr().err.splitlines() if "Expected" in line]
    assert len(said) == 1
    assert "Expected stained tissue in image, found an even image" in said[0]
    assert not (tmp_path / "nuclei.tif").exists()


@needs_network
def test_a_slide_smaller_than_a_tile_or_than_a_nucleus_is_done(tmp_path):
    assert segment(tmp_path, RGB[:64, :64].copy(), "he") == 0
    assert n_found(tmp_path) == 4
    assert segment(tmp_path, RGB[8:24, 8:24].copy(), "he") == 0
    assert n_found(tmp_path) <= 1


KILLED = """
import os, sys
from spotscope.pipeline.cli import _console, main
plain = _console.Console.progress
def die(self, progress):
    plain(self, progress)
    if progress.stage == "finding nuclei" and progress.done == 2:
        os._exit(9)  # as when the machine goes down: nothing is tidied up
_console.Console.progress = die
main(sys.argv[1:])
"""


def test_after_a_kill_the_same_command_goes_on(tmp_path, capsys):
    Image.fromarray(np.tile(RGB, (3, 3, 1))).save(tmp_path / "image.png")
    args = ["segment", str(tmp_path / "image.png"), "--mpp", "0.5", "--tile-px", "256",
            "--out", str(tmp_path / "nuclei.tif"), "--workers", "1"]  # fmt: skip
    killed = subprocess.run([sys.executable, "-c", KILLED, *args], capture_output=True)
    assert killed.returncode == 9
    steps = tmp_path / "cache" / "spotscope" / "steps"
    kept = {path.name: path.stat().st_mtime_ns for path in steps.glob("*.tiles/*.safetensors")}
    assert len(kept) == 2
    assert main([*args, "--json"]) == 0
    first = next(x for x in capsys.readouterr().out.splitlines() if '"finding nuclei"' in x)
    assert '"done": 2' in first
    assert n_found(tmp_path) == 9 * 36
