"""TIFF in all its layouts gives the same pixels; a damaged one gives one sentence."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import tifffile

from spotscope.io import open_slide, slide_mpp, slide_shape
from spotscope.io._scratch import scratch
from spotscope.model import ReadError, run

SHAPE = (300, 700)
PLANAR = {"photometric": "rgb", "planarconfig": "separate"}
ALPHA = {"extrasamples": ["unassalpha"]}


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8)


@pytest.fixture
def channels() -> np.ndarray:
    """Five fluorescence channels (c, y, x)."""
    return np.random.default_rng(1).integers(0, 60_000, (5, *SHAPE), np.uint16)


def _levels(path, tmp_path):
    slide = run(open_slide(path, mpp=0.5, cache=tmp_path / "cache"))
    return [np.asarray(level) for level in slide.levels]


@pytest.mark.parametrize(
    "layout",
    [
        {},
        {"compression": "zlib", "rowsperstrip": 7},
        {"compression": "lzw"},
        {"compression": "lzw", "rowsperstrip": 300, "predictor": True},
        {"compression": "zlib", "rowsperstrip": 300},
        {"compression": "zlib", "rowsperstrip": 300, "predictor": True, "byteorder": ">"},
        {"tile": (128, 256), "compression": "zlib", "predictor": True},
        {"tile": (64, 64), "bigtiff": True},
        {"tile": (64, 64), "compression": "zlib", "byteorder": ">"},
        {"tile": (128, 256), "compression": "jpeg2000", "compressionargs": {"reversible": True}},
    ],
    ids=[
        "plain",
        "strips",
        "lzw",
        "one strip",
        "one deflated",
        "one predicted",
        "tiles",
        "bigtiff",
        "big endian",
        "jpeg 2000",
    ],
)
def test_every_layout_gives_the_same_pixels(tmp_path, rgb, layout):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, rgb, **layout)
    level = run(open_slide(path, mpp=0.5, cache=tmp_path / "cache")).levels[0]
    np.testing.assert_array_equal(np.asarray(level), rgb)
    # a window that cuts tiles on all four sides
    np.testing.assert_array_equal(np.asarray(level[33:261, 41:650]), rgb[33:261, 41:650])


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("compression", ["zlib", "lzw"])
def test_sixteen_bits_in_one_predicted_strip_go_by_way_of_a_file(
    tmp_path, channels, monkeypatch, byteorder, compression
):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, channels[0], rowsperstrip=SHAPE[0], compression=compression, predictor=True,
        byteorder=byteorder, photometric="minisblack",
    )  # fmt: skip
    held = []
    monkeypatch.setattr(
        "spotscope.io._one_strip.scratch",
        lambda shape, dtype: held.append(1) or scratch(shape, dtype),
    )
    np.testing.assert_array_equal(_levels(path, tmp_path)[0][..., 0], channels[0])
    assert held


@pytest.mark.parametrize("layout", [{"tile": (64, 64)}, {"compression": "zlib"}])
def test_colours_kept_in_planes_come_back_together(tmp_path, rgb, layout):
    path = tmp_path / "planes.tif"
    tifffile.imwrite(path, np.ascontiguousarray(np.moveaxis(rgb, 2, 0)), **PLANAR, **layout)
    np.testing.assert_array_equal(_levels(path, tmp_path)[0], rgb)


@pytest.mark.parametrize(
    "layout",
    [
        {"photometric": "minisblack"},
        {"photometric": "minisblack", "compression": "zlib", "tile": (64, 64)},
        {"photometric": "minisblack", "byteorder": ">"},
        {"photometric": "minisblack", "ome": True, "metadata": {"axes": "CYX"}},
        {"imagej": True, "metadata": {"axes": "CYX"}},
    ],
    ids=["pages", "tiled pages", "big endian", "ome", "imagej"],
)
def test_channels_move_to_the_last_axis(tmp_path, channels, layout):
    path = tmp_path / "channels.tif"
    tifffile.imwrite(path, channels, **layout)
    finest = _levels(path, tmp_path)[0]
    np.testing.assert_array_equal(finest, np.moveaxis(channels, 0, 2))
    assert finest.dtype == np.uint16


@pytest.mark.parametrize("layout", [{}, {"compression": "zlib"}])
def test_grey_has_one_channel(tmp_path, rgb, layout):
    tifffile.imwrite(tmp_path / "grey.tif", rgb[..., 0], **layout)
    np.testing.assert_array_equal(_levels(tmp_path / "grey.tif", tmp_path)[0], rgb[..., :1])


@pytest.mark.parametrize("layout", [{}, {"compression": "zlib", "tile": (64, 64)}])
def test_transparency_is_dropped(tmp_path, rgb, layout):
    rgba = np.dstack([rgb, np.full(SHAPE, 7, np.uint8)])
    tifffile.imwrite(tmp_path / "rgba.tif", rgba, **ALPHA, **layout)
    np.testing.assert_array_equal(_levels(tmp_path / "rgba.tif", tmp_path)[0], rgb)


def test_a_palette_becomes_its_colours(tmp_path, rgb):
    table = np.random.default_rng(2).integers(0, 65_536, (3, 256), np.uint16)
    tifffile.imwrite(
        tmp_path / "palette.tif", rgb[..., 0], photometric="palette", colormap=table, tile=(64, 64)
    )
    expected = (table.T >> 8).astype(np.uint8)[rgb[..., 0]]
    np.testing.assert_array_equal(_levels(tmp_path / "palette.tif", tmp_path)[0], expected)


def test_white_is_zero_is_turned_round(tmp_path, rgb):
    tifffile.imwrite(tmp_path / "w.tif", rgb[..., 0], photometric="miniswhite", compression="zlib")
    np.testing.assert_array_equal(_levels(tmp_path / "w.tif", tmp_path)[0], 255 - rgb[..., :1])


def _pyramid(path, full, n_levels=3, **about):
    with tifffile.TiffWriter(path, ome=str(path).endswith(".ome.tif")) as tif:
        layout = {"tile": (128, 128), "compression": "zlib", "photometric": "rgb"}
        tif.write(full, subifds=n_levels - 1, **layout, **about)
        for i in range(1, n_levels):
            tif.write(full[:: 2**i, :: 2**i], subfiletype=1, **layout)


def _svs(path, full, mpp="0.4990"):
    """Slide, thumbnail, half-size level, label, macro: the order and kinds of Aperio's files."""
    text = "Aperio Image Library v11.2.1 \n{} {}x{} |AppMag = 20" + f"|MPP = {mpp}|Left = 25.69"
    tiled = {"tile": (128, 128), "compression": "jpeg", "metadata": None}
    with tifffile.TiffWriter(path) as tif:
        tif.write(full, description=text.format("tiles", *full.shape[1::-1]), **tiled)
        tif.write(full[::7, ::7], description="Aperio thumbnail", metadata=None)
        tif.write(full[::2, ::2], description=text.format("half", 0, 0), **tiled)
        tif.write(
            np.zeros((900, 900, 3), np.uint8),
            description="Aperio \nlabel 900x900",
            metadata=None,
            subfiletype=1,
        )
        tif.write(
            np.zeros((400, 999, 3), np.uint8),
            description="Aperio \nmacro 999x400",
            metadata=None,
            subfiletype=9,
        )


