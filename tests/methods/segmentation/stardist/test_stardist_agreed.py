"""Outlines that pixels agree on, beside an oracle that tries every edge of every outline."""

import numpy as np
import pytest

from spotscope.methods.segmentation.stardist._agreed import agreed
from spotscope.model import ray_directions

RAYS = ray_directions(32)
HEART = 0.7


def maps_of_a_disc(radius, size=24, grid=2):
    """Every point of the grid in a disc says the disc; none else does."""
    points = np.stack(np.meshgrid(*[np.arange(size) * grid] * 2, indexing="ij"), -1) * 1.0
    middle = np.array([size, size]) * grid / 2
    away = points - middle
    along = away @ RAYS.T
    radii = -along + np.sqrt(np.maximum(along**2 + radius**2 - (away**2).sum(-1)[..., None], 0))
    far = np.linalg.norm(away, axis=-1)
    inside = far < radius
    prob = np.where(inside, 0.9 - 0.01 * far, 0.0).astype(np.float32)
    dist = np.where(inside[..., None], radii, 1e-3).astype(np.float32)
    return prob, dist, middle.astype(int)


def corners(centre, radii):
    return centre + radii[:, None] * RAYS


def crossing(origin, direction, a, b):
    """Smallest t > 0 with origin + t direction on the edge a b; infinity where there is none."""
    edge = b - a
    det = direction[1] * edge[0] - direction[0] * edge[1]
    if abs(det) < 1e-12:
        return np.inf
    off = a - origin
    t = (off[1] * edge[0] - off[0] * edge[1]) / det
    s = (off[1] * direction[0] - off[0] * direction[1]) / det
    return t if t > 0 and -1e-9 <= s <= 1 + 1e-9 else np.inf


def holds(polygon, point):
    """Whether a polygon holds a point: by how often a ray to the right leaves it."""
    inside = False
    for a, b in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if (a[0] > point[0]) != (b[0] > point[0]):
            x = a[1] + (point[0] - a[0]) / (b[0] - a[0]) * (b[1] - a[1])
            inside ^= bool(point[1] < x)
    return inside


def oracle(prob, dist, grid, centre, least, share):
    own = dist[centre[0] // grid, centre[1] // grid].astype(float)
    heart = corners(centre, HEART * own)
    said = []
    for y, x in np.argwhere(prob > least):
        there = np.array([y, x]) * grid
        other = corners(there, dist[y, x].astype(float))
        if not (holds(heart, there) and holds(other, centre)):
            continue
        edges = list(zip(other, np.roll(other, -1, axis=0), strict=True))
        said.append([min(crossing(centre, ray, a, b) for a, b in edges) for ray in RAYS])
    k = int(np.ceil(share * len(said) - 1e-9)) - 1
    return np.sort(np.array(said), axis=0)[k], len(said)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.73, 1.0])
@pytest.mark.parametrize(("grid", "noise"), [(1, 0.15), (2, 0.15), (2, 0.7)])
def test_it_is_what_trying_every_edge_finds(grid, noise, share):
    rng = np.random.default_rng(3)
    prob, dist, middle = maps_of_a_disc(9.0 * grid, grid=grid)
    dist *= np.exp(rng.normal(0, noise, dist.shape)).astype(np.float32)
    # off every point of the lattice of outlines: no ray goes through a corner
    expected, asked = oracle(prob, dist, grid, middle, 0.3, share)
    assert asked > 20
    found = agreed(prob, dist, (grid, grid), middle[None], 0.3, share)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_pixels_that_all_say_one_disc_agree_on_it():
    prob, dist, middle = maps_of_a_disc(15.0)
    found = agreed(prob, dist, (2, 2), middle[None], 0.3, 0.5)[0]
    # polygons of 32 corners lie inside the disc, by 1 - cos(π/32) of its radius at most where the
    # corners are even; seen from aside they are not
    np.testing.assert_allclose(found, 15.0, rtol=0.03)


def test_one_that_says_too_little_is_overruled_by_the_others():
    prob, dist, middle = maps_of_a_disc(15.0)
    row, column = middle // 2
    dist[row, column] = 0.8 * dist[row, column]
    found = agreed(prob, dist, (2, 2), middle[None], 0.3, 0.8)[0]
    np.testing.assert_allclose(found, 15.0, rtol=0.03)


def test_a_larger_share_is_never_smaller_and_all_of_them_say_no_more_than_the_largest():
    rng = np.random.default_rng(5)
    prob, dist, middle = maps_of_a_disc(16.0)
    dist *= np.exp(rng.normal(0, 0.2, dist.shape)).astype(np.float32)
    small, large = (agreed(prob, dist, (2, 2), middle[None], 0.3, share)[0] for share in (0.5, 0.8))
    assert (large >= small).all()
    assert (large > small).any()


def test_neighbours_that_are_no_candidates_or_hold_another_nucleus_are_not_asked():
    prob, dist, middle = maps_of_a_disc(15.0)
    row, column = middle // 2
    alone = np.zeros_like(prob)
    alone[row, column] = prob[row, column]
    expected = dist[row, column].copy()
    np.testing.assert_allclose(
        agreed(alone, dist, (2, 2), middle[None], 0.3, 0.8)[0], expected, rtol=1e-5
    )
    # all others say a speck that does not hold the middle
    specks = np.full_like(dist, 0.5)
    specks[row, column] = expected
    np.testing.assert_allclose(
        agreed(prob, specks, (2, 2), middle[None], 0.3, 0.8)[0], expected, rtol=1e-5
    )


def test_where_the_map_is_cut_changes_nothing_it_does_not_cut_off():
    rng = np.random.default_rng(7)
    prob, dist, middle = maps_of_a_disc(12.0)
    dist *= np.exp(rng.normal(0, 0.1, dist.shape)).astype(np.float32)
    whole = agreed(prob, dist, (2, 2), middle[None], 0.3, 0.8)
    part = agreed(prob[3:, 2:], dist[3:, 2:], (2, 2), middle[None] - [6, 4], 0.3, 0.8)
    np.testing.assert_array_equal(whole, part)


def test_nobody_asked_is_nothing_found():
    prob, dist, _ = maps_of_a_disc(12.0)
    assert agreed(prob, dist, (2, 2), np.zeros((0, 2), np.intp), 0.3, 0.8).shape == (0, 32)
