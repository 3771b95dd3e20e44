import gc
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import RunRecord, StarConvex
from spotscope.pipeline import StepCache
from spotscope.pipeline._cache_kinds import KINDS
from spotscope.pipeline._fingerprint import of_outlines, of_reference, of_slide, of_spots

CACHE = StepCache(Path("steps"))


def test_the_same_inputs_and_parameters_name_the_same_folder():
    one = CACHE.folder("segment", {"slide": "a", "x": "b"}, SegmentationParams())
    two = CACHE.folder("segment", {"x": "b", "slide": "a"}, SegmentationParams())
    assert one == two


def test_another_input_or_parameter_names_another_folder():
    base = CACHE.folder("type", {"spots": "a"}, CellTypingParams())
    assert CACHE.folder("type", {"spots": "b"}, CellTypingParams()) != base
    other = CellTypingParams(n_neighbours=CellTypingParams().n_neighbours + 1)
    assert CACHE.folder("type", {"spots": "a"}, other) != base


def test_a_live_parameter_names_the_same_folder():
    base = CACHE.folder("type", {"spots": "a"}, CellTypingParams(nu=1.0))
    assert CACHE.folder("type", {"spots": "a"}, CellTypingParams(nu=5.0)) == base


def test_a_folder_without_its_record_is_no_result(tmp_path):
    assert not StepCache.has(tmp_path)
    record = RunRecord("type", {}, 0, {}, {}, 1.0)
    StepCache.write_record(tmp_path, record)
    assert StepCache.has(tmp_path)
    assert StepCache.read_record(tmp_path) == record


def test_fingerprints_follow_the_content(twelve_cell_sample, three_type_reference):
    spots = twelve_cell_sample.spots
    before = of_spots(spots)
    assert of_spots(spots) == before
    spots.table.X[0, 0] += 1
    assert of_spots(spots) != before
    before = of_reference(three_type_reference)
    three_type_reference.table.X[0, 0] += 1
    assert of_reference(three_type_reference) != before


def test_a_moved_outline_is_another_outline():
    star = StarConvex(np.zeros((2, 2)), np.ones((2, 8), np.float32), np.ones(2, np.float32))
    moved = StarConvex(star.yx_um + 0.1, star.radii_um, star.probability)
    assert of_outlines(star) != of_outlines(moved)


def test_a_slide_in_memory_is_told_by_its_pixels_and_its_pixel_size(two_nuclei_slide):
    from dataclasses import replace

    assert of_slide(two_nuclei_slide) == of_slide(replace(two_nuclei_slide, name="other"))
    assert of_slide(two_nuclei_slide) != of_slide(replace(two_nuclei_slide, mpp=0.4))
    darker = tuple(level // 2 for level in two_nuclei_slide.levels)
    assert of_slide(two_nuclei_slide) != of_slide(replace(two_nuclei_slide, levels=darker))


def test_an_executor_runs_and_is_shut_down():
    from spotscope.pipeline import open_executor

    with open_executor(2) as executor:
        assert executor.submit(sum, [1, 2]).result() == 3
    with pytest.raises(RuntimeError, match="shutdown"):
        executor.submit(sum, [1])


def test_a_scheduler_that_does_not_answer_is_named():
    from spotscope.model import DeviceError
    from spotscope.pipeline import open_executor

    pytest.importorskip("distributed")
    with (
        pytest.raises(DeviceError, match=r"Dask scheduler at 'nonsense://x'"),
        open_executor(scheduler="nonsense://x"),
    ):
        pass


def test_a_device_that_is_not_there_is_named():
    from spotscope.model import DeviceError
    from spotscope.pipeline._device import resolve_device

    assert resolve_device("cpu") == "cpu"
    assert resolve_device("auto") in {"cpu", "cuda", "mps"}
    missing = "mps" if resolve_device("auto") != "mps" else "cuda"
    with pytest.raises(DeviceError, match=f"Expected the device '{missing}', found only"):
        resolve_device(missing)


def result(cache, name, used, size=100):
    folder = cache.root / name
    folder.mkdir(parents=True)
    (folder / "arrays").write_bytes(b"x" * size)
    StepCache.write_record(folder, RunRecord("decompose", {}, 0, {}, {}, 1.0))
    os.utime(folder / "record.json", (used, used))
    return folder


@pytest.fixture
def bound(monkeypatch):
    """Sets how much of a kind is kept."""

    def set_bound(kind, most_bytes):
        monkeypatch.setitem(KINDS, kind, replace(KINDS[kind], most_bytes=most_bytes))

    return set_bound


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's cache folder, empty."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    return tmp_path / "spotscope"


def test_results_used_longest_ago_go_until_the_rest_is_small_enough(tmp_path, bound):
    cache = StepCache(tmp_path)
    old, middle, new = (result(cache, f"decompose-{n}", 1000 + n) for n in range(3))
    other = result(cache, "learn-0", 1)
    unfinished = tmp_path / ".decompose-9.01234567.part"
    unfinished.mkdir()
    (unfinished / "arrays").write_bytes(b"x" * 10_000)
    size = sum(file.stat().st_size for file in new.iterdir())
    bound("decompose", 3 * size)
    cache.trim("decompose")
    assert all(folder.is_dir() for folder in (old, middle, new))
    cache.touch(old)
    bound("decompose", 2 * size)
    cache.trim("decompose")
    assert not middle.is_dir()
    assert all(folder.is_dir() for folder in (old, new, other, unfinished))
    bound("decompose", 1)
    cache.trim("decompose")
    assert old.is_dir()
    assert not new.is_dir()


def test_a_run_of_expression_keeps_its_cache_small(typed, tmp_path, bound):
    import spotscope

    bound("decompose", 1)
    for seed in range(2):
        spotscope.decompose(typed.session, cache=tmp_path, method="split", seed=seed)
    assert len(list(tmp_path.glob("decompose-*"))) == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if KINDS[kind].folder == "steps"])
