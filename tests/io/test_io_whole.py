"""A store of which files are gone is known by what it noted; what others wrote anew is theirs."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import zarr

from spotscope.io._whole import missing_parts, note_files


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "a.zarr"
    root = zarr.create_group(path)
    table = root.create_group("tables/cells", attributes={"columns": ["x", "y"]})
    for name in ("x", "y"):
        table.create_array(name, data=np.arange(1, 41), chunks=(10,))
    root.create_array("empty", shape=(40,), chunks=(10,), dtype="f4")
    note_files(path)
    return path


def test_nothing_is_missing_of_what_was_just_written(store):
    assert missing_parts(store) == []


def test_every_file_is_missed(store):
    files = [path for path in store.rglob("*") if path.is_file() and path.parent != store]
    assert len(files) == 2 + 2 + 2 * 4 + 1  # groups, arrays and their chunks, the empty one
    for path in files:
        part = path.relative_to(store).as_posix().removesuffix("/zarr.json").split("/c/")[0]
        held = path.read_bytes()
        path.unlink()
        assert part in missing_parts(store), path
        path.write_bytes(held)
    assert missing_parts(store) == []


def test_of_a_group_that_is_gone_its_name_is_told_and_not_those_in_it(store):
    shutil.rmtree(store / "tables" / "cells")
    assert missing_parts(store) == ["tables/cells"]
    shutil.rmtree(store / "tables")
    assert missing_parts(store) == ["tables"]


def test_what_another_program_wrote_anew_is_not_missed(store):
    root = zarr.open_group(store, mode="r+")
    table = root["tables/cells"]
    del table["y"]
    table.attrs["columns"] = ["x"]
    table.create_array("x", data=np.arange(1, 41), chunks=(40,), overwrite=True)
    root.create_array("more", data=np.ones(3))
    assert missing_parts(store) == []


def test_without_its_own_metadata_all_of_it_is_missing(store):
    (store / "zarr.json").write_text("{")
    assert missing_parts(store) == ["zarr.json"]


def test_of_a_store_that_noted_nothing_nothing_is_missing(store):
    root = zarr.open_group(store, mode="r+")
    del root.attrs["spotscope_files"]
    shutil.rmtree(store / "tables")
    assert missing_parts(store) == []
