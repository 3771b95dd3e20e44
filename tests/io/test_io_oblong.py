"""Pixels that are not square: refused, unless somebody knows better than the file."""

import json

import numpy as np
import pytest
import tifffile
from PIL import Image

from spotscope import io
from spotscope.io import open_slide, slide_mpp
from spotscope.model import ReadError, run

PIXELS = np.full((64, 96, 3), 200, np.uint8)
SAID = r"Expected square pixels in '.*', found 0\.5 µm across and 0\.75 µm down; resample it, or"


def _ome(path, y_um):
    about = {"PhysicalSizeX": 0.5, "PhysicalSizeY": y_um, "axes": "YXS"}
    # as programs write that know the size in OME alone: the tags are square
    tifffile.imwrite(path, PIXELS, ome=True, metadata=about, resolution=(20_000, 20_000))
    return path


def _tags(path, y_um):
    cm = (10_000 / 0.5, 10_000 / y_um)
    tifffile.imwrite(path, PIXELS, resolution=cm, resolutionunit="CENTIMETER")
    return path


def _png(path, y_um):
    path = path.with_name("a.png")
    Image.fromarray(PIXELS).save(path, dpi=(25_400 / 0.5, 25_400 / y_um))
    return path


def _zarr(path, y_um):
    folder = path.with_name("a.ome.zarr")
    slide = run(open_slide(_ome(path, 0.5), mpp=0.5, cache=path.parent / "cache"))
    run(io.write_image_zarr(folder, slide))
    kept = folder / "zarr.json"
    about = json.loads(kept.read_text())
    image = about["attributes"]["ome"]["multiscales"][0]
    image.pop("coordinateTransformations", None)
    scale = image["datasets"][0]["coordinateTransformations"][0]["scale"]
    names = [axis["name"] for axis in image["axes"]]
    scale[names.index("y")], scale[names.index("x")] = y_um, 0.5
    kept.write_text(json.dumps(about))
    return folder


@pytest.mark.parametrize("make", [_ome, _tags, _png, _zarr])
def test_oblong_pixels_are_refused_in_one_sentence(tmp_path, make):
    path = make(tmp_path / "a.ome.tif" if make is _ome else tmp_path / "a.tif", 0.75)
    with pytest.raises(ReadError, match=SAID):
        run(open_slide(path, cache=tmp_path / "cache"))
    with pytest.raises(ReadError, match=SAID):
        slide_mpp(path)


@pytest.mark.parametrize("make", [_ome, _tags, _png])
def test_a_pixel_size_that_is_given_wins(tmp_path, make):
    path = make(tmp_path / "a.tif", 0.75)
    assert run(open_slide(path, mpp=0.6, cache=tmp_path / "cache")).mpp == 0.6


@pytest.mark.parametrize(("y_um", "square"), [(0.504, True), (0.508, False)])
def test_one_percent_is_rounding(tmp_path, y_um, square):
    path = _ome(tmp_path / "a.ome.tif", y_um)
    if square:
        assert slide_mpp(path) == 0.5
    else:
        with pytest.raises(ReadError, match="Expected square pixels"):
            slide_mpp(path)


def test_info_says_what_is_lacking(tmp_path):
    told = io.describe(_ome(tmp_path / "a.ome.tif", 0.75))
    assert ("pixel size", "0.5 × 0.75 µm") in told.facts
    assert told.lacks[0].startswith("square pixels")
