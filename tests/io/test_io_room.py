"""What is too much for a cache goes, and what somebody looks into stays."""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
import time

import numpy as np
import pytest

from spotscope.io import KeptEntry, hold, kept_entries, let_go, open_slide, trim
from spotscope.io._held import HeldArray
from spotscope.model import run


def entry(root, name, used, size=100):
    """A folder of two files, one of them deep inside, used at a time."""
    folder = root / name
    (folder / "0" / "c").mkdir(parents=True)
    (folder / "0" / "c" / "chunk").write_bytes(b"x" * (size - 2))
    (folder / "zarr.json").write_text("{}")
    os.utime(folder / "zarr.json", (used, used))
    return folder


def names(root):
    return sorted(path.name for path in root.iterdir())


def test_what_is_kept_is_told_last_used_first(tmp_path):
    old, new = entry(tmp_path, "draw-a.zarr", 10), entry(tmp_path, "draw-b.zarr", 20, 300)
    entry(tmp_path, "type-a", 30)
    entry(tmp_path, ".draw-c.01234567.part.zarr", 40)
    found = kept_entries(tmp_path, ("draw-",), ".zarr")
    assert found == [KeptEntry(new, 20, 2, 300), KeptEntry(old, 10, 2, 100)]
    assert kept_entries(tmp_path / "nowhere") == []


def test_what_was_used_longest_ago_goes_until_the_rest_is_small_enough(tmp_path):
    for k, name in enumerate("abcd"):
        entry(tmp_path, f"{name}.zarr", 10 + k)
    entry(tmp_path, "other", 1)
    trim(tmp_path, ("",), ".zarr", 250)
    assert names(tmp_path) == ["c.zarr", "d.zarr", "other"]
    trim(tmp_path, ("",), ".zarr", 0)
    assert names(tmp_path) == ["d.zarr", "other"]


def test_what_was_used_lately_is_spared(tmp_path):
    now = time.time()
    for name, ago in (("a", 7200), ("b", 1800), ("c", 60)):
        entry(tmp_path, name, now - ago)
    trim(tmp_path, ("",), "", 0, spared_s=3600)
    assert names(tmp_path) == ["b", "c"]


def test_what_is_held_stays_until_it_is_let_go(tmp_path):
    entry(tmp_path, "a", 10)
    entry(tmp_path, "b", 20)
    held = hold(tmp_path / "a")
    os.utime(tmp_path / "a" / "zarr.json", (10, 10))
    assert not let_go(tmp_path / "a")
    trim(tmp_path, ("",), "", 0)
    assert names(tmp_path) == ["a", "b"]
    del held
    gc.collect()
    trim(tmp_path, ("",), "", 0)
    assert names(tmp_path) == ["b"]


def test_what_another_process_holds_stays(tmp_path):
    folder = entry(tmp_path, "a", 10)
    code = (
        "import sys; from pathlib import Path; from spotscope.io import hold\n"
        "held = hold(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline().strip() == b"held"
        assert not let_go(folder)
        other.stdin.close()
        other.wait()
    assert let_go(folder)
    assert names(tmp_path) == []


def test_holding_says_that_it_is_used_now(tmp_path):
    folder = entry(tmp_path, "a", 10)
    assert hold(folder) is not None
    assert time.time() - kept_entries(tmp_path)[0].used < 60
    assert hold(tmp_path / "nowhere") is None


def test_what_killed_processes_left_goes_too(tmp_path):
    for name in (".a.01234567.part.zarr", ".b.01234567.old", ".mine"):
        os.utime(entry(tmp_path, name, 10), (10, 10))
    entry(tmp_path, ".c.01234567.part", 10)  # begun today
    trim(tmp_path, ("",), "", 0)
    assert names(tmp_path) == [".c.01234567.part", ".mine"]


@pytest.mark.skipif(sys.platform == "win32", reason="there it is open files that hold")
def test_without_locks_what_was_used_today_stays(tmp_path, monkeypatch):
    import errno
    import fcntl

    def no_locks(*_):
        raise OSError(errno.ENOTSUP, "no locks here")

    old, young = entry(tmp_path, "old", 10), entry(tmp_path, "young", time.time())
    monkeypatch.setattr(fcntl, "flock", no_locks)
    assert hold(young) is not None
    assert let_go(old)
    assert not let_go(young)
    assert names(tmp_path) == ["young"]


def test_an_array_that_goes_to_another_process_is_the_same(tmp_path):
    array = HeldArray(np.arange(12).reshape(3, 4), hold(entry(tmp_path, "a", 10)))
    again = pickle.loads(pickle.dumps(array))
    assert (again.shape, again.dtype, again.ndim) == ((3, 4), array.dtype, 2)
    assert (again[1:, ::2] == [[4, 6], [8, 10]]).all()


def test_a_slide_that_is_open_keeps_its_pyramid(tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setattr("spotscope.io._pyramid.SLIDES_BYTES", 0)
    pixels = np.random.default_rng(0).integers(0, 255, (1100, 1200, 3), np.uint8)
    for name, picture in (("a", pixels), ("b", 255 - pixels), ("c", pixels // 2)):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    kept = tmp_path / "spotscope" / "slides"
    slide = run(open_slide(tmp_path / "a.png", mpp=0.5))
    run(open_slide(tmp_path / "b.png", mpp=0.5))  # closed at once
    gc.collect()
    run(open_slide(tmp_path / "c.png", mpp=0.5))
    assert len(names(kept)) == 2  # the first is looked at, the last is the newest
    assert (np.asarray(slide.levels[0]) == pixels).all()
