"""OME-Zarr read in both versions, and written so that SpatialData takes it for its own."""

from __future__ import annotations

import json
import warnings

import dask.array as da
import numpy as np
import pytest
import zarr

from spotscope.io import (
    is_slide,
    open_label_zarr,
    open_ome_zarr,
    open_slide,
    slide_mpp,
    slide_shape,
    write_image_zarr,
    write_label_zarr,
)
from spotscope.model import ReadError, Slide, run

SHAPE = (61, 97)


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (*SHAPE, 3), np.uint8)


def _store(path, levels, axes, scale, *, zarr_format=3, unit="micrometer", under="ome"):
    """Write an OME-Zarr by the letter of the standard: one scale a level, no word of ours."""
    group = zarr.create_group(path, zarr_format=zarr_format)
    kinds = {"t": "time", "c": "channel", "z": "space", "y": "space", "x": "space"}
    datasets = []
    for i, level in enumerate(levels):
        name = f"s{i}"
        group.create_array(name, data=level, chunks=tuple(min(n, 32) for n in level.shape))
        factor = [(scale * 2**i if axis in "yx" else 1.0) for axis in axes]
        steps = [{"type": "scale", "scale": factor}]
        datasets.append({"path": name, "coordinateTransformations": steps})
    described = [
        {"name": a, "type": kinds[a]} | ({"unit": unit} if a in "yx" and unit else {}) for a in axes
    ]
    about = {"multiscales": [{"version": "0.4", "axes": described, "datasets": datasets}]}
    group.attrs.update({"ome": {"version": "0.5", **about}} if under else about)


VERSIONS = pytest.mark.parametrize(
    "version", [{"zarr_format": 2, "under": None}, {"zarr_format": 3}], ids=["0.4", "0.5"]
)


@VERSIONS
def test_both_versions_give_the_same_slide(tmp_path, rgb, version):
    cyx = np.moveaxis(rgb, 2, 0)
    path = tmp_path / "a.ome.zarr"
    _store(path, [cyx, cyx[:, ::2, ::2]], "cyx", 0.25, **version)
    assert is_slide(path)
    assert slide_shape(path) == SHAPE
    slide = run(open_slide(path))
    assert (slide.mpp, slide.name, slide.is_rgb) == (0.25, "a", True)
    np.testing.assert_array_equal(np.asarray(slide.levels[0]), rgb)
    np.testing.assert_array_equal(np.asarray(slide.levels[1]), rgb[::2, ::2])


@VERSIONS
def test_five_axes_of_which_three_are_short_are_one_plane(tmp_path, rgb, version):
    path = tmp_path / "a.zarr"
    _store(path, [np.moveaxis(rgb, 2, 0)[None, :, None]], "tczyx", 0.5, **version)
    np.testing.assert_array_equal(np.asarray(run(open_slide(path)).levels[0]), rgb)


def test_an_image_without_channels_is_grey(tmp_path, rgb):
    _store(tmp_path / "a.zarr", [rgb[..., 0]], "yx", 0.5)
    np.testing.assert_array_equal(
        np.asarray(run(open_slide(tmp_path / "a.zarr")).levels[0]), rgb[..., :1]
    )


@pytest.mark.parametrize(
    ("scale", "unit", "mpp"),
    [(500, "nanometer", 0.5), (0.0005, "millimeter", 0.5), (0.5, None, None), (0.5, "pixel", None)],
)
def test_the_scale_counts_only_with_a_unit_of_length(tmp_path, rgb, scale, unit, mpp):
    _store(tmp_path / "a.zarr", [rgb[..., 0]], "yx", scale, unit=unit)
    assert slide_mpp(tmp_path / "a.zarr") == (None if mpp is None else pytest.approx(mpp))


def test_the_first_image_of_a_converted_file_is_found(tmp_path, rgb):
    zarr.create_group(tmp_path / "a.zarr").attrs["bioformats2raw.layout"] = 3
    _store(tmp_path / "a.zarr" / "0", [rgb[..., 0]], "yx", 0.5)
    assert slide_shape(tmp_path / "a.zarr") == SHAPE


