"""Label images in TIFF and Zarr: the same numbers back, no more in memory than a tile."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import tifffile

from spotscope.io import open_label_zarr, read_label_tiff, write_label_tiff, write_label_zarr
from spotscope.model import Labels, ReadError, WriteError, run

SHAPE = (1300, 2100)
LARGE = np.uint32(70_000)


@pytest.fixture
def image() -> np.ndarray:
    """(y, x) labels: squares of 50 px numbered from 1 in reading order, the last above 65,535.

    ::

         1  2  3 …  42      42 squares across, 26 down; every square's corner pixel is background
        43 44 45 …  84
    """
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] // 50
    labels = (y * 42 + x + 1).astype(np.uint32)
    labels[labels == labels.max()] = LARGE
    labels[::50, ::50] = 0
    return labels


@pytest.fixture
def labels(image) -> Labels:
    return Labels((da.from_array(image, chunks=(512, 512)),), 0.5)


def _draw(image):
    def draw(y, x, height, width):
        return image[y : y + height, x : x + width]

    return draw


def test_labels_written_as_tiff_come_back(tmp_path, image, labels):
    path = tmp_path / "labels.tif"
    run(write_label_tiff(path, labels))
    back = read_label_tiff(path)
    assert back.mpp == pytest.approx(0.5)
    assert [level.shape for level in back.levels] == [(1300, 2100), (650, 1050), (325, 525)]
    assert back.levels[0].dtype == np.uint32
    np.testing.assert_array_equal(np.asarray(back.levels[0]), image)
    np.testing.assert_array_equal(np.asarray(back.levels[2]), image[::4, ::4])


def test_other_programs_see_tiles_levels_and_the_pixel_size(tmp_path, image, labels):
    path = tmp_path / "labels.tif"
    run(write_label_tiff(path, labels))
    with tifffile.TiffFile(path) as tif:
        (series,) = tif.series
        assert [level.shape for level in series.levels] == [(1300, 2100), (650, 1050), (325, 525)]
        page = series.keyframe
        assert page.is_tiled
        assert page.compression == tifffile.COMPRESSION.ADOBE_DEFLATE
        assert page.get_resolution("MICROMETER") == pytest.approx((2.0, 2.0))
        np.testing.assert_array_equal(series.asarray(), image)
    assert path.stat().st_size < image.nbytes / 20


def test_saving_labels_says_how_far_it_is(tmp_path, labels):
    seen = []
    run(write_label_tiff(tmp_path / "labels.tif", labels), seen.append)
    assert (seen[0].stage, seen[0].done) == ("saving the labels", 0)
    assert seen[-1].done == seen[-1].total == 2 * 3 + 1 * 2 + 1


def test_stopping_leaves_no_label_file(tmp_path, labels):
    task = write_label_tiff(tmp_path / "labels.tif", labels)
    next(task)
    task.close()
    assert list(tmp_path.iterdir()) == []


def test_a_label_file_that_cannot_be_written_is_one_sentence(tmp_path, labels):
    (tmp_path / "OUT").write_text("a file")
    with pytest.raises(WriteError, match="found a file; choose another folder"):
        run(write_label_tiff(tmp_path / "OUT" / "labels.tif", labels))


@pytest.mark.skipif("not hasattr(__import__('os'), 'fork')", reason="no limit on file sizes")
def test_a_disk_that_fills_while_saving_leaves_the_old_labels(tmp_path):
    import resource

    path = tmp_path / "labels.tif"
    path.write_bytes(b"old")
    noise = np.random.default_rng(0).integers(0, 2**32, SHAPE, np.uint32)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(WriteError, match="what was there before is untouched"):
            run(write_label_tiff(path, Labels((da.from_array(noise, chunks=1024),), 0.5)))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["labels.tif"]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
@pytest.mark.parametrize("layout", [{}, {"compression": "zlib"}])
def test_labels_of_other_programs_are_read(tmp_path, dtype, layout):
    drawn = np.arange(60, dtype=dtype).reshape(6, 10)
    tifffile.imwrite(tmp_path / "a.tif", drawn, **layout)
    back = read_label_tiff(tmp_path / "a.tif", 0.25)
    assert (back.mpp, back.levels[0].dtype) == (0.25, np.uint32)
    np.testing.assert_array_equal(np.asarray(back.levels[0]), drawn)


@pytest.mark.parametrize(
    ("picture", "found"),
    [
        (np.zeros((20, 30, 3), np.uint8), "found 3 of uint8"),
        (np.zeros((20, 30), np.float32), "found 1 of float32"),
    ],
    ids=["rgb", "probabilities"],
)
def test_a_picture_is_no_label_image(tmp_path, picture, found):
    tifffile.imwrite(tmp_path / "a.tif", picture)
    with pytest.raises(ReadError, match=found):
        read_label_tiff(tmp_path / "a.tif", 0.5)


def test_labels_without_a_pixel_size_ask_for_one(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((20, 30), np.uint16))
    with pytest.raises(ReadError, match="Expected a pixel size"):
        read_label_tiff(tmp_path / "a.tif")


@pytest.mark.parametrize("content", [b"label,area\n1,20\n", b""])
def test_a_file_that_is_no_tiff_has_no_labels(tmp_path, content):
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(ReadError, match="Expected a label image as TIFF"):
        read_label_tiff(tmp_path / "a.tif", 0.5)


@pytest.mark.parametrize("tile", [256, 1024])
def test_labels_drawn_into_zarr_come_back(tmp_path, image, tile):
    drawn = run(write_label_zarr(tmp_path / "nuclei", _draw(image), SHAPE, 0.5, tile=tile))
    for labels in (drawn, open_label_zarr(tmp_path / "nuclei")):
        assert labels.mpp == 0.5
        assert [level.shape for level in labels.levels] == [(1300, 2100), (650, 1050), (325, 525)]
        np.testing.assert_array_equal(np.asarray(labels.levels[0]), image)
        np.testing.assert_array_equal(np.asarray(labels.levels[1]), image[::2, ::2])
        np.testing.assert_array_equal(np.asarray(labels.levels[2]), image[::4, ::4])


def test_every_window_is_drawn_once_and_lies_inside(tmp_path, image):
    asked = np.zeros(SHAPE, int)

    def draw(y, x, height, width):
        assert height <= 256
        assert width <= 256
        asked[y : y + height, x : x + width] += 1
        return _draw(image)(y, x, height, width)

    run(write_label_zarr(tmp_path / "nuclei", draw, SHAPE, 0.5, tile=256))
    assert (asked == 1).all()


def test_an_error_while_drawing_leaves_the_old_labels(tmp_path, image):
    run(write_label_zarr(tmp_path / "nuclei", _draw(image), SHAPE, 0.5))

    def broken(y, _x, height, width):
        if y:
            raise ReadError("Expected outlines, found none.")
        return np.zeros((height, width), np.uint32)

    with pytest.raises(ReadError, match="Expected outlines"):
        run(write_label_zarr(tmp_path / "nuclei", broken, SHAPE, 0.5))
    np.testing.assert_array_equal(np.asarray(open_label_zarr(tmp_path / "nuclei").levels[0]), image)
    assert [p.name for p in tmp_path.iterdir()] == ["nuclei"]


def test_stopping_leaves_no_labels(tmp_path, image):
    task = write_label_zarr(tmp_path / "nuclei", _draw(image), SHAPE, 0.5)
    next(task)
    task.close()
    assert list(tmp_path.iterdir()) == []
