import dask.array as da
import numpy as np
import pytest
import zarr

from spotscope.layers import LookupPyramid


class Counted:
    """An array on a slow disk: it counts how often it is read."""

    def __init__(self, array):
        self.array, self.shape, self.dtype, self.reads = array, array.shape, array.dtype, 0

    def __getitem__(self, key):
        self.reads += 1
        return self.array[key]


LUT = np.array([0, 7, 8, 9], np.uint8)


@pytest.fixture(params=["numpy", "dask", "zarr"])
def stored(request, labels):
    if request.param == "dask":
        return da.from_array(labels, chunks=5)
    if request.param == "zarr":
        return zarr.array(labels, chunks=(5, 5))
    return labels


def test_every_label_shows_its_value(stored, labels):
    (level,) = LookupPyramid([stored], LUT).levels
    np.testing.assert_array_equal(np.asarray(level), LUT[labels])


@pytest.mark.parametrize(
    "key",
    [
        np.s_[2:9, 3:11],
        np.s_[1:12:3, ::2],
        np.s_[2:9],
        np.s_[..., 4:7],
        np.s_[-5:, :-3],
        np.s_[7, 6],
        np.s_[7, :],
        np.s_[:, 6],
        np.s_[4:4, :],
        np.s_[:],
    ],
)
@pytest.mark.parametrize("outline", [False, True])
def test_a_slice_is_the_slice_of_the_whole(stored, key, outline):
    (level,) = LookupPyramid([stored], LUT, outline=outline).levels
    np.testing.assert_array_equal(level[key], np.asarray(level)[key])


def test_a_new_table_shows_in_the_next_slice_and_the_labels_are_untouched(stored, labels):
    pyramid = LookupPyramid([stored, stored[::2, ::2]], LUT)
    before = labels.copy()
    pyramid.lut = np.array([0, 1, 1, 2], np.uint8)
    np.testing.assert_array_equal(pyramid.levels[0][1:4, 1:4], np.ones((3, 3)))
    assert pyramid.levels[1][4, 4] == 2
    np.testing.assert_array_equal(np.asarray(stored), before)


def test_floats_pass_with_nan_for_what_is_unknown(labels):
    lut = np.array([np.nan, 0.5, np.nan, 2.5], np.float32)
    (level,) = LookupPyramid([labels], lut).levels
    assert level.dtype == np.float32
    np.testing.assert_array_equal(level[:, :], lut[labels])


