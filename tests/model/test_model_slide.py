import dask.array as da
import numpy as np
import pytest

from spotscope.model import ReadError, Slide, StarConvex, check_mpp


def pyramid(*heights):
    return tuple(da.zeros((h, 2 * h, 3), dtype=np.uint8) for h in heights)


def test_extent_and_level_sizes_are_in_microns():
    slide = Slide(pyramid(400, 200, 100), mpp=0.25)
    assert slide.extent_um == (100.0, 200.0)
    assert [slide.level_mpp(i) for i in range(3)] == [0.25, 0.5, 1.0]
    assert slide.is_rgb


@pytest.mark.parametrize(("mpp", "level"), [(0.1, 0), (0.25, 0), (0.4, 0), (0.5, 1), (7.0, 2)])
def test_the_level_for_a_pixel_size_is_the_coarsest_that_is_fine_enough(mpp, level):
    assert Slide(pyramid(400, 200, 100), mpp=0.25).level_for(mpp) == level


def test_a_thumbnail_is_no_larger_than_asked(two_nuclei_slide):
    small = two_nuclei_slide.thumbnail(32)
    assert max(small.shape[:2]) <= 32
    assert small.shape[2] == 3


def test_a_window_is_the_part_asked_for(two_nuclei_slide):
    # µm (5, 10) to (15, 40) are pixels (10, 20) to (30, 80) of level 0
    part = two_nuclei_slide.window((5.0, 10.0, 15.0, 40.0), 100)
    assert (part == np.asarray(two_nuclei_slide.levels[0][10:30, 20:80])).all()


def test_a_window_that_leaves_the_slide_ends_at_its_rim(two_nuclei_slide):
    assert two_nuclei_slide.window((-9.0, 40.0, 99.0, 99.0), 500).shape == (64, 16, 3)


@pytest.mark.parametrize("mpp", [0.0, -1.0, 1000.0, float("nan")])
def test_an_absurd_pixel_size_is_refused(mpp):
    with pytest.raises(ReadError, match=r"pixel size of 0.01-100 µm for slide, found"):
        Slide(pyramid(4), mpp=mpp)


def test_no_pixel_size_says_how_to_give_one():
    with pytest.raises(ReadError, match=r"found none in the file .*--mpp M"):
        check_mpp(None, "slide.png")


def test_levels_go_from_fine_to_coarse():
    with pytest.raises(ReadError, match="from fine to coarse"):
        Slide(pyramid(100, 200), mpp=0.5)


def test_a_stack_is_no_slide():
    with pytest.raises(ReadError, match=r"axes \(y, x, channel\)"):
        Slide((da.zeros((3, 4, 5, 3)),), mpp=0.5)


def test_rays_start_along_x_and_turn_towards_y():
    star = StarConvex(
        np.array([[10.0, 20.0]]), np.array([[1, 2, 3, 4]], np.float32), np.ones(1, np.float32)
    )
    assert star.polygons()[0] == pytest.approx(np.array([[10, 21], [12, 20], [10, 17], [6, 20]]))


def test_area_is_that_of_the_polygon():
    # four rays of 1: a square of diagonal 2, area 2
    star = StarConvex(np.zeros((1, 2)), np.ones((1, 4), np.float32), np.ones(1, np.float32))
    assert star.area_um2() == pytest.approx([2.0])


def test_taking_and_joining_nuclei_renumbers_them():
    star = StarConvex(
        np.arange(6.0).reshape(3, 2), np.ones((3, 8), np.float32), np.ones(3, np.float32)
    )
    joined = StarConvex.concatenate([star.take(np.array([2])), star.take(np.array([0]))])
    assert joined.yx_um.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert joined.label_id.tolist() == [1, 2]
    assert StarConvex.concatenate([]).n == 0
