"""The pyramid that a file lacks: right, built once, bounded, and never half there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from spotscope.io import open_slide
from spotscope.io._levels import halve, halved_shapes, mean_pool, nearest_pool
from spotscope.io._pyramid import default_cache
from spotscope.model import ReadError, WriteError, run


@pytest.fixture
def png(tmp_path) -> Path:
    """A picture of 2,500 × 1,500 px with noise, as PNG: levels 2500, 1250, 625."""
    noise = np.random.default_rng(0).integers(0, 256, (2500, 1500, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.png", compress_level=1)
    return tmp_path / "a.png"


@pytest.fixture
def cache(tmp_path) -> Path:
    return tmp_path / "cache"


def _kept(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.iterdir()) if cache.exists() else []


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_four_pixels_become_their_mean_and_an_odd_edge_what_there_is(dtype):
    block = np.array([[0, 2, 10], [4, 6, 30], [8, 10, 100]], dtype)[..., None]
    np.testing.assert_array_equal(mean_pool(block)[..., 0], [[3, 20], [9, 100]])


def test_labels_are_picked_and_not_averaged():
    block = np.array([[1, 9, 2], [9, 9, 9], [3, 9, 4]], np.uint32)
    np.testing.assert_array_equal(nearest_pool(block), [[1, 2], [3, 4]])


def test_levels_end_at_one_tile():
    assert halved_shapes((2500, 1500)) == [(1250, 750), (625, 375)]
    assert halved_shapes((1024, 1024)) == []
    assert halved_shapes((3, 1025)) == [(2, 513)]


def test_halving_by_tiles_is_halving_at_once():
    fine = np.random.default_rng(1).integers(0, 256, (37, 53, 3), np.uint8)
    coarse = np.zeros((19, 27, 3), np.uint8)
    ticks = []
    halve(fine, coarse, mean_pool, lambda: ticks.append(1), tile=8)
    np.testing.assert_array_equal(coarse, mean_pool(fine))
    assert len(ticks) == 3 * 4


def test_a_png_gets_levels_down_to_one_tile(png, cache):
    slide = run(open_slide(png, mpp=0.5, cache=cache))
    assert [level.shape[:2] for level in slide.levels] == [(2500, 1500), (1250, 750), (625, 375)]
    full = np.asarray(Image.open(png))
    np.testing.assert_array_equal(np.asarray(slide.levels[0]), full)
    np.testing.assert_array_equal(np.asarray(slide.levels[2]), mean_pool(mean_pool(full)))


def test_the_second_time_nothing_is_built(png, cache):
    first, second = [], []
    run(open_slide(png, mpp=0.5, cache=cache), first.append)
    kept = _kept(cache)
    slide = run(open_slide(png, mpp=0.5, cache=cache), second.append)
    assert first[-1].done == first[-1].total == 3 + 2 + 1  # bands, then tiles of both levels
    assert {progress.stage for progress in first} == {"building the image pyramid"}
    assert second == []
    assert _kept(cache) == kept
    assert slide.levels[1].shape == (1250, 750, 3)


def test_a_copy_under_the_same_name_finds_the_pyramid(png, cache, tmp_path):
    run(open_slide(png, mpp=0.5, cache=cache))
    (tmp_path / "elsewhere").mkdir()
    copy = tmp_path / "elsewhere" / png.name
    copy.write_bytes(png.read_bytes())
    seen = []
    run(open_slide(copy, mpp=0.5, cache=cache), seen.append)
    assert seen == []


def test_a_changed_file_gets_its_own_pyramid(png, cache):
    run(open_slide(png, mpp=0.5, cache=cache))
    Image.fromarray(np.full((2500, 1500, 3), 7, np.uint8)).save(png)
    slide = run(open_slide(png, mpp=0.5, cache=cache))
    assert (np.asarray(slide.levels[2]) == 7).all()
    assert len(_kept(cache)) == 2


def test_stopping_at_any_moment_leaves_nothing(png, cache):
    n_yields = 0
    while True:
        task = open_slide(png, mpp=0.5, cache=cache)
        try:
            for _ in range(n_yields + 1):
                next(task)
        except StopIteration:
            break
        task.close()
        assert _kept(cache) == []
        n_yields += 1
    assert n_yields > 0


@pytest.mark.parametrize("lost", ["zarr.json", "0/c/1/0/0", "1/zarr.json"])
def test_a_pyramid_that_lost_a_file_is_built_again(png, cache, lost):
    run(open_slide(png, mpp=0.5, cache=cache))
    (kept,) = cache.iterdir()
    (kept / lost).unlink()
    slide = run(open_slide(png, mpp=0.5, cache=cache))
    np.testing.assert_array_equal(np.asarray(slide.levels[0]), np.asarray(Image.open(png)))


def test_a_small_picture_is_not_kept(tmp_path, cache):
    Image.fromarray(np.zeros((100, 1000, 3), np.uint8)).save(tmp_path / "a.png")
    slide = run(open_slide(tmp_path / "a.png", mpp=0.5, cache=cache))
    assert [level.shape for level in slide.levels] == [(100, 1000, 3)]
    assert _kept(cache) == []


def test_tiles_of_the_file_are_used_and_only_what_lacks_is_kept(tmp_path, cache):
    full = np.random.default_rng(2).integers(0, 256, (6000, 700, 3), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", full, tile=(256, 256))
    slide = run(open_slide(tmp_path / "a.tif", mpp=0.5, cache=cache))
    assert [level.shape[0] for level in slide.levels] == [6000, 3000, 1500, 750]
    np.testing.assert_array_equal(np.asarray(slide.levels[1]), mean_pool(full))
    (kept,) = cache.iterdir()
    size = sum(path.stat().st_size for path in kept.rglob("*") if path.is_file())
    assert size < 0.5 * full.nbytes  # noise does not pack: level 0 alone would be all of it


def test_levels_behind_a_wide_gap_are_made_anew(tmp_path, cache):
    full = np.full((5000, 700, 3), 90, np.uint8)
    with tifffile.TiffWriter(tmp_path / "a.ome.tif") as tif:
        layout = {"tile": (128, 128), "compression": "zlib"}
        tif.write(full, subifds=1, **layout)
        tif.write(np.zeros((313, 44, 3), np.uint8), subfiletype=1, **layout)
    with tifffile.TiffFile(tmp_path / "a.ome.tif") as tif:
        assert len(tif.series[0].levels) == 2
    slide = run(open_slide(tmp_path / "a.ome.tif", mpp=0.5, cache=cache))
    assert [level.shape[0] for level in slide.levels] == [5000, 2500, 1250, 625]
    assert (np.asarray(slide.levels[3]) == 90).all()


def test_building_never_holds_the_image(tmp_path, cache, monkeypatch):
    """A striped TIFF is read in bands of a tile's height, however tall it is."""
    from spotscope.io import _tiff_level

    full = np.zeros((5000, 64, 3), np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", full, compression="zlib", rowsperstrip=100)
    tallest = []
    decoded = _tiff_level.TiffLevel._decoded

    def watched(self, y0, y1, x0, x1):
        tallest.append(y1 - y0)
        return decoded(self, y0, y1, x0, x1)

    monkeypatch.setattr(_tiff_level.TiffLevel, "_decoded", watched)
    run(open_slide(tmp_path / "a.tif", mpp=0.5, cache=cache))
    assert sum(tallest) == 5000  # every row once
    assert max(tallest) <= 1024


def test_no_room_in_the_cache_is_one_sentence(png, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(WriteError, match="found a file; choose another folder"):
        run(open_slide(png, mpp=0.5, cache=tmp_path / "cache"))


def test_a_missing_pixel_size_is_said_before_anything_is_built(png, cache):
    with pytest.raises(ReadError, match="Expected a pixel size for a.png"):
        run(open_slide(png, cache=cache))
    assert _kept(cache) == []


def test_the_cache_lies_where_the_system_keeps_such_things(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert default_cache() == tmp_path / "xdg" / "spotscope" / "slides"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert default_cache() == Path.home() / ".cache" / "spotscope" / "slides"
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert default_cache() == tmp_path / "local" / "spotscope" / "slides"
