"""A network on slides: the right nuclei, the same however the slide is cut, live thresholds."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import dask.array as da
import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import load_model, staying, suppress_outlines
from spotscope.methods.segmentation.stardist._run import reach_px, run_network
from spotscope.model import MethodError, ReadError, Slide, StarConvex, run


@pytest.fixture(scope="module")
def params(learned):
    return SegmentationParams(model=str(learned))


@pytest.fixture(scope="module")
def candidates(some_discs, params):
    fitted = run(segmentation.fit(some_discs.slide, params))
    return run(segmentation.predict(fitted, some_discs.slide, params))


def nearest(found, truth):
    return np.linalg.norm(found[:, None] - truth[None], axis=2).min(axis=0)


def test_the_discs_are_found_where_and_as_large_as_they_are(some_discs, candidates, params):
    nuclei = segmentation.select(candidates, params)
    assert abs(nuclei.n - len(some_discs.yx_um)) <= 4
    assert (nearest(nuclei.yx_um, some_discs.yx_um) < 2.5).mean() > 0.95
    drawn = segmentation.LabelDrawer(nuclei, 0.5).draw(0, 0, 256, 256) > 0
    truth = some_discs.labels > 0
    assert (drawn & truth).sum() / (drawn | truth).sum() > 0.85


def test_however_the_slide_is_cut_the_nuclei_are_the_same(some_discs, candidates, params):
    fitted = run(segmentation.fit(some_discs.slide, params))
    small = params.model_copy(update={"tile_px": 128})
    cut = run(segmentation.predict(fitted, some_discs.slide, small))
    one, two = (segmentation.select(found, params) for found in (candidates, cut))
    # in bfloat16 sums depend on the tile's shape: of two centres as likely either may stay
    assert one.n == two.n
    assert nearest(one.yx_um, two.yx_um).max() < 1.5
    same = (one.yx_um == two.yx_um).all(axis=1)
    assert same.mean() > 0.9
    np.testing.assert_allclose(one.probability[same], two.probability[same], atol=0.02)
    np.testing.assert_allclose(one.radii_um[same], two.radii_um[same], atol=0.2)


def test_whoever_works_on_the_tiles_the_nuclei_are_the_same(some_discs, params):
    fitted = run(segmentation.fit(some_discs.slide, params))
    small = params.model_copy(update={"tile_px": 128})
    alone = run(segmentation.predict(fitted, some_discs.slide, small))
    with ThreadPoolExecutor(2) as pool:
        shared = run(segmentation.predict(fitted, some_discs.slide, small, executor=pool))
    np.testing.assert_array_equal(alone.yx_um, shared.yx_um)
    np.testing.assert_allclose(alone.probability, shared.probability, atol=0.02)


def test_a_region_holds_what_the_slide_holds_there(some_discs, candidates, params):
    fitted = run(segmentation.fit(some_discs.slide, params))
    box = (20.0, 30.0, 70.0, 90.0)
    part = run(segmentation.predict(fitted, some_discs.slide, params, region_um=box))
    y, x = candidates.yx_um.T
    there = candidates.take((y >= 20) & (y < 70) & (x >= 30) & (x < 90))
    np.testing.assert_array_equal(part.yx_um, there.yx_um)


def test_an_answer_looks_no_further_than_its_reach(learned):
    """A pixel changed beyond the reach changes nothing; one inside it does."""
    network = load_model(str(learned)).network
    reach = reach_px(network)
    image = np.random.default_rng(0).random((reach + 48, 32, 3)).astype(np.float32)
    before = run_network(network, image, precision="float32")[1][0]
    far, near = image.copy(), image.copy()
    far[reach + 1 :] = 0
    near[8:16] = 0
    np.testing.assert_array_equal(run_network(network, far, precision="float32")[1][0], before)
    assert (run_network(network, near, precision="float32")[1][0] != before).any()


def test_a_higher_probability_keeps_a_part_of_the_same_nuclei(candidates, params):
    few = segmentation.select(candidates, params.model_copy(update={"probability": 0.7}))
    many = segmentation.select(candidates, params)
    assert 0 < few.n < many.n
    kept = many.take(many.probability >= 0.7)
    np.testing.assert_array_equal(few.yx_um, kept.yx_um)


def test_of_two_outlines_that_overlap_the_likelier_stays():
    """Squares of side 2 about (0, 0) and (0, 1): they share half of either; a third is far away."""
    radii = np.full((3, 4), np.sqrt(2), np.float32)
    yx = np.array([[0.0, 0.0], [0.0, 1.0], [30.0, 30.0]])
    pair = StarConvex(yx, radii, np.array([0.5, 0.9, 0.4], np.float32))
    # diamonds with corners √2 away: side 2, shifted by 1 along the diagonal of both
    np.testing.assert_array_equal(suppress_outlines(pair, 0.3).yx_um, yx[1:])
    np.testing.assert_array_equal(suppress_outlines(pair, 0.6).yx_um, yx)


def test_where_a_slide_begins_does_not_decide_who_stays():
    """The package cuts corners to whole numbers: in µm the cut moved with the first nucleus."""
    rng = np.random.default_rng(0)
    yx, prob = rng.uniform(0, 60, (300, 2)), rng.uniform(0.3, 1, 301).astype(np.float32)
    radii = rng.uniform(2, 4, (301, 1)).astype(np.float32) * np.ones((1, 32), np.float32)
    here = staying(StarConvex(yx, radii[:300], prob[:300]), 0.3)
    assert 30 < here.sum() < 200
    for shift in rng.uniform(0, 1, (20, 2)):
        far = np.concatenate([yx, [[-50, -50] - shift]])
        assert np.array_equal(staying(StarConvex(far, radii, prob), 0.3)[:300], here)


def test_the_package_suppresses_on_one_thread_and_leaves_the_others_as_they_were(monkeypatch):
    from stardist import nms
    from threadpoolctl import threadpool_info, threadpool_limits

    def threads():
        found = [pool for pool in threadpool_info() if pool["user_api"] == "openmp"]
        return {pool["num_threads"] for pool in found if "stardist" in pool["filepath"]}

    said, plain = [], nms.non_maximum_suppression_inds

    def watched(*args, **kwargs):
        said.append(threads())
        return plain(*args, **kwargs)

    monkeypatch.setattr(nms, "non_maximum_suppression_inds", watched)
    two = StarConvex(
        np.array([[5.0, 5.0], [6.0, 5.0]]), np.full((2, 32), 3, np.float32), np.array([0.9, 0.8])
    )
    assert staying(two, 0.3).tolist() == [True, False]
    if not threads():
        pytest.skip("this build of stardist shares its threads with others")
    with threadpool_limits(2, user_api="openmp"):
        staying(two, 0.3)
        assert said[-1] == {1}
        assert threads() == {2}


def test_nothing_overlaps_nothing():
    empty = StarConvex.empty(8)
    assert suppress_outlines(empty, 0.3).n == 0


def test_glass_holds_no_nuclei(some_discs, params):
    image = np.full((512, 256, 3), 245, np.uint8)
    image[:256] = some_discs.image
    slide = Slide((da.from_array(image, chunks=(128, 128, 3)),), 0.5, name="half")
    fitted = run(segmentation.fit(slide, params))
    assert fitted.tissue.mean() < 0.8
    nuclei = segmentation.select(run(segmentation.predict(fitted, slide, params)), params)
    assert nuclei.yx_um[:, 0].max() < 132


def test_another_scanner_sees_the_same_nuclei(some_discs, params):
    """Every pixel twice: half the pixel size, the same tissue."""
    twice = some_discs.image.repeat(2, axis=0).repeat(2, axis=1)
    slide = Slide((da.from_array(twice, chunks=(256, 256, 3)),), 0.25, name="fine")
    fitted = run(segmentation.fit(slide, params))
    nuclei = segmentation.select(run(segmentation.predict(fitted, slide, params)), params)
    assert (nearest(nuclei.yx_um, some_discs.yx_um - 0.125) < 2.5).mean() > 0.95


def test_bfloat16_moves_little(some_discs, learned):
    network = load_model(str(learned)).network
    image = some_discs.image.astype(np.float32) / 255
    full = run_network(network, image, precision="float32")
    half = run_network(network, image, precision="bfloat16")
    assert np.abs(full[0] - half[0]).max() < 0.1
    assert np.abs(full[0] - half[0]).mean() < 0.01


def test_what_is_fitted_can_be_sent_to_a_worker(some_discs, params):
    fitted = run(segmentation.fit(some_discs.slide, params))
    again = pickle.loads(pickle.dumps(fitted))
    assert (again.background, again.nuclei) == (fitted.background, fitted.nuclei)
    assert 40 < fitted.background < 120  # the discs
    assert fitted.nuclei > 200  # the bed


class Kept(dict):
    """Tiles by name, in memory; counts what is put."""

    def put(self, name, found):
        assert name not in self
        self[name] = found


def test_a_run_that_was_stopped_goes_on_with_the_tiles_it_lacks(some_discs, params):
    fitted = run(segmentation.fit(some_discs.slide, params))
    small = params.model_copy(update={"tile_px": 128})
    whole = run(segmentation.predict(fitted, some_discs.slide, small))
    kept = Kept()
    task = segmentation.predict(fitted, some_discs.slide, small, kept=kept)
    while next(task).done < 2:
        pass
    task.close()
    assert len(kept) == 2
    done = []
    again = run(
        segmentation.predict(fitted, some_discs.slide, small, kept=kept),
        lambda progress: done.append((progress.done, progress.total)),
    )
    assert done[0] == (2, 4)
    assert len(kept) == 4
    np.testing.assert_array_equal(again.yx_um, whole.yx_um)
    np.testing.assert_array_equal(again.radii_um, whole.radii_um)


def test_the_network_runs_on_the_device_asked_for(some_discs, params, learned):
    import torch

    model = load_model(str(learned), "meta")
    assert model.network.layer("prob").bias.device == torch.device("meta")
    assert load_model(str(learned)).network.layer("prob").bias.device == torch.device("cpu")
    fitted = run(segmentation.fit(some_discs.slide, params))
    with pytest.raises((NotImplementedError, RuntimeError), match="meta"):
        run(segmentation.predict(fitted, some_discs.slide, params, device="meta"))


def test_an_image_of_one_channel_is_refused_before_anything_is_read(params):
    grey = Slide((da.zeros((64, 64, 1), dtype=np.uint16, chunks=64),), 0.5, name="dapi")
    with pytest.raises(MethodError, match="Expected 3 channels"):
        run(segmentation.fit(grey, params))
    assert any("Expected 3 channels" in str(p) for p in segmentation.check(grey, params))


def test_a_model_that_is_not_there_is_a_problem_of_one_sentence(some_discs):
    params = SegmentationParams(model="nowhere/at_all")
    problems = segmentation.check(some_discs.slide, params)
    assert problems[0].fatal
    assert "found nothing there" in str(problems[0])
    with pytest.raises(ReadError, match="found nothing there"):
        segmentation.identity(params)


def test_every_model_has_its_own_identity_and_its_own_citation(params):
    watershed = SegmentationParams(model="watershed")
    assert segmentation.identity(watershed) == {}
    assert len(segmentation.identity(params)["model"]) == 32
    assert "StarDist" in segmentation.references(params)[0]
    assert segmentation.references(watershed) == segmentation.info.references


def test_finding_can_be_stopped_between_tiles(some_discs, params):
    fitted = run(segmentation.fit(some_discs.slide, params))
    small = params.model_copy(update={"tile_px": 128})
    task = segmentation.predict(fitted, some_discs.slide, small)
    assert [next(task).done for _ in range(2)] == [0, 1]
    task.close()
