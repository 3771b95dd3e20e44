"""Matching of nuclei against overlaps known by geometry."""

import numpy as np
import pytest

from spotscope.evaluation import match_nuclei, polygon_ious
from spotscope.model import StarConvex


def diamonds(*yxr):
    """Outlines of four rays: squares on their corners, of area 2 r²."""
    table = np.array(yxr, float).reshape(-1, 3)
    radii = np.repeat(table[:, 2:], 4, axis=1).astype(np.float32)
    return StarConvex(table[:, :2], radii, np.ones(len(table), np.float32))


def one_to_one(n):
    return np.stack([np.arange(n)] * 2, axis=1)


@pytest.mark.parametrize(
    ("other", "iou"),
    [
        ((50, 50, 10), 1.0),
        ((50, 50, 5), 0.25),  # a quarter of the area, inside
        ((55, 55, 10), 1 / 3),  # slid by half a side: ½ in common of 1½
        ((55, 45, 10), 1 / 3),
        ((80, 50, 10), 0.0),
    ],
)
def test_iou_by_geometry(other, iou):
    first, second = diamonds((50, 50, 10)), diamonds(other)
    assert polygon_ious(first, second, one_to_one(1))[0] == pytest.approx(iou, abs=0.005)
    assert polygon_ious(second, first, one_to_one(1))[0] == pytest.approx(iou, abs=0.005)


def test_scores_by_hand():
    """Three found, two true, one match: precision 1/3, recall 1/2, F1 2/5."""
    truth = diamonds((50, 50, 10), (50, 100, 10))
    found = diamonds((50, 50, 10), (55, 105, 10), (200, 200, 10))
    match = match_nuclei(found, truth)
    assert match.pairs.tolist() == [[0, 0]]
    assert match.precision == pytest.approx(1 / 3)
    assert match.recall == pytest.approx(1 / 2)
    assert match.f1 == pytest.approx(2 / 5)
    assert match.panoptic_quality == pytest.approx(2 / 5, abs=0.01)


def test_lower_threshold_lets_the_slid_one_in():
    truth, found = diamonds((50, 100, 10)), diamonds((55, 105, 10))
    assert match_nuclei(found, truth, 0.5).f1 == 0
    assert match_nuclei(found, truth, 0.3).f1 == 1


def test_better_of_two_rivals_wins_and_the_other_is_wrong():
    truth = diamonds((50, 50, 10))
    found = diamonds((53, 53, 10), (51, 51, 10))
    match = match_nuclei(found, truth, 0.3)
    assert match.pairs.tolist() == [[1, 0]]
    assert match.precision == 0.5
    assert match.recall == 1


def test_order_of_nuclei_does_not_matter():
    truth = diamonds((50, 50, 10), (50, 100, 10), (100, 50, 8))
    found = diamonds((101, 50, 8), (50, 51, 10), (50, 99, 10))
    match = match_nuclei(found, truth)
    assert {tuple(pair) for pair in match.pairs.tolist()} == {(0, 2), (1, 0), (2, 1)}


@pytest.mark.parametrize(
    ("found", "truth", "f1"),
    [((), (), 1.0), ((50, 50, 10), (), 0.0), ((), (50, 50, 10), 0.0)],
)
def test_empty_sets_have_a_score(found, truth, f1):
    empty = StarConvex.empty(4)
    match = match_nuclei(diamonds(found) if found else empty, diamonds(truth) if truth else empty)
    assert match.f1 == f1
    assert match.pairs.shape == (0, 2)


def test_numbers_of_rays_may_differ():
    radii = np.full((1, 32), 10, np.float32)
    disc = StarConvex(np.array([[50.0, 50]]), radii, np.ones(1, np.float32))
    # a diamond inside a circle: 2 r² of (nearly) π r²
    iou = polygon_ious(diamonds((50, 50, 10)), disc, one_to_one(1))[0]
    assert iou == pytest.approx(200 / disc.area_um2()[0], abs=0.01)


def test_demo_nuclei_match_themselves_one_to_one(demo):
    match = match_nuclei(demo.nuclei, demo.nuclei)
    assert match.f1 == 1
    np.testing.assert_array_equal(match.pairs[:, 0], match.pairs[:, 1])
    assert match.iou.min() > 0.98


def test_iou_agrees_with_counting_fine_pixels(demo):
    """The slow way: draw each pair on pixels of 0.05 µm and count."""
    from spotscope.evaluation.demo._raster import draw_labels

    some = demo.nuclei.take(np.arange(0, demo.nuclei.n, 97))
    moved = StarConvex(some.yx_um + np.array([0.9, -1.4]), some.radii_um * 1.1, some.probability)
    fast = polygon_ious(some, moved, one_to_one(some.n))
    for i in range(some.n):
        shift = 30 - some.yx_um[i]
        pair = [
            StarConvex(s.yx_um[[i]] + shift, s.radii_um[[i]], s.probability[[i]])
            for s in (some, moved)
        ]
        a, b = (draw_labels(one, (1200, 1200), 0.05) > 0 for one in pair)
        assert fast[i] == pytest.approx((a & b).sum() / (a | b).sum(), abs=0.007)
