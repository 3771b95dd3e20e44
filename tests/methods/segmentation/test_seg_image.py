"""The small pieces that work on pixels: distance, flood, resampling, rays, stain, tissue."""

import numpy as np
import pytest
from scipy import ndimage

from spotscope.methods.segmentation._distance import distance_to_background, opened
from spotscope.methods.segmentation._flood import flood
from spotscope.methods.segmentation._rays import N_RAYS, measure
from spotscope.methods.segmentation._resample import resample, source_span
from spotscope.methods.segmentation._stain import (
    STANDARD_STAINS,
    estimate_stains,
    signal_weights,
    stain_signal,
)
from spotscope.model import tissue_mask


def disc(size, y, x, radius):
    rows, columns = np.mgrid[:size, :size]
    return np.hypot(rows - y, columns - x) <= radius


def test_distance_equals_scipys():
    mask = np.random.default_rng(0).random((67, 91)) > 0.1
    expected = ndimage.distance_transform_edt(mask)
    np.testing.assert_allclose(distance_to_background(mask), expected, rtol=1e-6)


def test_opening_takes_a_fibre_and_leaves_a_disc():
    mask = disc(60, 20, 20, 8)
    mask[45, :] = True
    left = opened(mask, 1.5)
    assert not left[44:47].any()
    assert left[20, 20]
    assert left.sum() == pytest.approx(disc(60, 20, 20, 8).sum(), rel=0.1)


def two_hills(pass_height):
    """One row: summits 5 and 4, and a pass between them."""
    surface = np.array([[1, 3, 5, 3, pass_height, 3, 4, 2]], np.float32)
    return surface, np.ones_like(surface, bool)


def test_hills_with_a_deep_pass_are_parted():
    labels, n = flood(*two_hills(1.0), depth=2.0)
    assert n == 2
    assert labels[0, :4].tolist() == [1, 1, 1, 1]
    assert labels[0, 5:].tolist() == [2, 2, 2]


def test_hills_with_a_shallow_pass_are_one():
    labels, n = flood(*two_hills(2.5), depth=2.0)
    assert n == 1
    assert (labels == 1).all()


def test_flat_ground_is_one_basin():
    _, n = flood(np.ones((9, 9), np.float32), np.ones((9, 9), bool), depth=0.1)
    assert n == 1


def test_nothing_outside_the_mask_is_labelled():
    mask = disc(30, 10, 10, 5) | disc(30, 22, 22, 4)
    labels, n = flood(distance_to_background(mask), mask, depth=1.0)
    assert n == 2
    np.testing.assert_array_equal(labels > 0, mask)


def test_the_same_pixel_size_changes_nothing():
    image = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    np.testing.assert_array_equal(resample(image, (0, 0), (0, 0, 20, 30), 1.0), image)


@pytest.mark.parametrize("scale", [0.7, 1.7, 2.0, 3.3])
def test_a_ramp_keeps_its_places(scale):
    """Input pixel i has the value i, so output pixel j must have (j + ½) s - ½."""
    image = np.tile(np.arange(60, dtype=np.float32), (60, 1))
    n = int(60 / scale)
    out = resample(image, (0, 0), (0, 0, n, n), scale)
    expected = (np.arange(n) + 0.5) * scale - 0.5
    inner = slice(4, n - 4)
    # a tent of fractional width is sampled, not integrated: it wavers, but leans nowhere
    np.testing.assert_allclose(out[10, inner], expected[inner], atol=0.1 * scale)
    assert (out[10, inner] - expected[inner]).mean() == pytest.approx(0, abs=0.01 * scale)
    np.testing.assert_allclose(resample(image.T, (0, 0), (0, 0, n, n), scale), out.T, atol=1e-5)


@pytest.mark.parametrize("scale", [0.7256, 1.9])
def test_a_window_resampled_alone_equals_the_whole_to_the_bit(scale):
    image = np.random.default_rng(0).random((100, 90)).astype(np.float32)
    height, width = int(100 / scale), int(90 / scale)
    whole = resample(image, (0, 0), (0, 0, height, width), scale)
    y0, x0, y1, x1 = box = (13, 7, 41, 33)
    top, bottom = source_span(y0, y1, scale, 100)
    left, right = source_span(x0, x1, scale, 90)
    part = resample(image[top:bottom, left:right], (top, left), box, scale)
    np.testing.assert_array_equal(part, whole[y0:y1, x0:x1])


def test_the_rays_of_a_disc_are_its_radius():
    mask = disc(61, 30, 30, 12)
    signal = mask.astype(np.float32)
    found = measure(mask.astype(np.int32), 1, signal, distance_to_background(mask), 0.5)
    np.testing.assert_allclose(found.yx, [[30, 30]])
    np.testing.assert_allclose(found.radii, 12.3, atol=0.6)
    assert found.radii.shape == (1, N_RAYS)
    assert found.area[0] == mask.sum()
    assert found.step[0] == pytest.approx(1.0)


def ellipse(size, long, short, turn):
    rows, columns = np.mgrid[:size, :size] - size // 2
    along = np.cos(turn) * rows + np.sin(turn) * columns
    across = np.cos(turn) * columns - np.sin(turn) * rows
    return (along / long) ** 2 + (across / short) ** 2 <= 1