def test_a_pyramid_is_read_in_place(tmp_path, rgb):
    path = tmp_path / "a.ome.tif"
    _pyramid(path, rgb)
    slide = run(open_slide(path, mpp=0.5, cache=tmp_path / "cache"))
    assert [level.shape for level in slide.levels] == [
        (300, 700, 3), (150, 350, 3), (75, 175, 3),
    ]  # fmt: skip
    np.testing.assert_array_equal(np.asarray(slide.levels[2]), rgb[::4, ::4])
    assert not (tmp_path / "cache").exists()


def test_label_macro_and_thumbnail_are_not_the_slide(tmp_path, rgb):
    smooth = np.full((600, 800, 3), (226, 176, 204), np.uint8)  # JPEG keeps an even colour
    path = tmp_path / "a.svs"
    _svs(path, smooth)
    slide = run(open_slide(path))
    assert [level.shape for level in slide.levels] == [(600, 800, 3), (300, 400, 3)]
    assert np.abs(np.asarray(slide.levels[1][:240, :360]).astype(int) - smooth[0, 0]).max() <= 2
    assert slide.mpp == 0.499


@pytest.mark.parametrize("make", [_pyramid, _svs])
@pytest.mark.parametrize("share", [0.02, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 0.999])
def test_a_cut_file_is_noticed_when_it_is_opened(tmp_path, rgb, make, share):
    whole = tmp_path / "whole.tif"
    make(whole, rgb)
    data = whole.read_bytes()
    cut = tmp_path / "cut.tif"
    cut.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ReadError, match="cut off") as caught:
        run(open_slide(cut, mpp=0.5))
    assert str(cut) in caught.value.__notes__[0]


