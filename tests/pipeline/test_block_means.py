"""Means over blocks, read band by band: the same as read at once."""

import dask.array as da
import numpy as np
import pytest

from spotscope.model import Slide, run
from spotscope.pipeline._block_means import block_means


def planes(part):
    return np.moveaxis(part.astype(float), -1, 0)


@pytest.fixture
def slide():
    pixels = np.random.default_rng(0).integers(0, 256, (1300, 90, 3)).astype(np.uint8)
    return Slide((da.from_array(pixels, chunks=(512, 64, 3)),), mpp=0.5, name="noise")


def test_several_bands_are_one_picture(slide):
    means = run(block_means(slide, 2.0, planes))  # 325 blocks high, of 4 px; bands of 128
    blocks = np.asarray(slide.levels[0])[:1300, :88].reshape(325, 4, 22, 4, 3)
    assert np.allclose(means.values, np.moveaxis(blocks.mean(axis=(1, 3)), -1, 0), rtol=1e-6)
    assert means.um_per_px == 2.0
    assert means.origin_um == (0.75, 0.75)  # the middle of four pixels


def test_within_corners_only(slide):
    whole = run(block_means(slide, 2.0, planes))
    part = run(block_means(slide, 2.0, planes, ((10.0, 4.0), (600.0, 30.0))))
    assert np.array_equal(part.values, whole.values[:, 5:300, 2:15])
    assert part.origin_um == (10.75, 4.75)


def test_beside_the_image_nothing(slide):
    assert run(block_means(slide, 2.0, planes, ((900.0, 0.0), (950.0, 20.0)))).values.size == 0