def test_fits_go_from_the_users_cache_but_never_from_a_result_folder(kind, home, tmp_path, bound):
    about = KINDS[kind]
    name = about.starts[0]
    bounded = about.most_bytes is not None
    for root in (home / "steps", tmp_path / "OUT" / "steps"):
        cache = StepCache(root)
        for k in range(2):
            result(cache, f"{name}{k}{about.suffix}", 1000 + k)
        if bounded:
            bound(kind, 1)
        cache.trim(kind)
    there, saved = (len(list((root / "steps").iterdir())) for root in (home, tmp_path / "OUT"))
    assert there == (1 if bounded else 2)
    assert saved == (1 if about.everywhere else 2)


@pytest.mark.parametrize("harm", ["gone", "cut", "list"])
def test_a_result_of_which_a_file_is_not_whole_is_not_there(tmp_path, harm):
    cache = StepCache(tmp_path)
    folder = tmp_path / "segment-1"
    with cache.writing(folder) as staging:
        (staging / "deep").mkdir()
        (staging / "deep" / "numbers").write_bytes(b"12345678")
        cache.write_record(staging, RunRecord("segment", {}, 0, {}, {}, 1.0))
    assert cache.has(folder)
    cache.touch(folder)
    assert cache.has(folder)
    if harm == "gone":
        (folder / "deep" / "numbers").unlink()
    elif harm == "cut":
        (folder / "deep" / "numbers").write_bytes(b"1234")
    else:
        (folder / "files.json").write_bytes(b"")
    assert not cache.has(folder)


def test_a_result_of_an_earlier_version_is_there_by_its_record(tmp_path):
    cache = StepCache(tmp_path)
    (tmp_path / "segment-1").mkdir()
    assert not cache.has(tmp_path / "segment-1")
    cache.write_record(tmp_path / "segment-1", RunRecord("segment", {}, 0, {}, {}, 1.0))
    assert cache.has(tmp_path / "segment-1")


def test_what_a_session_of_today_was_made_from_is_spared(home, bound):
    cache = StepCache(home / "steps")
    old, young = (result(cache, f"type-{n}", time.time() - 3600 * n) for n in (13, 11))
    result(cache, "type-0", time.time())
    bound("type", 1)
    cache.trim("type")
    assert not old.exists()
    assert young.is_dir()


def test_nuclei_that_a_session_looks_at_stay_drawn_and_others_go(demo_files, home, bound):
    import spotscope

    bound("draw", 1)
    bound("segment", 1)
    opened = spotscope.read(demo_files["spots"], image=demo_files["image"])
    session = spotscope.segment(opened, model="watershed")
    seen = np.asarray(session.labels.levels[0])
    for least in (15.0, 20.0, 25.0):  # each drawn and left at once
        spotscope.segment(opened, model="watershed", min_area_um2=least)
        gc.collect()
    steps = home / "steps"
    assert len(list(steps.glob("draw-*"))) == 2  # looked at, and the newest
    assert len(list(steps.glob("segment-*"))) >= 1
    assert (np.asarray(session.labels.levels[0]) == seen).all()
    assert seen.max() > 0


@pytest.mark.parametrize("lost", ["0/c", "0", "zarr.json", "0/zarr.json"])
def test_nuclei_whose_drawing_is_there_in_part_are_drawn_anew(demo_files, home, lost):
    import spotscope

    opened = spotscope.read(demo_files["spots"], image=demo_files["image"])
    seen = np.asarray(spotscope.segment(opened, model="watershed").labels.levels[0])
    (drawn,) = (home / "steps").glob("draw-*.zarr")
    if (drawn / lost).is_dir():
        shutil.rmtree(drawn / lost)
    else:
        (drawn / lost).write_bytes(b"")
    again = spotscope.segment(opened, model="watershed").labels
    assert (np.asarray(again.levels[0]) == seen).all()
