"""Colour of 16 bits or fractions: stained tissue becomes 8 bits, fluorescence stays as it is."""

import numpy as np
import pytest
import tifffile

from spotscope.io import open_slide
from spotscope.model import run


@pytest.fixture(scope="module")
def tissue():
    """(y, x, 3) uint8: pink ground, violet discs, a white rim."""
    yx = np.mgrid[:300, :400]
    picture = np.full((300, 400, 3), (225, 170, 200), np.uint8)
    picture[((yx[0] % 40 - 20) ** 2 + (yx[1] % 40 - 20) ** 2) < 80] = (110, 70, 150)
    picture[:, :40] = 255
    return picture


def opened(path, pixels):
    tifffile.imwrite(path, pixels, photometric="rgb", tile=(64, 64))
    return run(open_slide(path, mpp=0.5, cache=path.parent / "cache"))


@pytest.mark.parametrize("white", [65535, 4095])
def test_stained_tissue_of_16_or_12_bits_is_the_colour_that_8_bits_show(tissue, white, tmp_path):
    deep = np.rint(tissue.astype(float) * white / 255).astype(np.uint16)
    slide = opened(tmp_path / "deep.tif", deep)
    assert slide.is_rgb
    assert all(level.dtype == np.uint8 for level in slide.levels)
    shown = np.asarray(slide.levels[0]).astype(int)
    assert abs(shown - tissue).max() <= 1


def test_three_channels_of_fluorescence_are_left_as_they_are(tissue, tmp_path):
    light = (255 - tissue.astype(np.uint16)) // 40 * 300  # discs glow on dark ground
    light[(tissue == (225, 170, 200)).all(axis=2)] = 90
    slide = opened(tmp_path / "light.tif", light)
    assert not slide.is_rgb
    np.testing.assert_array_equal(np.asarray(slide.levels[0]), light)


def test_a_black_image_is_left_as_it_is(tmp_path):
    slide = opened(tmp_path / "black.tif", np.zeros((100, 100, 3), np.uint16))
    assert not slide.is_rgb
    assert not np.asarray(slide.levels[0]).any()


@pytest.mark.parametrize("white", [1.0, 255.0])
def test_stained_tissue_in_fractions_is_the_colour_that_8_bits_show(tissue, white, tmp_path):
    slide = opened(tmp_path / "part.tif", (tissue * (white / 255)).astype(np.float32))
    assert slide.is_rgb
    assert abs(np.asarray(slide.levels[0]).astype(int) - tissue).max() <= 1


@pytest.mark.parametrize("none", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channels", [1, 3])
def test_where_an_image_has_no_number_there_is_no_light(tissue, channels, none, tmp_path):
    """Registration leaves a rim of 60 columns without a value."""
    part = (tissue[..., :channels] / 255).astype(np.float32)
    part[:, 40:100] = none
    path = tmp_path / "rim.tif"
    kind = "rgb" if channels == 3 else "minisblack"
    tifffile.imwrite(path, part.squeeze(), photometric=kind, tile=(64, 64))
    slide = run(open_slide(path, mpp=0.5, cache=tmp_path / "cache"))
    for level in slide.levels:
        assert np.isfinite(np.asarray(level)).all()
    seen = np.asarray(slide.levels[0])
    assert not seen[:, 40:100].any()
    assert seen[:, 100:].all()
