"""AnnData in Zarr, and tables of SpatialData stores whose places stand in their shapes."""

import json
import shutil
import struct

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import zarr

from spotscope.io import describe, read_reference, read_spots
from spotscope.model import ReadError

#: (x, y) of a hexagonal lattice, 50 px apart: 2 µm a pixel.
X = 50 * np.array([1, 2, 3, 1.5, 2.5, 1])
Y = 50 * (1 + np.sqrt(3) / 2 * np.array([0, 0, 0, 1, 1, 2]))
INSTANCES = np.array([7, 3, 5, 1, 9, 2])


def table(region="spots"):
    found = ad.AnnData(
        sp.csr_matrix(np.arange(18).reshape(6, 3)),
        obs=pd.DataFrame(
            {"instance": INSTANCES, "region": pd.Categorical([region] * 6)}, index=list("abcdef")
        ),
        var=pd.DataFrame(index=["G1", "G2", "G3"]),
    )
    found.uns["spatialdata_attrs"] = {
        "region": region,
        "region_key": "region",
        "instance_key": "instance",
    }
    return found


def point(x, y):
    return struct.pack("<BIdd", 1, 1, x, y)


def square(x, y, half):
    corners = [(-half, -half), (half, -half), (half, half), (-half, half), (-half, -half)]
    ring = b"".join(struct.pack("<dd", x + dx, y + dy) for dx, dy in corners)
    return struct.pack("<BIII", 1, 3, 1, len(corners)) + ring


def write_plain(path, found, zarr_format=3):
    root = zarr.create_group(path, zarr_format=zarr_format)
    with ad.settings.override(auto_shard_zarr_v3=False):
        ad.io.write_elem(root, "/", found)
    return path


def write_store(path, found, shapes=None, name="table"):
    """A store as SpatialData lays it out; shapes in another order than the rows of the table."""
    root = zarr.create_group(path, zarr_format=3)
    root.attrs["spatialdata_attrs"] = {"version": "0.2"}
    root.create_group("tables")
    with ad.settings.override(auto_shard_zarr_v3=False):
        ad.io.write_elem(root["tables"], name, found)
    if shapes is not None:
        region = str(found.uns["spatialdata_attrs"]["region"])
        (path / "shapes" / region).mkdir(parents=True)
        frame = pd.DataFrame({"geometry": shapes}, index=INSTANCES).iloc[::-1]
        frame.to_parquet(path / "shapes" / region / "shapes.parquet")
    return path


def test_places_come_from_the_shapes_by_their_index(tmp_path):
    shapes = [point(x, y) for x, y in zip(X, Y, strict=True)]
    read = read_spots(write_store(tmp_path / "sample.zarr", table(), shapes))
    np.testing.assert_allclose(read.yx, np.stack([Y, X], axis=1))
    assert (read.lattice_kind, read.name) == ("hex", "sample")
    assert read.mpp == pytest.approx(2.0)


def test_bins_are_squares_whose_name_says_their_size(tmp_path):
    x, y = np.divmod(np.arange(6) * 16.0, 32.0)  # two columns, 16 px apart
    shapes = [square(px * 16, py, 8) for px, py in zip(x, y, strict=True)]
    found = table("Mouse_square_008um")
    read = read_spots(write_store(tmp_path / "hd.zarr", found, shapes, "square_008um"))
    np.testing.assert_allclose(read.yx, np.stack([y, x * 16], axis=1))
    assert (read.lattice_kind, read.diameter_um) == ("square", 8)
    assert read.mpp == pytest.approx(0.5)


def test_a_table_with_places_needs_no_shapes(tmp_path):
    found = table()
    found.obsm["spatial"] = np.stack([X, Y], axis=1)
    for path in (write_store(tmp_path / "a.zarr", found), tmp_path / "a.zarr" / "tables" / "table"):
        np.testing.assert_allclose(read_spots(path).yx[:, 1], X)


@pytest.mark.parametrize("zarr_format", [2, 3])
def test_a_table_of_its_own_is_opened(tmp_path, zarr_format):
    found = table()
    del found.uns["spatialdata_attrs"]
    found.obsm["spatial"] = np.stack([X, Y], axis=1)
    read = read_spots(write_plain(tmp_path / "plain.zarr", found, zarr_format))
    np.testing.assert_allclose(read.yx[:, 1], X)
    assert read.name == "plain"
    assert describe(tmp_path / "plain.zarr").kind == "Zarr with spots"


def test_two_sections_in_one_table_are_refused(tmp_path):
    found = table()
    found.obs["region"] = pd.Categorical(["one", "two"] * 3)
    found.uns["spatialdata_attrs"]["region"] = ["one", "two"]
    found.obsm["spatial"] = np.stack([X, Y], axis=1)
    with pytest.raises(ReadError, match=r"found 2 \(one, two\)"):
        read_spots(write_store(tmp_path / "two.zarr", found))


def test_rows_that_are_no_shape_are_named(tmp_path):
    found = table()
    path = write_store(tmp_path / "s.zarr", found, [point(x, y) for x, y in zip(X, Y, strict=True)])
    frame = pd.read_parquet(path / "shapes" / "spots" / "shapes.parquet")
    frame.iloc[1:].to_parquet(path / "shapes" / "spots" / "shapes.parquet")
    with pytest.raises(ReadError, match="1 of 6 missing"):
        read_spots(path)


def test_several_tables_are_named(tmp_path):
    path = write_store(tmp_path / "s.zarr", table())
    shutil.copytree(path / "tables" / "table", path / "tables" / "other")
    with pytest.raises(ReadError, match="found 2: tables/other, tables/table"):
        read_spots(path)


def test_a_store_that_is_not_whole_is_one_sentence(tmp_path):
    path = write_store(tmp_path / "s.zarr", table())
    shutil.rmtree(path / "tables" / "table" / "X")
    (path / "tables" / "table" / "obs" / "zarr.json").write_text("{")
    with pytest.raises(ReadError, match="Expected an AnnData table in"):
        read_spots(path)
    with pytest.raises(ReadError, match="Expected an AnnData table in"):
        describe(path)


def test_what_it_is_is_said(tmp_path):
    shapes = [point(x, y) for x, y in zip(X, Y, strict=True)]
    found = describe(write_store(tmp_path / "s.zarr", table(), shapes))
    assert found.kind == "Zarr table with spots"
    assert dict(found.facts)["places"] == "shapes/spots"
    assert dict(found.facts)["spots"] == "6"


def test_a_reference_may_be_in_zarr(tmp_path):
    found = table()
    found.obs["cell_type"] = list("AABBCC")
    write_plain(tmp_path / "atlas.zarr", found)
    assert read_reference(tmp_path / "atlas.zarr").types == ("A", "B", "C")


def test_a_result_of_ours_is_no_sample(tmp_path):
    (tmp_path / "OUT" / "session.zarr").mkdir(parents=True)
    about = {"attributes": {"spotscope": {"format": 1}}}
    (tmp_path / "OUT" / "session.zarr" / "zarr.json").write_text(json.dumps(about))
    for path in (tmp_path / "OUT", tmp_path / "OUT" / "session.zarr"):
        with pytest.raises(ReadError, match="found a result of spotscope"):
            read_spots(path)
