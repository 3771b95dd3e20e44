import pickle
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing

import dask.array as da
import numpy as np
import pytest
from scipy.spatial import cKDTree

from spotscope.methods.segmentation import (
    SegmentationParams,
    check,
    fit,
    info,
    predict,
    select,
)
from spotscope.methods.segmentation._tiles import find_in_tile
from spotscope.model import MethodError, Slide, is_live, run, update

PARAMS = SegmentationParams(model="watershed")


def segment(slide, params=PARAMS, **more):
    return run(predict(run(fit(slide, params)), slide, params, **more))


def same(one, other):
    np.testing.assert_array_equal(one.yx_um, other.yx_um)
    np.testing.assert_array_equal(one.radii_um, other.radii_um)
    np.testing.assert_array_equal(one.probability, other.probability)


def matched(found, yx_um, radius_um):
    """Check that every true nucleus, and nothing else, was found at its place and size."""
    distance, nearest = cKDTree(found.yx_um).query(yx_um)
    assert found.n == len(yx_um)
    assert distance.max() < 0.3
    assert sorted(nearest) == list(range(found.n))
    np.testing.assert_allclose(found.radii_um.mean(axis=1)[nearest], radius_um, atol=0.6)


def test_every_nucleus_of_the_toy_is_found_at_its_place_and_size(toy):
    matched(select(segment(toy.slide), PARAMS), toy.yx_um, toy.radius_um)


def test_y_and_x_are_not_swapped(make_slide):
    found = segment(make_slide(np.array([[60.0, 150.0]]), [5.0]))
    np.testing.assert_allclose(found.yx_um, [[60, 150]], atol=0.3)


@pytest.mark.parametrize("mpp", [0.25, 0.4, 0.689])
def test_the_answer_in_microns_does_not_depend_on_the_scanner(make_slide, toy, mpp):
    matched(segment(make_slide(toy.yx_um, toy.radius_um, mpp)), toy.yx_um, toy.radius_um)


def test_a_coarser_level_is_read_in_the_frame_of_the_finest(make_slide, toy):
    slide = make_slide(toy.yx_um, toy.radius_um, mpp=0.25, levels=3)
    assert slide.level_for(PARAMS.model_mpp) == 1
    found = segment(slide)
    matched(found, toy.yx_um, toy.radius_um)
    shift = found.yx_um[cKDTree(found.yx_um).query(toy.yx_um)[1]] - toy.yx_um
    # a level taken for its neighbour's frame would be off by (0.5 - 0.25) / 2 µm
    np.testing.assert_allclose(shift.mean(axis=0), 0, atol=0.04)


def test_touching_nuclei_are_parted(make_slide):
    yx = np.array([[100.0, 95.0], [100.0, 105.0], [150, 60]])
    matched(segment(make_slide(yx, [5.5, 5.5, 5.0])), yx, [5.5, 5.5, 5.0])


def test_bright_nuclei_on_dark_are_found_too(make_shining, toy):
    matched(segment(make_shining(toy.yx_um, toy.radius_um)), toy.yx_um, toy.radius_um)


def test_tiled_equals_untiled(toy):
    whole = segment(toy.slide, update(PARAMS, tile_px=2048))
    tiled = segment(toy.slide, update(PARAMS, tile_px=128))
    assert whole.n == len(toy.yx_um)
    same(tiled, whole)


def test_a_region_is_the_part_of_the_whole_that_lies_in_it(toy):
    whole = segment(toy.slide)
    y0, x0, y1, x1 = region = (40.0, 60.0, 120.0, 170.0)
    part = segment(toy.slide, update(PARAMS, tile_px=128), region_um=region)
    y, x = whole.yx_um.T
    inside = (y >= y0) & (y < y1) & (x >= x0) & (x < x1)
    assert 10 < inside.sum() < whole.n
    same(part, whole.take(inside))


def test_a_region_off_the_slide_holds_no_nuclei(toy):
    assert segment(toy.slide, region_um=(1e4, 1e4, 2e4, 2e4)).n == 0


class Backwards(Executor):
    """Runs what it was given in the reverse order, once ``shutdown`` or enough has come in."""

    def __init__(self, batch):
        self.batch, self.given = batch, []

    def submit(self, fn, /, *args):
        future = Future()
        self.given.append((future, fn, args))
        if len(self.given) == self.batch:
            for each, function, arguments in reversed(self.given):
                each.set_result(function(*arguments))
            self.given = []
        return future


def test_the_order_in_which_tiles_are_finished_does_not_matter(toy):
    params = update(PARAMS, tile_px=220)  # 440 pixels: four tiles
    same(segment(toy.slide, params, executor=Backwards(4)), segment(toy.slide, params))


def test_threads_find_what_one_thread_finds(toy):
    params = update(PARAMS, tile_px=128)
    with ThreadPoolExecutor(2) as threads:
        same(segment(toy.slide, params, executor=threads), segment(toy.slide, params))


class Never(Executor):
    """Takes work and never does it."""

    def __init__(self):
        self.futures = []

    def submit(self, fn, /, *args):
        self.futures.append(Future())
        return self.futures[-1]


def test_closing_the_task_cancels_what_was_handed_out(toy):
    executor = Never()
    params = update(PARAMS, tile_px=128)
    task = predict(run(fit(toy.slide, params)), toy.slide, params, executor=executor)
    with closing(task):
        next(task)
        progress = next(task)
        assert progress.done == 0
        assert executor.futures
        assert not any(future.cancelled() for future in executor.futures)
    assert all(future.cancelled() for future in executor.futures)


