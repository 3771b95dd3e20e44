import numpy as np
import pytest

from spotscope.model import Lattice, Membership, Spots, StarConvex, polygon_disc_area

SQUARE = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]])


@pytest.mark.parametrize(
    ("shift", "radius", "area"),
    [
        ((0.0, 0.0), 2.0, 4.0),  # the square lies in the disc
        ((0.0, 0.0), 0.5, np.pi / 4),  # the disc lies in the square
        ((10.0, 0.0), 1.0, 0.0),  # apart
        ((1.0, 0.0), 1.0, np.pi / 2),  # an edge through the centre: half the disc
        ((1.0, 1.0), 1.0, np.pi / 4),  # a corner at the centre: a quarter
    ],
)
def test_polygon_and_disc_share_the_area_worked_out_by_hand(shift, radius, area):
    found = polygon_disc_area(SQUARE[None] + np.array(shift), radius)
    assert found == pytest.approx([area], abs=1e-12)


def test_polygon_disc_area_agrees_with_counting_points():
    rng = np.random.default_rng(3)
    points = rng.uniform(-9, 9, (200_000, 2))
    for _ in range(5):
        radii = rng.uniform(1, 6, (1, 16)).astype(np.float32)
        star = StarConvex(rng.normal(0, 4, (1, 2)), radii, np.ones(1, np.float32))
        polygon = star.polygons()[0]
        inside = _inside(points, polygon) & (np.hypot(*points.T) < 5)
        counted = inside.mean() * 18**2
        assert polygon_disc_area(polygon[None], 5.0)[0] == pytest.approx(counted, abs=1.2)


def _inside(points, polygon):
    """Even-odd rule, the slow obvious way."""
    inside = np.zeros(len(points), bool)
    for (y0, x0), (y1, x1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        crosses = (y0 > points[:, 0]) != (y1 > points[:, 0])
        with np.errstate(divide="ignore", invalid="ignore"):
            at = x0 + (points[:, 0] - y0) * (x1 - x0) / (y1 - y0)
        inside ^= crosses & (points[:, 1] < at)
    return inside


def _spots(centres, diameter):
    import pandas as pd
    from anndata import AnnData

    table = AnnData(
        np.ones((len(centres), 1)), obs=pd.DataFrame(index=[f"s{i}" for i in range(len(centres))])
    )
    return Spots(table, np.array(centres, float), Lattice("free", 100.0, diameter))


def _discs(centres, radius=5.0):
    n = len(centres)
    return StarConvex(
        np.array(centres, float), np.full((n, 64), radius, np.float32), np.ones(n, np.float32)
    )


def test_a_nucleus_in_the_corner_of_the_square_round_a_spot_is_not_in_the_spot():
    # spot of 50 µm at (50, 50): a square crop holds (28, 28); its centre is 31.1 µm away, past 30
    membership = Membership.from_discs(
        _discs([[28, 28], [50, 50], [33, 50]]), _spots([[50, 50]], 50)
    )
    assert membership.owner.tolist() == [-1, 0, 0]
    assert membership.overlap[0, 1] == pytest.approx(1.0)
    assert membership.overlap[0, 2] == pytest.approx(1.0, abs=0.05)
    assert membership.overlap[0, 0] == 0


def test_a_nucleus_on_the_rim_belongs_where_most_of_it_lies():
    # rim of the disc at x = 75; centres just inside and just outside
    membership = Membership.from_discs(_discs([[50, 73], [50, 77]]), _spots([[50, 50]], 50))
    assert membership.owner.tolist() == [0, -1]
    assert 0.5 < membership.overlap[0, 0] < 1
    assert 0 < membership.overlap[0, 1] < 0.5


def test_every_nucleus_is_kept_and_shares_never_pass_one(twelve_cell_sample):
    membership = twelve_cell_sample.membership
    assert membership.owner.tolist() == np.repeat(np.arange(4), 3).tolist()
    assert membership.cells_per_spot.tolist() == [3, 3, 3, 3]
    assert np.asarray(membership.overlap.sum(axis=0)).ravel() == pytest.approx(np.ones(12))


def test_summing_cells_through_the_membership_gives_the_spot_counts(twelve_cell_sample):
    summed = twelve_cell_sample.membership.overlap @ twelve_cell_sample.counts
    assert np.asarray(summed) == pytest.approx(twelve_cell_sample.spots.counts.toarray())


def test_no_nuclei_at_all_is_a_membership_too():
    membership = Membership.from_discs(StarConvex.empty(), _spots([[50, 50]], 50))
    assert membership.overlap.shape == (1, 0)
    assert membership.cells_per_spot.tolist() == [0]


def test_nuclei_far_from_every_spot_are_owned_by_none():
    membership = Membership.from_discs(_discs([[900, 900]]), _spots([[50, 50]], 50))
    assert membership.owner.tolist() == [-1]


def test_cells_known_by_number_follow_their_spots():
    membership = Membership.from_counts(np.array([2, 0, 1]))
    assert membership.owner.tolist() == [0, 0, 2]
    assert membership.overlap.toarray().tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]


def test_working_in_blocks_changes_no_membership(twelve_cell_sample, monkeypatch):
    sample = twelve_cell_sample
    whole = Membership.from_discs(sample.outlines, sample.spots)
    monkeypatch.setattr("spotscope.model._membership._BLOCK", 5)
    parts = Membership.from_discs(sample.outlines, sample.spots)
    assert np.array_equal(parts.overlap.toarray(), whole.overlap.toarray())
    assert np.array_equal(parts.owner, whole.owner)