def test_levels_that_are_not_there_are_built_and_kept_by_content(tmp_path):
    path, cache = tmp_path / "a.zarr", tmp_path / "cache"
    tall = np.full((5000, 40), 9, np.uint8)
    _store(path, [tall], "yx", 0.5)
    first, again = [], []
    slide = run(open_slide(path, cache=cache), first.append)
    assert [level.shape for level in slide.levels] == [
        (5000, 40, 1), (2500, 20, 1), (1250, 10, 1), (625, 5, 1),
    ]  # fmt: skip
    assert (np.asarray(slide.levels[3]) == 9).all()
    run(open_slide(path, cache=cache), again.append)
    assert first
    assert not again
    zarr.open_array(path / "s0", mode="r+")[:] = 200
    changed = run(open_slide(path, cache=cache))
    assert (np.asarray(changed.levels[3]) == 200).all()


def test_a_stack_is_refused_and_named(tmp_path):
    _store(tmp_path / "a.zarr", [np.zeros((7, 20, 30), np.uint8)], "zyx", 0.5)
    with pytest.raises(ReadError, match=r"found a stack .axes zyx, shape \(7, 20, 30\)"):
        run(open_slide(tmp_path / "a.zarr"))


def test_a_folder_that_is_none_is_one_sentence(tmp_path):
    (tmp_path / "outs").mkdir()
    (tmp_path / "outs" / "notes.txt").write_text("no image")
    assert not is_slide(tmp_path / "outs")
    with pytest.raises(
        ReadError, match="Expected an OME-Zarr image in the folder 'outs'"
    ) as caught:
        run(open_slide(tmp_path / "outs"))
    assert str(tmp_path / "outs") in caught.value.__notes__[0]


def test_a_table_in_zarr_is_no_slide(tmp_path):
    zarr.create_group(tmp_path / "a.zarr").attrs["encoding-type"] = "anndata"
    assert not is_slide(tmp_path / "a.zarr")


def test_a_missing_level_is_one_sentence(tmp_path, rgb):
    path = tmp_path / "a.zarr"
    _store(path, [rgb[..., 0], rgb[::2, ::2, 0]], "yx", 0.5)
    (path / "s1" / "zarr.json").unlink()
    with pytest.raises(ReadError, match="found a part missing or damaged"):
        run(open_slide(path))


def test_a_damaged_chunk_is_an_error_of_ours_when_it_is_read(tmp_path, rgb):
    path = tmp_path / "a.zarr"
    _store(path, [rgb[..., 0]], "yx", 0.5)
    (path / "s0" / "c" / "0" / "0").write_bytes(b"not packed")
    level = run(open_slide(path)).levels[0]
    np.testing.assert_array_equal(np.asarray(level[32:, 32:, 0]), rgb[32:, 32:, 0])
    with pytest.raises(ReadError, match="found a chunk that cannot be read") as caught:
        np.asarray(level)
    assert str(path) in caught.value.__notes__[0]


def test_an_empty_image_is_one_sentence(tmp_path):
    path = tmp_path / "a.zarr"
    _store(path, [np.zeros((1, 5), np.uint8)], "yx", 0.5)
    about = json.loads((path / "s0" / "zarr.json").read_text())
    (path / "s0" / "zarr.json").write_text(json.dumps({**about, "shape": [0, 5]}))
    with pytest.raises(ReadError, match="found an empty one of 0 × 5 pixels"):
        run(open_slide(path))


def _slide(rgb, mpp=0.5):
    levels = [rgb, rgb[::2, ::2], rgb[::4, ::4]]
    chunks = (32, 32, 3)
    return Slide(tuple(da.from_array(level, chunks=chunks) for level in levels), mpp, "toy")