def test_the_number_of_tiles_in_flight_is_bounded(toy, monkeypatch):
    monkeypatch.setattr("spotscope.methods.segmentation._tiles._IN_FLIGHT", 3)
    executor = Never()
    params = update(PARAMS, tile_px=128)
    task = predict(run(fit(toy.slide, params)), toy.slide, params, executor=executor)
    with closing(task):
        assert next(task).total == 16
        next(task)
        next(task)
    assert len(executor.futures) == 3


def test_a_failing_tile_fails_the_task_and_cancels_the_others(toy, monkeypatch):
    class Broken(Never):
        def submit(self, fn, /, *args):
            future = super().submit(fn, *args)
            if len(self.futures) == 2:
                future.set_exception(OSError("disk gone"))
            return future

    executor = Broken()
    params = update(PARAMS, tile_px=128)
    with pytest.raises(OSError, match="disk gone"):
        segment(toy.slide, params, executor=executor)
    assert all(f.cancelled() for i, f in enumerate(executor.futures) if i != 1)


def test_the_work_on_a_tile_can_be_sent_to_another_process(toy):
    sent = []

    class Wire(Executor):
        def submit(self, fn, /, *args):
            function, arguments = pickle.loads(pickle.dumps((fn, args)))
            sent.append(function)
            future = Future()
            future.set_result(pickle.loads(pickle.dumps(function(*arguments))))
            return future

    same(segment(toy.slide, executor=Wire()), segment(toy.slide))
    assert sent == [find_in_tile]


def test_progress_names_the_stage_and_never_passes_its_total(toy):
    params = update(PARAMS, tile_px=128)
    fitted = run(fit(toy.slide, params))
    seen = []
    run(predict(fitted, toy.slide, params), seen.append)
    assert {p.stage for p in seen} == {"finding nuclei"}
    assert [p.done for p in seen] == list(range(17))
    assert {p.total for p in seen} == {16}


def test_tiles_of_bare_glass_are_not_looked_at(make_slide):
    slide = make_slide(np.array([[60.0, 60.0]]), [5.0], size_um=400.0)
    pixels = slide.levels[0].compute()
    pixels[300:], pixels[:, 300:] = 244, 244
    bare = Slide((da.from_array(pixels),), 0.5)
    params = update(PARAMS, tile_px=200)
    fitted = run(fit(bare, params))
    assert next(predict(fitted, bare, params)).total == 4  # of 16: the corner with tissue
    assert run(predict(fitted, bare, params)).n == 1


def test_the_probability_threshold_acts_without_a_new_run(toy):
    candidates = segment(toy.slide)
    cut = float(np.median(candidates.probability))
    kept = select(candidates, update(PARAMS, probability=cut))
    assert is_live(SegmentationParams, "probability")
    assert kept.n == (candidates.probability >= cut).sum()
    assert 0 < kept.n < candidates.n
    assert kept.probability.min() >= cut


def test_a_pale_smear_is_less_probable_than_a_nucleus(make_slide, toy):
    slide = make_slide(toy.yx_um, toy.radius_um)
    pixels = slide.levels[0].compute()
    rows, columns = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    yx = np.array([100.0, 110.0])
    # a streak 3 by 14 µm
    streak = (np.abs(rows * 0.5 - yx[0]) < 1.5) & (np.abs(columns * 0.5 - yx[1]) < 7)
    pixels[streak] = pixels[amount_at(toy)]
    found = segment(Slide((da.from_array(pixels),), 0.5))
    nearest = cKDTree(found.yx_um).query(yx)[1]
    assert found.probability[nearest] < np.quantile(found.probability, 0.2)


def amount_at(toy):
    return tuple(np.rint(toy.yx_um[0] / 0.5).astype(int))


def test_only_areas_asked_for_are_kept(toy):
    area = np.pi * toy.radius_um**2
    found = segment(toy.slide, update(PARAMS, min_area_um2=80.0))
    assert found.n == pytest.approx((area >= 80).sum(), abs=4)
    assert found.n < len(area)


def test_a_slide_without_tissue_says_so():
    bare = Slide((da.full((300, 300, 3), 243, dtype=np.uint8, chunks=100),), 0.5, name="glass")
    with pytest.raises(MethodError, match="tissue in glass"):
        run(fit(bare, PARAMS))
    (problem,) = check(bare, PARAMS)
    assert problem.fatal
    assert "glass" in problem.message


def test_a_good_slide_has_no_problems(toy):
    assert check(toy.slide, PARAMS) == []


@pytest.mark.parametrize(("mpp", "fatal"), [(1.0, [False]), (5.2, [True])])
def test_a_slide_too_coarse_for_nuclei_is_named_with_its_way_out(mpp, fatal):
    rng = np.random.default_rng(0)
    pixels = rng.integers(90, 200, (200, 200, 3), dtype=np.uint8)
    problems = check(Slide((da.from_array(pixels),), mpp, name="hires"), PARAMS)
    assert [problem.fatal for problem in problems] == fatal
    assert f"{mpp:.3g} in hires" in problems[0].message


def test_a_channel_that_is_not_there_is_named(make_shining, toy):
    slide = make_shining(toy.yx_um, toy.radius_um)
    (problem,) = check(slide, update(PARAMS, channel=3))
    assert "below 1" in problem.message


def test_the_method_says_what_to_cite():
    assert info.question == "Where are the nuclei?"
    assert len(info.references) == 3


def test_learning_a_slide_can_be_stopped_at_every_step(toy):
    task = fit(toy.slide, PARAMS)
    stages = [next(task).stage for _ in range(7)]
    task.close()
    assert list(dict.fromkeys(stages)) == ["getting ready", "finding tissue", "reading the stain"]