def test_a_writer_that_never_finished_is_noticed(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"II*\0" + bytes(4) + b"pixels")
    with pytest.raises(ReadError, match="cut off"):
        run(open_slide(tmp_path / "a.tif", mpp=0.5))


def test_a_damaged_tile_is_an_error_of_ours_when_it_is_read(tmp_path):
    path = tmp_path / "a.tif"
    image = np.random.default_rng(4).integers(0, 256, (100, 2100, 3), np.uint8)
    tifffile.imwrite(path, image, tile=(64, 64), compression="zlib")
    with tifffile.TiffFile(path) as tif:
        offset = tif.pages[0].dataoffsets[0]
    data = bytearray(path.read_bytes())
    data[offset : offset + 50] = bytes(50)
    path.write_bytes(data)
    level = run(open_slide(path, mpp=0.5)).levels[0]
    np.testing.assert_array_equal(np.asarray(level[:, 1100:]), image[:, 1100:])
    with pytest.raises(ReadError, match="found it damaged") as caught:
        np.asarray(level[:64, :64])
    assert str(path) in caught.value.__notes__[0]


def test_a_cut_stack_of_imagej_is_noticed(tmp_path, channels):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, channels, imagej=True, metadata={"axes": "CYX"})
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ReadError, match="cut off"):
        run(open_slide(path, mpp=0.5))


def test_a_file_that_goes_away_is_an_error_of_ours(tmp_path, rgb):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, rgb, tile=(64, 64), compression="zlib")
    level = run(open_slide(path, mpp=0.5)).levels[0]
    path.unlink()  # possible on every system: nothing holds the file open
    with pytest.raises(ReadError):
        np.asarray(level)


def test_noise_behind_a_tiff_header_is_one_sentence(tmp_path):
    noise = np.random.default_rng(3).integers(0, 256, 5000, np.uint8).tobytes()
    (tmp_path / "a.tif").write_bytes(b"II*\0\x08\0\0\0" + noise)
    with pytest.raises(ReadError):
        run(open_slide(tmp_path / "a.tif", mpp=0.5))


@pytest.mark.parametrize("seed", range(40))
def test_a_file_with_flipped_bytes_is_read_or_refused_and_nothing_else(tmp_path, rgb, seed):
    path = tmp_path / "a.ome.tif"
    _pyramid(path, rgb[:100, :150], n_levels=2)
    rng = np.random.default_rng(seed)
    data = np.frombuffer(path.read_bytes(), np.uint8).copy()
    data[rng.integers(4, 600, 3)] = rng.integers(0, 256, 3)  # directories lie in front
    path.write_bytes(data.tobytes())
    try:
        slide = run(open_slide(path, mpp=0.5, cache=tmp_path / "cache"))
        np.asarray(slide.levels[0][:50, :50])
    except ReadError as error:
        assert str(path) in error.__notes__[0]  # noqa: PT017 - both ends are right