def test_a_written_slide_comes_back(tmp_path, rgb):
    run(write_image_zarr(tmp_path / "he", _slide(rgb, 0.37)))
    slide = open_ome_zarr(tmp_path / "he")
    assert (slide.mpp, len(slide.levels)) == (0.37, 3)
    for level, expected in zip(slide.levels, _slide(rgb).levels, strict=True):
        np.testing.assert_array_equal(np.asarray(level), np.asarray(expected))


def test_a_written_slide_of_many_channels_comes_back(tmp_path):
    many = np.random.default_rng(1).integers(0, 60_000, (40, 50, 6), np.uint16)
    run(write_image_zarr(tmp_path / "if", Slide((da.from_array(many),), 0.5)))
    slide = run(open_slide(tmp_path / "if"))
    np.testing.assert_array_equal(np.asarray(slide.levels[0]), many)


def test_what_is_written_follows_the_standard(tmp_path, rgb):
    run(write_image_zarr(tmp_path / "he", _slide(rgb)))
    about = json.loads((tmp_path / "he" / "zarr.json").read_text())["attributes"]["ome"]
    (image,) = about["multiscales"]
    assert [axis["name"] for axis in image["axes"]] == ["c", "y", "x"]
    assert image["axes"][1] == {"name": "y", "type": "space", "unit": "micrometer"}
    whole = image["coordinateTransformations"][0]["scale"]
    finest, half, _ = (
        level["coordinateTransformations"][0]["scale"] for level in image["datasets"]
    )
    assert [a * b for a, b in zip(whole, finest, strict=True)] == [1.0, 0.5, 0.5]
    # 61 rows become 31: a pixel of the second level is 61 / 31 of the first
    assert half == [1.0, pytest.approx(61 / 31), pytest.approx(97 / 49)]


def test_stopping_leaves_no_image(tmp_path, rgb):
    task = write_image_zarr(tmp_path / "he", _slide(rgb))
    next(task)
    task.close()
    assert list(tmp_path.iterdir()) == []


def test_spatialdata_reads_both_as_elements_in_um(tmp_path, rgb):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its own dependencies
        spatialdata = pytest.importorskip("spatialdata")
        from spatialdata.transformations import get_transformation
    root = zarr.create_group(tmp_path / "s.zarr", zarr_format=3)
    root.attrs["spatialdata_attrs"] = {"version": "0.2", "spatialdata_software_version": "0.7.3"}
    root.create_group("images")
    root.create_group("labels").attrs["ome"] = {"labels": ["nuclei"]}
    labels = np.zeros((1300, 1100), np.uint32)
    labels[10:20, 30:50] = 7
    run(write_image_zarr(tmp_path / "s.zarr" / "images" / "he", _slide(rgb, 0.37)))
    run(
        write_label_zarr(
            tmp_path / "s.zarr" / "labels" / "nuclei",
            lambda y, x, h, w: labels[y : y + h, x : x + w],
            labels.shape,
            0.37,
        )
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data = spatialdata.read_zarr(tmp_path / "s.zarr")
    image = data["he"]["scale0"]["image"]
    assert (image.dims, image.shape) == (("c", "y", "x"), (3, *SHAPE))
    np.testing.assert_array_equal(image.data.compute(), np.moveaxis(rgb, 2, 0))
    assert list(image.coords["c"].values) == ["r", "g", "b"]
    assert [data["he"][f"scale{i}"]["image"].shape[1] for i in range(3)] == [61, 31, 16]
    drawn = data["nuclei"]["scale0"]["image"]
    assert drawn.dtype == np.uint32
    np.testing.assert_array_equal(drawn.data.compute(), labels)
    for name in ("he", "nuclei"):
        matrix = get_transformation(data[name], "global").to_affine_matrix(("y", "x"), ("y", "x"))
        np.testing.assert_allclose(matrix, np.diag([0.37, 0.37, 1.0]))


def test_a_label_image_is_told_from_a_picture(tmp_path, rgb):
    run(write_image_zarr(tmp_path / "he", _slide(rgb)))
    with pytest.raises(ReadError, match="give a label image"):
        open_label_zarr(tmp_path / "he")
