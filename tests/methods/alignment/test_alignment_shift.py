"""Shifts that were put in are found; where there is nothing to find, that is said."""

import numpy as np
import pytest

from spotscope.methods.alignment import DensityMap, disc_means, estimate_shift
from spotscope.model import MethodError

PITCH, WIDE = 100.0, 55.0


def blobs(rng, size=320, um=5.0):
    """A tissue: stain that varies from cell clump to cell clump, about 60 µm across."""
    from scipy import ndimage

    plane = ndimage.gaussian_filter(rng.normal(size=(size, size)), 30 / um)
    return DensityMap((plane / plane.std())[None].astype(np.float32), um)


def lattice():
    y, x = np.mgrid[200:1400:PITCH, 200:1400:PITCH]
    return np.stack([y.ravel(), x.ravel()], axis=1)


def counted(image, yx, rng, told=0.8):
    """Counts that follow the image under the spot, and chance."""
    under = disc_means(image, WIDE).at(yx)[0]
    level = told * under / under.std() + np.sqrt(1 - told**2) * rng.normal(size=len(yx))
    return rng.poisson(np.exp(7 + 0.5 * level))


def test_disc_means_of_a_ramp_are_the_ramp_and_of_a_point_the_disc():
    ramp = np.arange(60, dtype=np.float32)[None, :, None] * np.ones((1, 1, 60), np.float32)
    smooth = disc_means(DensityMap(ramp, 5.0), WIDE)
    np.testing.assert_allclose(smooth.at(np.array([[150.0, 150.0]]))[0], 30.0, rtol=1e-5)
    point = np.zeros((1, 61, 61), np.float32)
    point[0, 30, 30] = 1
    held = disc_means(DensityMap(point, 5.0), WIDE).values[0]
    inside = (held > 1e-6).sum() * 25.0
    assert inside == pytest.approx(np.pi * (WIDE / 2 + 2.5) ** 2, rel=0.1)
    assert held.sum() == pytest.approx(1.0, abs=1e-4)


def test_a_map_knows_its_origin():
    image = DensityMap(np.arange(4.0, dtype=np.float32).reshape(1, 2, 2), 10.0, (100.0, 50.0))
    np.testing.assert_allclose(image.at(np.array([[105.0, 50.0], [100.0, 60.0]]))[0], [1.0, 1.0])


@pytest.mark.parametrize("put_in", [(0.0, 0.0), (12.0, -8.0), (-35.0, 20.0)])
def test_a_shift_that_was_put_in_is_found(put_in):
    rng = np.random.default_rng(5)
    image, yx = blobs(rng), lattice()
    umis = counted(image, yx, rng)
    found = estimate_shift(umis, yx + put_in, PITCH, disc_means(image, WIDE), rng=1)
    assert found.tells
    np.testing.assert_allclose(found.yx_um, put_in, atol=found.radius_um)
    assert np.hypot(*np.subtract(found.yx_um, put_in)) < 8.0
    assert found.radius_um < 15.0
    assert found.is_off == (np.hypot(*put_in) > 10)


def test_the_radius_holds_the_truth_nineteen_times_of_twenty():
    held = 0
    for seed in range(20):
        rng = np.random.default_rng(100 + seed)
        image, yx = blobs(rng), lattice()
        put_in = rng.uniform(-30, 30, 2)
        umis = counted(image, yx, rng, told=0.6)
        found = estimate_shift(umis, yx + put_in, PITCH, disc_means(image, WIDE), rng=seed)
        held += bool(np.hypot(*np.subtract(found.yx_um, put_in)) <= found.radius_um)
    assert held >= 17


def test_counts_that_know_nothing_of_the_image_tell_nothing():
    told = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        image, yx = blobs(rng), lattice()
        umis = rng.poisson(np.exp(rng.normal(7, 0.5, len(yx))))
        told += estimate_shift(umis, yx, PITCH, disc_means(image, WIDE), rng=seed).tells
    assert told <= 1


def test_more_counts_on_paler_tissue_tell_as_much():
    rng = np.random.default_rng(2)
    image, yx = blobs(rng), lattice()
    umis = counted(DensityMap(-image.values, image.um_per_px), yx, rng)
    found = estimate_shift(umis, yx + np.array([20.0, 0.0]), PITCH, disc_means(image, WIDE), rng=1)
    np.testing.assert_allclose(found.yx_um, (20, 0), atol=8)


def test_words_say_where_and_how_sure():
    rng = np.random.default_rng(5)
    image, yx = blobs(rng), lattice()
    umis = counted(image, yx, rng)
    found = estimate_shift(umis, yx + np.array([0.0, -30.0]), PITCH, disc_means(image, WIDE), rng=1)
    assert found.sentence.startswith("shifted ")
    assert "µm left" in found.sentence
    assert "±" in found.sentence


def test_a_handful_of_spots_tells_nothing():
    image = blobs(np.random.default_rng(0))
    with pytest.raises(MethodError, match="at least 30 spots"):
        estimate_shift(np.ones(9, int), lattice()[:9], PITCH, image)