def test_an_array_is_described_as_napari_needs_it(labels):
    (level,) = LookupPyramid([da.from_array(labels)], LUT).levels
    assert (level.ndim, level.shape, level.size, len(level)) == (2, (12, 16), 192, 12)
    assert level.dtype == np.uint8
    assert np.asarray(level).dtype == np.uint8
    assert np.asarray(level, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("lut", [np.zeros(5, np.uint8), np.zeros(4, np.float32)])
def test_a_table_of_another_length_or_type_is_refused(labels, lut):
    pyramid = LookupPyramid([labels], LUT)
    with pytest.raises(AssertionError):
        pyramid.lut = lut
    np.testing.assert_array_equal(pyramid.lut, LUT)


def test_recolouring_reads_no_labels_again(labels):
    disk = Counted(labels)
    pyramid = LookupPyramid([disk], LUT)
    np.asarray(pyramid.levels[0])
    first = disk.reads
    pyramid.lut = LUT[::-1].copy()
    np.asarray(pyramid.levels[0])
    assert first == 1
    assert disk.reads == first


def test_the_cache_keeps_no_more_than_it_may():
    labels = np.zeros((2_048, 2_048), np.uint32)
    disk = Counted(labels)
    tile_bytes = 512 * 512 * 4
    pyramid = LookupPyramid([disk], LUT, cache_bytes=3 * tile_bytes)
    level = pyramid.levels[0]
    for x in range(0, 2_048, 512):
        level[:512, x : x + 512]
    assert level._cache.bytes == 3 * tile_bytes
    level[:512, 512:1024]  # still there
    assert disk.reads == 4
    level[:512, :512]  # the longest unused: gone
    assert disk.reads == 5


def test_an_outline_leaves_two_pixels_of_rim(labels):
    (level,) = LookupPyramid([labels], LUT, outline=True).levels
    shown = np.asarray(level)
    # of the 5 × 5 square only the pixel in the middle is further than two from another label
    expected = LUT[labels].copy()
    expected[8, 7] = 0
    np.testing.assert_array_equal(shown, expected)


def test_the_coarsest_level_as_an_array_follows_the_table(labels):
    pyramid = LookupPyramid([labels, labels[::2, ::2]], LUT)
    kept, finest = np.asarray(pyramid.levels[1]), np.asarray(pyramid.levels[0])
    pyramid.lut = np.array([0, 1, 1, 2], np.uint8)
    np.testing.assert_array_equal(kept, pyramid.levels[1][:, :])
    pyramid.outline = True
    np.testing.assert_array_equal(kept, pyramid.levels[1][:, :])
    assert kept.max() == 2
    # any other array is a copy, as one expects
    np.testing.assert_array_equal(finest, LUT[labels])


def test_an_array_that_was_asked_for_as_a_copy_stays(labels):
    pyramid = LookupPyramid([labels], LUT)
    copied = np.array(pyramid.levels[0], copy=True)
    pyramid.lut = np.array([0, 1, 1, 2], np.uint8)
    np.testing.assert_array_equal(copied, LUT[labels])


def test_from_afar_labels_are_drawn_a_pixel_wider_where_nothing_is():
    level = LookupPyramid([np.array([[0, 1, 0, 2], [0, 0, 0, 2], [3, 0, 0, 0]], np.uint32)], LUT)
    plain = level.levels[0][:]
    near = LookupPyramid([level.levels[0].labels], LUT, thick_step=2.0).levels[0]
    np.testing.assert_array_equal(near[:], plain)
    far = LookupPyramid([level.levels[0].labels], LUT, thick_step=1.0).levels[0]
    wider = np.array([[0, 1, 1, 2], [0, 1, 1, 2], [3, 3, 0, 2]])
    np.testing.assert_array_equal(far[:], LUT[wider])


def test_what_is_drawn_wider_goes_on_over_the_edge_of_a_tile_and_follows_an_edit():
    labels = np.zeros((700, 700), np.uint32)
    labels[511, 511] = labels[200, 511] = 1
    pyramid = LookupPyramid([labels], LUT, thick_step=1.0)
    shown = pyramid.levels[0][:].copy()
    assert (shown[511:513, 511:513] == 7).all()
    assert (shown[200:202, 511:513] == 7).all()
    assert np.count_nonzero(shown) == 8
    edited = labels.copy()
    edited[200, 511] = 0
    pyramid.renew([edited], LUT, [(200, 510, 201, 512)])
    again = pyramid.levels[0][:]
    assert (again[200:202, 511:513] == 0).all()
    assert np.count_nonzero(again) == 4


def test_from_afar_a_marked_label_keeps_its_colour_and_has_a_light_edge():
    labels = np.array([[1, 0, 2, 0], [0, 0, 0, 0], [0, 0, 0, 0]], np.uint32)
    pyramid = LookupPyramid([labels], LUT, thick_step=1.0)
    pyramid.recolour(LUT, np.array([False, True, False, False]))
    light = 254
    np.testing.assert_array_equal(
        pyramid.levels[0][:], [[7, light, 8, 8], [light, light, 8, 8], [0, 0, 0, 0]]
    )
    hidden = LUT.copy()
    hidden[1] = 0
    pyramid.recolour(hidden, np.array([False, True, False, False]))
    assert (pyramid.levels[0][:, :2] == 0).all()
