"""A group that is made in memory is, on the disk, the group that zarr would have written there."""

from __future__ import annotations

import numpy as np
import pytest
import zarr
from anndata import AnnData, settings
from anndata.io import read_elem, write_elem

from spotscope.io._in_one_go import group_in_one_go


def filled(root):
    root.attrs["about"] = {"µ": [1, 2.5, None]}
    root.create_group("none")
    root.create_array("numbers", data=np.arange(12.0).reshape(3, 4), chunks=(2, 4))
    table = AnnData(np.eye(3, dtype=np.float32), uns={"words": {"a": "b"}})
    table.obs["kind"] = ["x", "y", "x"]
    with settings.override(auto_shard_zarr_v3=False):
        write_elem(root, "table", table)


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_every_file_is_as_zarr_writes_it(tmp_path):
    with group_in_one_go(tmp_path / "ours") as root:
        filled(root)
    filled(zarr.create_group(tmp_path / "theirs", zarr_format=3))
    assert files(tmp_path / "ours") == files(tmp_path / "theirs")
    table = read_elem(zarr.open_group(tmp_path / "ours", mode="r")["table"])
    assert table.obs["kind"].tolist() == ["x", "y", "x"]


def test_what_was_written_below_it_meanwhile_stays(tmp_path):
    with group_in_one_go(tmp_path) as root:
        image = root.create_group("images").create_group("image")
        image.attrs["ours"] = True
        pixels = zarr.create_array(tmp_path / "images/image/0", shape=(2, 2), dtype="u1")
        pixels[:] = 7
    image = zarr.open_group(tmp_path, mode="r")["images/image"]
    assert image.attrs["ours"]
    assert (np.asarray(image["0"]) == 7).all()


def test_an_error_in_the_block_leaves_no_half_group(tmp_path):
    with pytest.raises(RuntimeError, match="in the middle"):
        with group_in_one_go(tmp_path / "group") as root:
            filled(root)
            raise RuntimeError("in the middle")
    assert not (tmp_path / "group").exists()
