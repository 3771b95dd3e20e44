"""Measures of nuclei, and nuclei of a label image, on shapes whose answer is known."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest

from spotscope.methods.segmentation import (
    LabelDrawer,
    eccentricity,
    measure_stain,
    outlines_of_labels,
)
from spotscope.methods.segmentation._stain import estimate_stains, optical_density, signal_weights
from spotscope.model import (
    Labels,
    MethodError,
    Slide,
    StarConvex,
    outlines_of_polygons,
    ray_directions,
    run,
)


def ellipse(a: float, b: float, n_rays: int = 128) -> StarConvex:
    """Half axes a along x and b along y."""
    sin, cos = ray_directions(n_rays).T
    radii = 1 / np.sqrt((cos / a) ** 2 + (sin / b) ** 2)
    return StarConvex(np.array([[50.0, 50.0]]), radii[None].astype(np.float32), np.ones(1, "f4"))


@pytest.mark.parametrize(("a", "b"), [(5, 5), (10, 5), (5, 10), (20, 5)])
def test_the_eccentricity_of_an_ellipse_is_that_of_its_axes(a, b):
    long, short = max(a, b), min(a, b)
    assert eccentricity(ellipse(a, b))[0] == pytest.approx(
        np.sqrt(1 - (short / long) ** 2), abs=0.02
    )


def test_the_eccentricity_does_not_hang_on_where_the_rays_start():
    """An ellipse drawn from a point off its middle."""
    corners = ellipse(10, 5).polygons()[0]
    off = corners - corners.mean(axis=0) - [1.5, 3.0]
    turn, far = np.arctan2(*off.T), np.hypot(*off.T)
    order = np.argsort(turn % (2 * np.pi))
    steps = 2 * np.pi * np.arange(128) / 128
    radii = np.interp(steps, turn[order] % (2 * np.pi), far[order], period=2 * np.pi)
    moved = StarConvex(np.zeros((1, 2)), radii[None].astype(np.float32), np.ones(1, "f4"))
    assert eccentricity(moved)[0] == pytest.approx(np.sqrt(0.75), abs=0.02)
    assert eccentricity(StarConvex.empty()).shape == (0,)


def test_the_stain_inside_two_discs_is_that_of_their_colour(two_nuclei_slide, two_nuclei_outlines):
    found = run(measure_stain(two_nuclei_slide, two_nuclei_outlines))
    small = two_nuclei_slide.thumbnail(1024)
    weights = signal_weights(estimate_stains(small.reshape(-1, 3)))
    blue = float(optical_density(np.array([84, 60, 140], np.uint8)) @ weights)
    pink = float(optical_density(np.array([226, 176, 204], np.uint8)) @ weights)
    assert (pink < found).all()
    assert found == pytest.approx([blue, blue], abs=0.15 * (blue - pink))


def test_only_the_nuclei_asked_for_are_measured(two_nuclei_slide, two_nuclei_outlines):
    whole = run(measure_stain(two_nuclei_slide, two_nuclei_outlines))
    one = run(measure_stain(two_nuclei_slide, two_nuclei_outlines, np.array([1])))
    assert np.isnan(one[0])
    assert one[1] == whole[1]


def test_tiles_put_together_are_the_whole(monkeypatch, two_nuclei_slide, two_nuclei_outlines):
    whole = run(measure_stain(two_nuclei_slide, two_nuclei_outlines))
    monkeypatch.setattr("spotscope.methods.segmentation._measures._TILE", 16)
    assert run(measure_stain(two_nuclei_slide, two_nuclei_outlines)) == pytest.approx(whole)


def test_haematoxylin_is_not_measured_in_fluorescence(two_nuclei_outlines):
    slide = Slide((da.zeros((64, 96, 2), dtype=np.uint16),), mpp=0.5, name="dapi")
    with pytest.raises(MethodError, match="colour"):
        run(measure_stain(slide, two_nuclei_outlines))


def as_labels(pixels: np.ndarray, mpp: float = 0.5) -> Labels:
    return Labels((da.from_array(pixels.astype(np.uint32), chunks=32),), mpp)


def discs() -> StarConvex:
    """Nine discs of 6 µm, two of them touching, under labels with gaps."""
    yx = np.array([[20.0 + 30 * i, 20.0 + 30 * j] for i in range(3) for j in range(3)])
    yx[1, 1] = yx[0, 1] + 12
    radii = np.full((9, 32), 6, np.float32)
    labels = np.array([2, 3, 5, 8, 13, 21, 34, 55, 89], np.uint32)
    return StarConvex(yx, radii, np.ones(9, np.float32), labels)


def test_discs_of_a_label_image_come_back_under_their_labels():
    truth = discs()
    pixels = LabelDrawer(truth, 0.5).draw(0, 0, 220, 220)
    found = run(outlines_of_labels(as_labels(pixels)))
    assert np.array_equal(found.label_id, truth.label_id)
    assert np.allclose(found.yx_um, truth.yx_um, atol=0.3)
    assert found.area_um2() == pytest.approx(truth.area_um2(), rel=0.05)


def test_the_tiles_of_a_label_image_change_nothing(monkeypatch):
    pixels = LabelDrawer(discs(), 0.5).draw(0, 0, 220, 220)
    whole = run(outlines_of_labels(as_labels(pixels)))
    monkeypatch.setattr("spotscope.methods.segmentation._from_labels._TILE", 50)
    monkeypatch.setattr("spotscope.methods.segmentation._from_labels._MARGIN_UM", 15.0)
    tiled = run(outlines_of_labels(as_labels(pixels)))
    assert np.array_equal(tiled.label_id, whole.label_id)
    assert np.array_equal(tiled.yx_um, whole.yx_um)
    assert np.array_equal(tiled.radii_um, whole.radii_um)


def test_a_label_image_without_background_or_without_labels():
    full = run(outlines_of_labels(as_labels(np.full((20, 20), 7))))
    assert full.label_id.tolist() == [7]
    assert full.area_um2()[0] == pytest.approx(100, rel=0.1)
    assert run(outlines_of_labels(as_labels(np.zeros((20, 20))))).n == 0


def test_polygons_become_outlines_of_their_area():
    square = np.array([[0, 0], [0, 10], [10, 10], [10, 0]], float)
    found = outlines_of_polygons([square, square + 30])
    assert np.allclose(found.yx_um, [[5, 5], [35, 35]])
    assert found.area_um2() == pytest.approx([100, 100], rel=0.03)
    assert outlines_of_polygons([]).n == 0


def test_working_in_blocks_changes_no_eccentricity(monkeypatch):
    rng = np.random.default_rng(0)
    radii = rng.uniform(3, 6, (11, 32)).astype(np.float32)
    nuclei = StarConvex(rng.uniform(0, 99, (11, 2)), radii, np.ones(11, np.float32))
    whole = eccentricity(nuclei)
    monkeypatch.setattr("spotscope.methods.segmentation._measures._BLOCK", 4)
    assert np.array_equal(eccentricity(nuclei), whole)
