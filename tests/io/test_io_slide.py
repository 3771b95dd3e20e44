"""Which files are slides, and the real ones."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from spotscope.io import is_slide, open_slide, slide_mpp, slide_shape
from spotscope.model import ReadError, run

DATA = Path(os.environ.get("SPOTSCOPE_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))


def _data(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no {name} among the real data sets beside the project (SPOTSCOPE_DATA)")
    return path


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("a.tif", b"x,y\n1,2\n", "found a file that starts with b'x,y"),
        ("a.csv", b"x,y\n1,2\n", "found a file that starts with b'x,y"),
        ("a.svs", b"", "found an empty file"),
        ("a.png", b"GIF89a\0\0", "found a file that starts with b'GIF89a"),
        ("a.jpg", b"\xff\xd8\xff", "cut off or damaged"),
        ("a.tif", b"II*\0", "cut off"),
    ],
)
def test_what_is_no_slide_is_one_sentence(tmp_path, name, content, found):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReadError, match=found) as caught:
        run(open_slide(path, mpp=0.5, cache=tmp_path / "cache"))
    assert caught.value.__notes__ == [f"while reading {path}"]
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(ReadError, match="found nothing there; check the path"):
        slide_shape(tmp_path / "none.tif")
    assert not is_slide(tmp_path / "none.tif")


def test_is_slide_looks_at_the_content(tmp_path):
    (tmp_path / "table.tif").write_text("x,y\n")
    Image.new("RGB", (4, 4)).save(tmp_path / "image.png")
    (tmp_path / "image.png").rename(tmp_path / "image.dat")
    assert not is_slide(tmp_path / "table.tif")
    assert is_slide(tmp_path / "image.dat")


def test_the_pixel_size_given_wins(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, np.zeros((9, 9, 3), np.uint8), resolution=(20_000, 20_000), resolutionunit=3
    )
    assert run(open_slide(path)).mpp == pytest.approx(0.5)
    assert run(open_slide(path, mpp=0.25)).mpp == 0.25
    with pytest.raises(ReadError, match="Expected a pixel size of 0.01-100"):
        run(open_slide(path, mpp=250))


@pytest.mark.parametrize(
    ("name", "shown"), [("C4.ome.tif", "C4"), ("A1.2.svs", "A1.2"), ("HE.png", "HE")]
)
def test_a_slide_is_named_after_its_file(tmp_path, name, shown):
    path = tmp_path / name
    image = np.zeros((9, 9, 3), np.uint8)
    Image.fromarray(image).save(path) if name.endswith("png") else tifffile.imwrite(path, image)
    slide = run(open_slide(path, mpp=1, cache=tmp_path / "cache"))
    assert (slide.name, slide.source) == (shown, path)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "mpp", "shapes"),
    [
        ("CMU-1-Small-Region.svs", 0.499, [(2967, 2220)]),
        ("TCGA-CR-7395-01A-01-TS1.svs", None, [(3567, 4443), (1783, 2221)]),
        (
            "her2st_C4_pyramid.ome.tif",
            0.6865,
            [(9916, 9278), (4958, 4639), (2479, 2319), (1239, 1159)],
        ),
    ],
)
def test_a_real_pyramid_is_read_in_place(tmp_path, name, mpp, shapes):
    path = _data(f"wsi_formats/{name}")
    assert slide_mpp(path) == (None if mpp is None else pytest.approx(mpp))
    assert slide_shape(path) == shapes[0]
    slide = run(open_slide(path, mpp=None if mpp else 0.5, cache=tmp_path / "cache"))
    assert [level.shape[:2] for level in slide.levels] == shapes
    assert slide.is_rgb
    assert not (tmp_path / "cache").exists()
    with tifffile.TiffFile(path) as tif:
        coarsest = tif.series[0].levels[-1].asarray()
    np.testing.assert_array_equal(np.asarray(slide.levels[-1]), coarsest)
    y, x = (n // 2 for n in shapes[0])
    window = np.asarray(slide.levels[0][y : y + 200, x : x + 300])
    assert window.std() > 10  # tissue, not background


@pytest.mark.data
def test_a_real_jpeg_gets_its_pyramid(tmp_path, monkeypatch):
    path = _data("her2st/C2_HE.jpg")
    assert slide_mpp(path) is None  # it says 72 dots per inch
    slide = run(open_slide(path, mpp=0.686, cache=tmp_path / "cache"))
    assert [level.shape[:2] for level in slide.levels] == [
        (9911, 9274), (4956, 4637), (2478, 2319), (1239, 1160), (620, 580),
    ]  # fmt: skip
    finer, coarsest = (np.asarray(slide.levels[i]) for i in (1, 4))
    # means of means: the colour of the whole stays, but for the rounding of three levels
    np.testing.assert_allclose(coarsest.mean((0, 1)), finer.mean((0, 1)), atol=0.6)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)  # Pillow warns of 92 million pixels
    with Image.open(path) as image:
        part = np.asarray(image.crop((4000, 5000, 4200, 5100)))
    np.testing.assert_array_equal(np.asarray(slide.levels[0][5000:5100, 4000:4200]), part)


@pytest.mark.data
def test_a_real_pyramid_cut_short_is_noticed(tmp_path):
    whole = _data("wsi_formats/her2st_C4_pyramid.ome.tif").read_bytes()
    cut = tmp_path / "cut.ome.tif"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ReadError, match="cut off"):
        run(open_slide(cut))