@pytest.mark.parametrize("axes", ["ZYX", "TYX"])
def test_a_stack_is_refused_and_named(tmp_path, channels, axes):
    path = tmp_path / "stack.ome.tif"
    tifffile.imwrite(path, channels, photometric="minisblack", metadata={"axes": axes})
    with pytest.raises(ReadError, match=f"found a stack of 5 .axes {axes}"):
        run(open_slide(path, mpp=0.5))


def test_an_image_without_pixels_is_one_sentence(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((9, 5, 3), np.uint8), metadata=None)
    with tifffile.TiffFile(path, mode="r+") as tif:
        tif.pages[0].tags["ImageLength"].overwrite(0)
    with pytest.raises(ReadError, match="found none with pixels") as caught:
        run(open_slide(path, mpp=0.5))
    assert str(path) in caught.value.__notes__[0]


def test_many_unnamed_pages_are_a_stack_too(tmp_path):
    tifffile.imwrite(tmp_path / "z.tif", np.zeros((30, 40, 50), np.uint8), photometric="minisblack")
    with pytest.raises(ReadError, match="found a stack of 30"):
        run(open_slide(tmp_path / "z.tif", mpp=0.5))


@pytest.mark.parametrize(
    ("size", "unit", "mpp"),
    [(0.25, "µm", 0.25), (250, "nm", 0.25), (0.00025, "mm", 0.25), (3, "pixel", None)],
)
def test_ome_says_the_pixel_size_in_any_unit(tmp_path, rgb, size, unit, mpp):
    about = {"axes": "YXS"}
    for axis in "XY":
        about |= {f"PhysicalSize{axis}": size, f"PhysicalSize{axis}Unit": unit}
    tifffile.imwrite(tmp_path / "a.ome.tif", rgb, metadata=about, tile=(64, 64))
    assert slide_mpp(tmp_path / "a.ome.tif") == (None if mpp is None else pytest.approx(mpp))
    assert slide_shape(tmp_path / "a.ome.tif") == SHAPE


@pytest.mark.parametrize(
    ("per_unit", "unit", "mpp"),
    [
        (20_000, "CENTIMETER", 0.5),
        (50_800, "INCH", 0.5),
        (72, "INCH", None),
        (96, "INCH", None),
        (300, "INCH", None),
        (118, "CENTIMETER", None),
        (20_000, "NONE", None),
    ],
)
def test_a_printers_resolution_is_no_pixel_size(tmp_path, rgb, per_unit, unit, mpp):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, rgb, resolution=(per_unit, per_unit), resolutionunit=unit)
    assert slide_mpp(path) == (None if mpp is None else pytest.approx(mpp))


def test_imagej_says_its_own_unit(tmp_path, rgb):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, rgb, imagej=True, resolution=(4, 4), metadata={"unit": "um"})
    assert slide_mpp(path) == pytest.approx(0.25)


def test_a_tile_that_was_never_scanned_is_white(tmp_path, rgb):
    path = tmp_path / "sparse.tif"
    tiles = [np.full((64, 64, 3), 9, np.uint8), None]
    tifffile.imwrite(
        path, iter(tiles), shape=(64, 128, 3), dtype=np.uint8, tile=(64, 64), compression="zlib"
    )
    level = _levels(path, tmp_path)[0]
    assert (level[:, :64] == 9).all()
    assert (level[:, 64:] == 255).all()


def test_a_slide_travels_to_another_process_as_its_path(tmp_path, rgb):
    path = tmp_path / "a.ome.tif"
    _pyramid(path, rgb)
    slide = run(open_slide(path, mpp=0.5))
    sent = pickle.dumps(slide)
    assert len(sent) < 20_000
    np.testing.assert_array_equal(np.asarray(pickle.loads(sent).levels[1]), rgb[::2, ::2])
