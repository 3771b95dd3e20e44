"""PNG and JPEG: every mode becomes grey or RGB; size and resolution come from the header."""

from __future__ import annotations

import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from spotscope.io import open_slide, slide_mpp, slide_shape
from spotscope.io._png_rows import png_rows, reads_in_rows
from spotscope.model import ReadError, run

SHAPE = (90, 120)


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8)


def _finest(path, tmp_path):
    return np.asarray(run(open_slide(path, mpp=0.5, cache=tmp_path / "cache")).levels[0])


def test_a_png_comes_back_pixel_by_pixel(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.png")
    np.testing.assert_array_equal(_finest(tmp_path / "a.png", tmp_path), rgb)


def test_a_jpeg_is_what_pillow_decodes(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.jpg")
    expected = np.asarray(Image.open(tmp_path / "a.jpg"))
    np.testing.assert_array_equal(_finest(tmp_path / "a.jpg", tmp_path), expected)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_png_is_read_in_rows_whatever_its_filters(tmp_path, mode):
    """Gradients and noise, so that a writer that chooses takes every filter; bands of 7 rows."""
    rng = np.random.default_rng(4)
    ramp = np.add.outer(np.arange(64), np.arange(50))[..., None] * np.ones(4)
    pixels = np.where(rng.random((64, 50, 1)) < 0.2, rng.integers(0, 256, (64, 50, 4)), ramp % 256)
    pixels[20:30] = pixels[10:20]
    picture = Image.fromarray(pixels.astype(np.uint8), "RGBA").convert(mode)
    path = tmp_path / "a.png"
    picture.save(path)
    assert reads_in_rows(path)
    bands = list(png_rows(path, 7))
    assert [len(band) for band in bands] == [7] * 9 + [1]
    expected = np.asarray(picture).reshape(64, 50, -1)
    np.testing.assert_array_equal(np.concatenate(bands), expected[..., : bands[0].shape[2]])


def test_every_filter_is_undone_as_the_specification_says(tmp_path):
    """One row a filter; each is filtered here by the definition, byte by byte."""
    rng = np.random.default_rng(5)
    rows, width, bpp = 10, 9, 3
    raw = rng.integers(0, 256, (rows, width * bpp)).astype(int)
    stored = bytearray()
    for y in range(rows):
        stored.append(y % 5)
        for i in range(width * bpp):
            a = raw[y, i - bpp] if i >= bpp else 0
            b = raw[y - 1, i] if y else 0
            c = raw[y - 1, i - bpp] if y and i >= bpp else 0
            nearest = min((abs(b - c), 0, a), (abs(a - c), 1, b), (abs(a + b - 2 * c), 2, c))[2]
            stored.append((raw[y, i] - [0, a, b, (a + b) // 2, nearest][y % 5]) % 256)
    head = struct.pack(">IIBBBBB", width, rows, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(stored))), (b"IEND", b"")]
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
            for kind, data in parts
        )
    )
    found = np.concatenate(list(png_rows(path, 4)))
    np.testing.assert_array_equal(found, raw.reshape(rows, width, bpp))
    np.testing.assert_array_equal(found, np.asarray(Image.open(path)))


def test_a_png_is_never_whole_in_memory(tmp_path):
    """33 MB of pixels in bands of 0.8 MB: what is held at once stays below a quarter of them."""
    path = tmp_path / "a.png"
    tile = np.arange(256, dtype=np.uint8)[:, None, None].repeat(4096, 1).repeat(3, 2)
    Image.fromarray(np.concatenate([tile] * 10 + [tile[:140]])).save(path, compress_level=1)
    next(png_rows(path, 8))
    tracemalloc.start()
    rows = sum(len(band) for band in png_rows(path, 64))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 2700
    assert peak < 2700 * 4096 * 3 / 4


def test_the_content_tells_the_format_and_not_the_name(tmp_path, rgb):
    Image.fromarray(rgb).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    np.testing.assert_array_equal(_finest(tmp_path / "a.jpg", tmp_path), rgb)


@pytest.mark.parametrize(
    ("mode", "channels"),
    [("1", 1), ("L", 1), ("LA", 1), ("P", 3), ("RGBA", 3), ("I;16", 1)],
)
def test_every_mode_becomes_grey_or_rgb(tmp_path, rgb, mode, channels):
    grey = rgb[..., 0]
    picture = (
        Image.fromarray(grey.astype(np.uint16) * 200)
        if mode == "I;16"
        else Image.fromarray(rgb).convert(mode)
    )
    picture.save(tmp_path / "a.png")
    finest = _finest(tmp_path / "a.png", tmp_path)
    assert finest.shape == (*SHAPE, channels)
    if mode == "I;16":
        np.testing.assert_array_equal(finest[..., 0], grey.astype(np.uint16) * 200)
    else:
        shown = picture.convert("RGB" if channels == 3 else "L")
        np.testing.assert_array_equal(finest, np.asarray(shown).reshape(finest.shape))


@pytest.mark.parametrize(("dpi", "mpp"), [(50_800, 0.5), (72, None), (300, None), (None, None)])
@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_screens_resolution_is_no_pixel_size(tmp_path, rgb, dpi, mpp, ending):
    path = tmp_path / f"a.{ending}"
    Image.fromarray(rgb).save(path, **({} if dpi is None else {"dpi": (dpi, dpi)}))
    assert slide_mpp(path) == (None if mpp is None else pytest.approx(mpp, rel=1e-4))
    assert slide_shape(path) == SHAPE


@pytest.mark.parametrize("ending", ["png", "jpg"])
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_cut_image_is_one_sentence_and_leaves_no_pyramid(tmp_path, ending, share):
    whole = tmp_path / f"whole.{ending}"
    noise = np.random.default_rng(1).integers(0, 256, (1100, 300, 3), np.uint8)
    Image.fromarray(noise).save(whole)
    cut = tmp_path / f"cut.{ending}"
    data = whole.read_bytes()
    cut.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ReadError, match="found it cut off or damaged") as caught:
        run(open_slide(cut, mpp=0.5, cache=tmp_path / "cache"))
    assert str(cut) in caught.value.__notes__[0]
    assert not (tmp_path / "cache").exists()


