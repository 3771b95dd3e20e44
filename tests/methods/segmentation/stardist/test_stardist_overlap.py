"""What outlines share, by hand and beside the stardist package."""

import numpy as np
import pytest

from spotscope.methods.segmentation.stardist._greedy import by_package
from spotscope.methods.segmentation.stardist._overlap import covered, shared


def outlines(points, radii):
    """Covered by outlines whose distances are given, or one distance for all rays."""
    points = np.array(points, np.float32)
    radii = np.array(radii, np.float32)
    return covered(points, radii if radii.ndim == 2 else np.repeat(radii[:, None], 4, axis=1))


def test_diamonds_cover_and_share_what_they_do_by_hand():
    # of four rays, |y - y0| + |x - x0| <= r: an area of 2 r²
    two = outlines([[10, 10], [10, 14]], [4, 4])
    np.testing.assert_array_equal(two.area, [32, 32])
    np.testing.assert_allclose(two.longest, np.sqrt(32))
    np.testing.assert_array_equal(two.box, [[6, 6, 14, 14], [6, 10, 14, 18]])
    # they meet in a diamond of r = 2
    assert shared(two, 0, 1)[0] == pytest.approx(8)
    assert shared(two, 1, 0) == shared(two, 0, 1)
    assert shared(two, 0, 0)[0] == pytest.approx(32)


def test_a_row_of_a_diamond_is_one_span_from_rim_to_rim():
    one = outlines([[10, 10]], [2])
    assert len(one.begin) == 4
    np.testing.assert_allclose(
        one.x.reshape(4, 2), [[9.5, 10.5], [8.5, 11.5], [8.5, 11.5], [9.5, 10.5]]
    )


def test_outlines_apart_or_touching_share_nothing():
    three = outlines([[10, 10], [10, 18], [30, 10]], [4, 4, 4])
    assert shared(three, 0, 1)[0] == 0
    assert shared(three, 0, 2)[0] == 0


def test_corners_are_cut_to_whole_numbers_towards_nought():
    # (y, x) = (1.5 ± 2.9, 1.5 ± 2.9): corners at 4.4 -> 4 and -1.4 -> -1
    one = outlines([[1.5, 1.5]], [2.9])
    np.testing.assert_array_equal(one.box[0], [-1, -1, 4, 4])


def test_two_horns_are_two_spans_of_a_row():
    # a star of eight rays with long diagonals: its upper rows fall apart into two horns
    long, short = 8 * np.sqrt(2), 2
    star = outlines([[20, 20]], [[short, long] * 4])
    assert star.end[0] - star.begin[0] == 4
    # as many triangles as rays, each of half the sine of 45 degrees times both sides
    assert star.area[0] == pytest.approx(8 * 0.5 * np.sin(np.pi / 4) * short * long)
    lengths = [
        np.diff(star.x[b:e].reshape(-1, 2)).sum() for b, e in zip(star.begin, star.end, strict=True)
    ]
    assert sum(lengths) == pytest.approx(star.area[0], rel=1e-5)


def share_by_package(points, radii):
    """The share at which the package lets the second of two stay, by halving the interval."""
    low, high = 0.0, 1.001
    for _ in range(20):
        middle = (low + high) / 2
        stays = by_package(points, radii, middle)[1]
        low, high = (low, middle) if stays else (middle, high)
    return high


@pytest.mark.parametrize("seed", range(150))
def test_the_package_finds_the_same_area_within_the_doubt(seed, crowd):
    points, radii = crowd(seed)
    two = covered(points, radii)
    area, doubt = shared(two, 0, 1)
    smaller = two.area.min()
    assert abs(area - share_by_package(points, radii) * smaller) <= doubt + 1e-3 * smaller