@pytest.mark.parametrize(("long", "short"), [(10, 10), (20, 6)])
def test_a_long_ellipse_is_as_full_as_a_disc_and_a_ragged_shape_is_not(long, short):
    mask = ellipse(61, long, short, 0.4)
    bitten = mask & ~disc(61, 30 + short, 30, short)
    full, part = (
        measure(
            m.astype(np.int32), 1, m.astype(np.float32), distance_to_background(m), 1.0
        ).fullness[0]
        for m in (mask, bitten)
    )
    assert full == pytest.approx(1.0, abs=0.01)
    assert part < 0.96


def test_the_rays_of_a_square_end_on_its_sides():
    labels = np.zeros((41, 41), np.int32)
    labels[10:31, 10:31] = 1  # centre (20, 20), sides 10.5 away
    found = measure(labels, 1, labels.astype(np.float32), distance_to_background(labels > 0), 1.0)
    along = found.radii[0]
    # along the axes a neighbouring ray is 10.5 / cos(2π/32) long
    straight = 10.5 * (0.5 + 0.5 / np.cos(2 * np.pi / 32))
    np.testing.assert_allclose(along[[0, 8, 16, 24]], straight, rtol=1e-5)


def test_a_horseshoe_has_its_centre_inside_itself():
    ring = disc(41, 20, 20, 15) & ~disc(41, 20, 20, 8)
    ring[:, 24:] = False
    found = measure(
        ring.astype(np.int32), 1, ring.astype(np.float32), distance_to_background(ring), 1.0
    )
    y, x = found.yx[0].astype(int)
    assert ring[y, x]
    # the first exit: no ray reaches across the hollow
    assert found.radii[0].max() < 20
    assert found.radii[0, 0] < 8


def mixed(h, e, stains):
    density = h[..., None] * stains[0] + e[..., None] * stains[1]
    return np.clip(np.rint(256 * 10**-density - 1), 0, 255).astype(np.uint8)


def test_the_amount_of_haematoxylin_comes_back():
    h, e = np.meshgrid(np.linspace(0, 0.9, 8), np.linspace(0, 0.5, 8))
    rgb = mixed(h, e, STANDARD_STAINS)
    got = stain_signal(rgb, signal_weights(STANDARD_STAINS))
    np.testing.assert_allclose(got, h, atol=0.02)


def test_the_stains_of_a_slide_are_read_from_its_pixels():
    own = np.array([[0.55, 0.78, 0.30], [0.15, 0.95, 0.27]])
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    rng = np.random.default_rng(0)
    share = rng.beta(0.3, 0.3, 20_000)
    rgb = mixed(0.7 * share, 0.6 * (1 - share), own)
    found = estimate_stains(rgb)
    off = np.degrees(np.arccos(np.clip((found * own).sum(axis=1), -1, 1)))
    assert off.max() < 3
    assert np.degrees(np.arccos((STANDARD_STAINS * own).sum(axis=1))).min() > 3


@pytest.mark.parametrize("rgb", [np.full((50_000, 3), 245, np.uint8), np.zeros((10, 3), np.uint8)])
def test_a_slide_with_too_little_colour_is_read_with_the_published_stains(rgb):
    np.testing.assert_array_equal(estimate_stains(rgb), STANDARD_STAINS)


def test_tissue_is_found_on_glass_and_dust_is_not():
    image = np.full((200, 200, 3), 243, np.uint8)
    image[disc(200, 80, 100, 40)] = (220, 150, 190)
    image[180:182, 20:22] = (90, 60, 120)
    tissue = tissue_mask(image, mpp=8.0)
    assert tissue[80, 100]
    assert not tissue[181, 21]
    assert tissue.sum() * 8.0**2 == pytest.approx(np.pi * (40 * 8 + 40) ** 2, rel=0.15)


def test_a_slide_of_scattered_nuclei_is_tissue_all_over():
    image = np.full((400, 400, 3), (236, 205, 228), np.uint8)
    for y in range(20, 400, 40):
        for x in range(20, 400, 40):
            image[disc(400, y, x, 10)] = (110, 60, 150)
    assert tissue_mask(image, mpp=0.25).mean() > 0.95


@pytest.mark.parametrize("value", [0, 128, 243])
def test_an_even_image_has_no_tissue(value):
    assert not tissue_mask(np.full((64, 64, 3), 243, np.uint8), 4.0).any()
    assert not tissue_mask(np.full((64, 64), value, np.uint8), 4.0).any()


@pytest.mark.parametrize("mpp", [0.01, 0.0001])
def test_a_slide_far_smaller_than_a_nucleus_is_even(mpp):
    """At 0.01 µm per pixel 24 × 24 px are a speck: smoothed over 8 µm nothing is left to tell."""
    rng = np.random.default_rng(0)
    colour = rng.integers(100, 220, (24, 24, 3)).astype(np.uint8)
    light = rng.integers(50_000, 60_000, (24, 24)).astype(np.uint16)
    assert len(np.unique(tissue_mask(colour, mpp))) == 1
    assert len(np.unique(tissue_mask(light, mpp))) == 1