def test_pixels_that_cannot_be_unpacked_are_one_sentence(tmp_path, rgb):
    path = tmp_path / "a.png"
    Image.fromarray(rgb).save(path)
    data = path.read_bytes()
    at = data.index(b"IDAT") + 4 + 2  # behind what says how it is packed
    path.write_bytes(data[:at] + b"\xff" * 8 + data[at + 8 :])
    with pytest.raises(ReadError, match="cut off or damaged .the pixels cannot be unpacked"):
        run(open_slide(path, mpp=0.5, cache=tmp_path / "cache"))


@pytest.mark.parametrize("ending", ["png", "jpg"])
def test_a_header_without_an_image_is_one_sentence(tmp_path, rgb, ending):
    path = tmp_path / f"a.{ending}"
    Image.fromarray(rgb).save(path)
    path.write_bytes(path.read_bytes()[:12])
    with pytest.raises(ReadError, match="cut off or damaged"):
        slide_shape(path)


def test_a_large_image_opens_and_pillows_limit_stays(tmp_path, rgb, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)  # Image.open would refuse 90 × 120
    Image.fromarray(rgb).save(tmp_path / "a.png")
    path = tmp_path / "a.png"
    with pytest.raises(Image.DecompressionBombError):
        Image.open(path)
    assert slide_shape(path) == SHAPE
    assert Image.MAX_IMAGE_PIXELS == 5000


def test_what_must_be_held_whole_and_does_not_fit_is_one_sentence(tmp_path, rgb, monkeypatch):
    from spotscope.io import _memory

    path = tmp_path / "a.png"
    Image.fromarray(rgb).convert("P").save(path)
    assert _memory.available_bytes() > 1e6
    monkeypatch.setattr(_memory, "available_bytes", lambda: 50_000)
    with pytest.raises(ReadError, match="can only be decoded whole and takes 0.0 GB"):
        _finest(path, tmp_path)
    Image.fromarray(rgb).save(path)  # this one is read in rows
    np.testing.assert_array_equal(_finest(path, tmp_path), rgb)
