"""The tools the demo is drawn with, against answers worked out by hand."""

import numpy as np
import pytest

from spotscope.evaluation import make_demo
from spotscope.evaluation._lattice import hex_lattice
from spotscope.evaluation._rim import rim_distance
from spotscope.evaluation.demo._noise import enlarge, noise, streaks
from spotscope.evaluation.demo._pack import pack
from spotscope.evaluation.demo._raster import draw_labels, without_overlap
from spotscope.evaluation.demo._rings import inward_distance, make_ring, walk
from spotscope.evaluation.demo._stain import Stains, photograph
from spotscope.model import ParamsError, StarConvex


def discs(*yxr):
    table = np.array(yxr, float)
    radii = np.repeat(table[:, 2:], 32, axis=1).astype(np.float32)
    return StarConvex(table[:, :2], radii, np.ones(len(table), np.float32))


def test_packing_a_chain_keeps_its_ends():
    """Discs of radius 1 at 0, 1.5 and 3: the second touches the first and goes, the third stays."""
    yx = np.array([[[0, 0]], [[0, 1.5]], [[0, 3.0]]])
    assert pack(yx, np.ones((3, 1))).tolist() == [True, False, True]


def test_packing_does_not_set_an_object_against_itself():
    yx = np.array([[[0, 0], [0, 0.5]], [[9, 0], [9, 0.5]]], float)
    assert pack(yx, np.ones((2, 2))).all()


def test_rim_of_a_diamond_lies_on_its_straight_edge():
    radii = np.full((1, 4), 10, np.float32)
    along_x, diagonal = (3.0, 3.0)
    dy, dx = np.array([[0, diagonal]], np.float32), np.array([[along_x, diagonal]], np.float32)
    np.testing.assert_allclose(rim_distance(radii, dy, dx), [[10, 10 / np.sqrt(2)]], rtol=1e-5)


def test_first_of_two_overlapping_nuclei_stays():
    some = discs((10, 10, 4), (10, 15, 4), (10, 25, 4))
    assert without_overlap(some, (80, 80), 0.5).tolist() == [True, False, True]


def test_labels_are_drawn_at_y_x():
    labels = draw_labels(discs((5, 20, 3)), (40, 80), 0.5)
    y, x = np.nonzero(labels)
    assert (y.mean() * 0.5, x.mean() * 0.5) == (pytest.approx(5), pytest.approx(20))
    assert labels.max() == 1


def test_nucleus_across_the_border_is_cut_by_it():
    labels = draw_labels(discs((0, 10, 4)), (40, 40), 0.5)
    assert labels[0, 20] == 1
    assert abs((labels > 0).sum() * 0.25 - np.pi * 16 / 2) < 5


def test_enlarging_keeps_a_ramp_straight():
    y, x = np.mgrid[:20, :20].astype(np.float32)
    big = enlarge(3 * y - x, 0.25, 64)
    yy, xx = np.mgrid[8:56, 8:56] / 4
    np.testing.assert_allclose(big[8:56, 8:56], 3 * yy - xx, atol=1e-4)


def test_noise_has_mean_zero_and_deviation_one():
    field = noise(np.random.default_rng(0), 200, 6)
    assert abs(field.mean()) < 1e-5
    assert field.std() == pytest.approx(1, abs=1e-4)


def test_streaks_run_along_the_angle():
    angle = np.zeros((96, 96), np.float32)  # along x
    (field,) = streaks(np.random.default_rng(0), angle, (0.5,), 8)
    inner = field[20:-20, 20:-20]
    along = np.corrcoef(inner[:, :-4].ravel(), inner[:, 4:].ravel())[0, 1]
    across = np.corrcoef(inner[:-4].ravel(), inner[4:].ravel())[0, 1]
    assert along > 0.6
    assert abs(across) < 0.3


def test_distance_inside_a_round_ring_is_measured_from_its_curve():
    ring = make_ring(np.random.default_rng(0), [50, 60], 20, 20, 0, wobble=0, wall_um=8)
    outer = inward_distance([ring], 60, 2.0, lumen=False)
    lumen = inward_distance([ring], 60, 2.0, lumen=True)
    assert outer[25, 30] == pytest.approx(20)
    assert outer[25, 35] == pytest.approx(10, abs=0.1)
    assert outer[25, 45] == pytest.approx(-10, abs=0.1)
    assert lumen[25, 30] == pytest.approx(12)


def test_walk_keeps_its_spacing_and_looks_inward():
    ring = make_ring(np.random.default_rng(0), [50, 60], 20, 20, 0, wobble=0, wall_um=8)
    yx, inward = walk(ring, 5.0, 4.0)
    assert len(yx) == int(2 * np.pi * 20 / 5)
    np.testing.assert_allclose(np.linalg.norm(yx - [50, 60], axis=1), 16, atol=0.05)
    ahead = yx + 16 * np.stack([np.sin(inward), np.cos(inward)], axis=1)
    np.testing.assert_allclose(ahead, np.tile([50.0, 60.0], (len(yx), 1)), atol=0.2)


def test_hex_lattice_shifts_every_other_row_by_half():
    yx, grid = hex_lattice((100.0, 200.0), 100.0)
    row = 100 * np.sqrt(3) / 2
    np.testing.assert_allclose(yx, [[0, 0], [0, 100], [0, 200], [row, 50], [row, 150]])
    assert grid.tolist() == [[0, 0], [0, 2], [0, 4], [1, 1], [1, 3]]


def test_glass_is_bright_haematoxylin_blue_and_eosin_pink():
    amounts = [np.zeros((60, 60), np.float32) for _ in range(3)]
    amounts[0][:20], amounts[1][20:40] = 1.5, 0.5
    image = photograph(np.random.default_rng(0), Stains(*amounts)).astype(float)
    blue, pink, glass = (image[rows].mean(axis=(0, 1)) for rows in np.split(np.arange(60), 3))
    assert glass.min() > 235
    assert blue[2] > blue[0] > 60
    assert pink[0] > pink[2] > pink[1]


@pytest.mark.parametrize("size_px", [300, 333])
def test_sample_of_any_size_is_made(size_px):
    sample = make_demo(5, size_px=size_px)
    assert sample.slide.shape[:2] == (size_px, size_px)
    assert sample.nuclei.n > 0
    assert sample.spots.n > 0


def test_slide_too_small_for_a_spot_is_refused():
    with pytest.raises(ParamsError, match="at least 150 µm"):
        make_demo(0, size_px=200)
