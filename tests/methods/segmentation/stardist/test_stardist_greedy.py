"""Who stays: the same outlines as the stardist package keeps, and it is asked about few."""

import numpy as np
import pytest

from spotscope.methods.segmentation.stardist import _greedy
from spotscope.methods.segmentation.stardist._greedy import by_package, who_stays


def one_after_another(points, radii, limit):
    """Every pair by itself, from the first to the last."""
    stays = []
    for i in range(len(points)):
        pairs = ([k, i] for k in stays)
        if all(by_package(points[pair], radii[pair], limit)[1] for pair in pairs):
            stays.append(i)
    return np.isin(np.arange(len(points)), stays)


@pytest.fixture
def asked(monkeypatch):
    """How many outlines the package is asked about at a time."""
    numbers = []

    def ask(points, dist, limit):
        numbers.append(len(points))
        return by_package(points, dist, limit)

    monkeypatch.setattr(_greedy, "by_package", ask)
    return numbers


@pytest.mark.parametrize("limit", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_those_stay_that_the_package_keeps_at_the_limits_of_the_limit(seed, limit, crowd):
    points, radii = crowd(seed, n=800, spread=160)
    np.testing.assert_array_equal(who_stays(points, radii, limit), by_package(points, radii, limit))


@pytest.mark.parametrize("limit", [0.3, 0.6])
@pytest.mark.parametrize("seed", range(6))
def test_those_stay_that_the_package_keeps(seed, limit, crowd):
    points, radii = crowd(seed, n=1500, spread=220)
    kept = by_package(points, radii, limit)
    np.testing.assert_array_equal(who_stays(points, radii, limit), kept)
    assert 10 < kept.sum() < 1490


def test_it_is_asked_about_few_of_a_crowd_of_nuclei(asked, crowd):
    points, radii = crowd(1, n=3000, spread=300, base=(9, 14))
    kept = by_package(points, radii, 0.3)
    np.testing.assert_array_equal(who_stays(points, radii, 0.3), kept)
    assert 0 < sum(asked) < 1000
    assert 100 < kept.sum() < 1000


@pytest.mark.parametrize("rays", [4, 16, 33])
def test_with_any_number_of_rays(rays, crowd):
    points, radii = crowd(7, n=400, spread=100, rays=rays)
    np.testing.assert_array_equal(who_stays(points, radii, 0.4), by_package(points, radii, 0.4))


def test_the_package_itself_decides_pair_by_pair(crowd):
    points, radii = crowd(3, n=60, spread=40)
    expected = one_after_another(points, radii, 0.3)
    np.testing.assert_array_equal(who_stays(points, radii, 0.3), expected)
    assert 2 < expected.sum() < 58


def test_the_first_of_two_that_are_alike_stays(asked):
    points = np.array([[20, 20], [20, 21], [60, 60]], np.float32)
    radii = np.full((3, 32), 8, np.float32)
    np.testing.assert_array_equal(who_stays(points, radii, 0.5), [True, False, True])
    assert sum(asked) == 0  # told without the package


def test_a_network_that_says_no_numbers_is_left_to_the_package(asked):
    points = np.array([[20, 20], [40, 40]], np.float32)
    radii = np.full((2, 32), 8, np.float32)
    radii[1, 3] = 1e6
    assert who_stays(points, radii, 0.5).any()
    assert asked == [2]


def test_of_none_none_stays():
    assert len(who_stays(np.zeros((0, 2), np.float32), np.zeros((0, 32), np.float32), 0.5)) == 0
