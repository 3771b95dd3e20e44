import pickle

import numpy as np
import pytest
from skimage.measure import points_in_poly

from spotscope.methods.segmentation import LabelDrawer
from spotscope.model import StarConvex


def diamonds(yx, radius, probability):
    """Outlines with four rays: |dy| + |dx| <= radius."""
    n = len(yx)
    radii = np.repeat(np.asarray(radius, np.float32)[:, None], 4, axis=1)
    assert radii.shape == (n, 4)
    return StarConvex(np.asarray(yx, float), radii, np.asarray(probability, np.float32))


@pytest.fixture
def crowd():
    """400 ragged outlines, many overlapping, some over the rim of a 150 × 130 image."""
    rng = np.random.default_rng(3)
    yx = rng.uniform((-5, -5), (155, 135), (400, 2))
    radii = rng.uniform(1, 9, (400, 32)).astype(np.float32)
    return StarConvex(yx, radii, rng.choice([0.2, 0.5, 0.9], 400).astype(np.float32))


def test_a_diamond_covers_the_thirteen_pixels_counted_by_hand():
    drawn = LabelDrawer(diamonds([(5, 6)], [2.5], [1]), 1.0).draw(0, 0, 11, 12)
    y, x = np.nonzero(drawn)
    assert len(y) == 13
    assert (np.abs(y - 5) + np.abs(x - 6)).max() == 2
    assert set(np.unique(drawn)) == {0, 1}
    assert drawn.dtype == np.uint32


def test_microns_become_pixels():
    fine = LabelDrawer(diamonds([(2.5, 3)], [1.25], [1]), 0.5).draw(0, 0, 11, 12)
    whole = LabelDrawer(diamonds([(5, 6)], [2.5], [1]), 1.0).draw(0, 0, 11, 12)
    np.testing.assert_array_equal(fine, whole)


def test_a_pixel_in_two_nuclei_goes_to_the_more_probable():
    drawn = LabelDrawer(diamonds([(5, 5), (5, 7)], [2.5, 2.5], [0.9, 0.4]), 1.0).draw(0, 0, 11, 13)
    assert drawn[5, 6] == 1
    turned = LabelDrawer(diamonds([(5, 5), (5, 7)], [2.5, 2.5], [0.4, 0.9]), 1.0)
    assert turned.draw(0, 0, 11, 13)[5, 6] == 2


def test_of_two_equally_probable_nuclei_the_first_has_the_pixel():
    drawn = LabelDrawer(diamonds([(5, 5), (5, 7)], [2.5, 2.5], [0.5, 0.5]), 1.0).draw(0, 0, 11, 13)
    assert drawn[5, 6] == 1


def test_every_pixel_inside_an_outline_and_no_other_is_drawn(crowd):
    one = crowd.take(np.array([17]))
    drawn = LabelDrawer(one, 1.0).draw(0, 0, 150, 130)
    grid = np.stack(np.mgrid[:150, :130], -1).reshape(-1, 2)
    np.testing.assert_array_equal(drawn.ravel() > 0, points_in_poly(grid, one.polygons()[0]))
    assert drawn.any()


@pytest.mark.parametrize(("height", "width"), [(150, 7), (11, 130), (64, 64), (1, 1)])
def test_tiles_put_together_are_the_whole(crowd, height, width):
    drawer = LabelDrawer(crowd, 1.0)
    whole = drawer.draw(0, 0, 150, 130)
    for y in range(0, 150, height):
        for x in range(0, 130, width):
            expected = whole[y : y + height, x : x + width]
            np.testing.assert_array_equal(drawer.draw(y, x, *expected.shape), expected)


def test_nuclei_far_away_from_the_tile_are_not_looked_at():
    drawer = LabelDrawer(diamonds([(100, 100), (5_000, 5_000)], [3, 3], [1, 1]), 1.0)
    assert drawer.touching(0, 0, 256, 256).tolist() == [0]
    assert drawer.touching(4_990, 4_990, 20, 20).tolist() == [1]
    assert drawer.touching(9_000, 0, 256, 256).tolist() == []


def test_a_nucleus_too_small_for_any_pixel_centre_still_gets_one():
    drawn = LabelDrawer(diamonds([(5.4, 6.4)], [0.1], [1]), 1.0).draw(0, 0, 11, 12)
    assert np.argwhere(drawn).tolist() == [[5, 6]]


def test_a_coarser_level_lies_where_its_pixels_are():
    # level 1 pixel i spans level 0 pixels 2i and 2i + 1: its centre is at 2i + 1/2
    outlines = diamonds([(8.5, 12.5)], [4], [1])
    drawn = LabelDrawer(outlines, 2.0, origin_um=0.5).draw(0, 0, 12, 12)
    rows = np.nonzero(drawn)[0]
    assert (rows.min() + rows.max()) / 2 == pytest.approx(4, abs=0.5)
    assert drawn[4, 6] == 1


def test_no_nuclei_draw_an_empty_tile():
    assert not LabelDrawer(StarConvex.empty(), 0.5).draw(0, 0, 8, 8).any()


def test_a_drawer_can_be_sent_to_another_process(crowd):
    drawer = LabelDrawer(crowd, 1.0)
    sent = pickle.loads(pickle.dumps(drawer))
    np.testing.assert_array_equal(sent.draw(3, 4, 50, 60), drawer.draw(3, 4, 50, 60))
