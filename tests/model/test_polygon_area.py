"""Areas of outlines that cross themselves, worked out by hand and by counting points."""

import numpy as np
import pytest

from spotscope.model import Region


def area(*corners):
    return Region("r", np.array(corners, float)).area_um2


def test_loops_turned_either_way_are_both_inside():
    """Two triangles of 25 tip to tip: the shoelace formula has them cancel."""
    assert area((0, 0), (10, 10), (10, 0), (0, 10)) == pytest.approx(50)
    # x = y and x = 16 - y cross at 8: 64 before it and 4 after it
    assert area((0, 0), (10, 10), (10, 6), (0, 16)) == pytest.approx(64 + 4)


def test_the_middle_of_a_star_is_outside():
    """Five tips of a star drawn in one go: triangles on the sides of the pentagon within."""
    star = [(np.cos(t), np.sin(t)) for t in 4 * np.pi * np.arange(5) / 5]
    inner = np.cos(2 * np.pi / 5)  # from the middle to a side of the pentagon
    side = 2 * inner * np.tan(np.pi / 5)
    height = 1 - inner  # of a tip, above that side
    assert area(*star) == pytest.approx(5 * side * height / 2)


@pytest.mark.parametrize("seed", range(4))
def test_any_outline_has_the_area_of_the_points_in_it(seed):
    corners = np.random.default_rng(seed).random((9, 2)) * 10
    region = Region("r", corners)
    y, x = np.meshgrid(*[np.arange(0.01, 10, 0.02)] * 2, indexing="ij")
    counted = region.contains(np.stack([y.ravel(), x.ravel()], axis=1)).mean() * 100
    assert region.area_um2 == pytest.approx(counted, rel=0.01)


def test_plain_outlines_are_as_they_were():
    assert area((0, 0), (0, 4), (3, 4), (3, 0)) == 12
    assert area((0, 0), (3, 0), (3, 4), (0, 4)) == 12
