"""Written whole or not at all, and why not in one sentence."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save_file

from spotscope.io import staged, try_folder
from spotscope.model import WriteError

if TYPE_CHECKING:
    from collections.abc import Callable


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _folder(path: Path, text: str) -> None:
    path.mkdir()
    (path / "inside.txt").write_text(text)


def _attempt(target: Path, *steps: Callable[[Path], object]) -> None:
    with staged(target) as temporary:
        for step in steps:
            step(temporary)


def _fail(error: BaseException) -> Callable[[Path], object]:
    def step(_: Path) -> None:
        raise error

    return step


def _half(path: Path) -> None:
    path.write_text("half")


def test_a_file_takes_the_place_of_the_old_one_when_it_is_complete(tmp_path):
    target = tmp_path / "run.json"
    target.write_text("old")
    with staged(target) as temporary:
        temporary.write_text("new")
        assert target.read_text() == "old"
    assert target.read_text() == "new"
    assert _names(tmp_path) == ["run.json"]


def test_a_folder_takes_the_place_of_the_old_one_when_it_is_complete(tmp_path):
    target = tmp_path / "session.zarr"
    _folder(target, "old")
    with staged(target) as temporary:
        _folder(temporary, "new")
        assert (target / "inside.txt").read_text() == "old"
    assert (target / "inside.txt").read_text() == "new"
    assert _names(tmp_path) == ["session.zarr"]


def test_the_temporary_name_keeps_the_suffix_by_which_writers_choose_a_format(tmp_path):
    with staged(tmp_path / "overview.png") as temporary:
        assert temporary.suffix == ".png"
        assert temporary.parent == tmp_path
        temporary.write_bytes(b"")


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, GeneratorExit])
@pytest.mark.parametrize("write", [_half, lambda p: _folder(p, "x")])
def test_any_error_leaves_the_old_file_and_no_trace(tmp_path, error, write):
    target = tmp_path / "kept"
    target.write_text("old")
    with pytest.raises(error):
        _attempt(target, write, _fail(error()))
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["kept"]


def test_closing_a_task_inside_leaves_no_trace(tmp_path):
    def task():
        with staged(tmp_path / "labels.tif") as temporary:
            temporary.write_text("half")
            yield

    running = task()
    next(running)
    assert len(_names(tmp_path)) == 1
    running.close()
    assert _names(tmp_path) == []


def test_the_old_folder_comes_back_if_the_new_one_cannot_be_renamed(tmp_path, monkeypatch):
    target = tmp_path / "session.zarr"
    _folder(target, "old")
    rename = Path.rename

    def fail_for_the_new(self: Path, to: Path) -> Path:
        if ".part" in self.name:
            raise OSError(errno.EIO, "input/output error")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fail_for_the_new)
    with pytest.raises(WriteError, match="error of the disk"):
        _attempt(target, lambda path: _folder(path, "new"))
    assert (target / "inside.txt").read_text() == "old"
    assert _names(tmp_path) == ["session.zarr"]


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        OSError("Can't write data (file write failed: errno = 28, error message = '...')"),
    ],
    ids=["python", "hdf5"],
)
def test_a_full_disk_is_said_in_one_sentence(tmp_path, error):
    target = tmp_path / "cells.h5ad"
    target.write_text("old")
    with pytest.raises(WriteError, match=r"found the disk full; free some space") as caught:
        _attempt(target, _half, _fail(error))
    assert caught.value.__cause__ is error
    assert target.read_text() == "old"
    assert _names(tmp_path) == ["cells.h5ad"]


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
@pytest.mark.parametrize(
    "write",
    [
        lambda path: path.write_bytes(bytes(50_000)),
        lambda path: save_file({"counts": np.zeros(50_000, np.uint8)}, path),
    ],
    ids=["python", "safetensors"],
)
def test_a_write_that_really_fails_half_way_leaves_the_old_file(tmp_path, write):
    import resource

    target = tmp_path / "counts.bin"
    target.write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(WriteError, match="disk full"), staged(target) as temporary:
            write(temporary)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert target.read_bytes() == b"old"
    assert _names(tmp_path) == ["counts.bin"]


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_folder_closed_to_the_user_is_said_in_one_sentence(tmp_path, monkeypatch, code):
    def closed(self: Path, *_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), str(self))

    monkeypatch.setattr(Path, "mkdir", closed)
    with pytest.raises(WriteError, match="closed to this user; choose another folder"):
        _attempt(tmp_path / "new" / "labels.tif", lambda _: pytest.fail("entered"))


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere"
)
def test_a_folder_without_permission_is_not_written(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(WriteError, match="closed to this user"):
            _attempt(tmp_path / "labels.tif", _half)
    finally:
        tmp_path.chmod(0o700)


def test_a_parent_that_is_a_file_is_said_in_one_sentence(tmp_path):
    (tmp_path / "OUT").write_text("not a folder")
    with pytest.raises(WriteError, match=r"Expected a folder at .*OUT.*, found a file"):
        _attempt(tmp_path / "OUT" / "labels.tif", lambda _: pytest.fail("entered"))


def test_an_error_about_an_input_is_not_blamed_on_the_target(tmp_path):
    elsewhere = Path(tmp_path.anchor) / "no such folder" / "slide.tif"
    with pytest.raises(FileNotFoundError), staged(tmp_path / "labels.tif"):
        elsewhere.read_bytes()
    assert _names(tmp_path) == []


def test_missing_parents_are_made(tmp_path):
    with staged(tmp_path / "a" / "b" / "c.txt") as temporary:
        temporary.write_text("here")
    assert (tmp_path / "a" / "b" / "c.txt").read_text() == "here"


def test_what_a_killed_process_left_days_ago_is_swept_away(tmp_path):
    old, young, other = (
        tmp_path / name
        for name in (
            ".labels.0123abcd.part.tif",
            ".labels.4567cdef.part.tif",
            ".l.0123abcd.part.tif",
        )
    )
    for path in (old, young, other):
        path.write_text("half")
    for path in (old, other):
        os.utime(path, (0, 0))
    _attempt(tmp_path / "labels.tif", _half)
    assert _names(tmp_path) == sorted(["labels.tif", young.name, other.name])


def test_a_file_never_takes_the_place_of_a_folder_nor_a_folder_that_of_a_file(tmp_path):
    _folder(tmp_path / "a.tif", "mine")
    with pytest.raises(WriteError, match="found a folder of that name"):
        _attempt(tmp_path / "a.tif", _half)
    assert (tmp_path / "a.tif" / "inside.txt").read_text() == "mine"
    (tmp_path / "b.zarr").write_text("mine")
    with pytest.raises(WriteError, match="found a file of that name"):
        _attempt(tmp_path / "b.zarr", lambda path: _folder(path, "new"))
    assert (tmp_path / "b.zarr").read_text() == "mine"
    assert _names(tmp_path) == ["a.tif", "b.zarr"]


def test_a_folder_made_in_vain_is_taken_away(tmp_path):
    with pytest.raises(ValueError, match="no"):
        _attempt(tmp_path / "out" / "steps" / "type", _half, _fail(ValueError("no")))
    assert _names(tmp_path) == []


def test_folders_that_were_there_or_hold_more_stay(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(ValueError, match="no"):
        _attempt(tmp_path / "out" / "spots.h5ad", _half, _fail(ValueError("no")))

    def more(path: Path) -> None:
        (path.parent / "note.txt").write_text("of another program")

    with pytest.raises(ValueError, match="no"):
        _attempt(tmp_path / "new" / "steps" / "type", more, _fail(ValueError("no")))
    assert _names(tmp_path) == ["new", "out"]
    assert _names(tmp_path / "new" / "steps") == ["note.txt"]


def test_trying_a_folder_leaves_things_as_they_were(tmp_path):
    (tmp_path / "there").mkdir()
    try_folder(tmp_path / "there")
    try_folder(tmp_path / "new" / "newer")
    assert _names(tmp_path) == ["there"]
    assert _names(tmp_path / "there") == []


def test_trying_a_folder_below_a_file_fails(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        try_folder(tmp_path / "file" / "out")
    assert _names(tmp_path) == ["file"]


def test_what_is_staged_within_another_is_said_by_the_name_that_was_given(tmp_path):
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(WriteError) as caught, staged(tmp_path / "session.zarr") as outer:
        outer.mkdir()
        with staged(outer) as inner:
            inner.mkdir()
            _attempt(inner / "images" / "image", _fail(full))
    assert f"Expected room for 'session.zarr' in {str(tmp_path)!r}" in str(caught.value)
    assert _names(tmp_path) == []
