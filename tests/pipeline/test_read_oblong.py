"""Spots tell the pixel size of their image: that its pixels are not square is said all the same."""

import numpy as np
import pytest
import tifffile

from spotscope.model import ReadError, run
from spotscope.pipeline import read_sample


@pytest.fixture
def oblong(tmp_path):
    """An image whose file says 0.5 µm across and 0.75 µm down."""
    cm = (10_000 / 0.5, 10_000 / 0.75)
    pixels = np.full((1024, 1024, 3), 200, np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", pixels, resolution=cm, resolutionunit="CENTIMETER")
    return tmp_path / "a.tif"


def test_an_image_under_spots_is_not_laid_distorted(demo_files, oblong):
    with pytest.raises(
        ReadError, match=r"Expected square pixels in 'a\.tif', found 0\.5 µm across"
    ):
        run(read_sample(demo_files["spots"], image=oblong))


def test_the_pixel_size_that_is_given_wins(demo_files, oblong, tmp_path):
    task = read_sample(demo_files["spots"], image=oblong, mpp=0.5, cache=tmp_path)
    assert run(task).slide.mpp == 0.5
