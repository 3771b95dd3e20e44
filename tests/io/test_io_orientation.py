"""Images that ask to be shown turned: said, and shown as they are stored."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from spotscope import pipeline
from spotscope.io import said_of_orientation
from spotscope.model import run

STORED = np.random.default_rng(0).integers(0, 255, (60, 90, 3), dtype=np.uint8)


def written(path, orientation):
    exif = Image.Exif()
    if orientation is not None:
        exif[274] = orientation
    Image.fromarray(STORED).save(path, exif=exif)
    return path


@pytest.mark.parametrize("ending", ["png", "jpg", "tif"])
@pytest.mark.parametrize(
    ("orientation", "how"), [(6, "by 90° clockwise"), (3, "by 180°"), (2, "mirrored")]
)
def test_what_asks_to_be_turned_is_said(tmp_path, ending, orientation, how):
    (said,) = said_of_orientation(written(tmp_path / f"slide.{ending}", orientation))
    assert said.startswith("slide.")
    assert how in said


@pytest.mark.parametrize("ending", ["png", "jpg", "tif"])
@pytest.mark.parametrize("orientation", [1, 0, 99, None])
def test_of_others_nothing_is_said(tmp_path, ending, orientation):
    assert said_of_orientation(written(tmp_path / f"slide.{ending}", orientation)) == ()


def test_no_pixel_is_decoded_to_know(tmp_path):
    path = written(tmp_path / "slide.png", None)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert said_of_orientation(path) == ()


def test_a_sample_says_it_and_keeps_its_pixels_where_they_are(tmp_path):
    path = written(tmp_path / "slide.png", 6)
    sample = run(pipeline.read_sample(path, mpp=0.5, cache=tmp_path / "cache"))
    assert any("as its pixels are stored" in note for note in sample.notes)
    np.testing.assert_array_equal(np.asarray(sample.slide.levels[0]), STORED)
