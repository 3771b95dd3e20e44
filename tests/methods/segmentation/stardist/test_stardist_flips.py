"""Mirror images too: the mean of four answers, in the image's own frame."""

import numpy as np
import pytest

from spotscope.methods import segmentation
from spotscope.methods.segmentation import SegmentationParams
from spotscope.methods.segmentation.stardist import in_precision, load_model, run_network
from spotscope.methods.segmentation.stardist._flips import _mirrored, _rays, run_flipped
from spotscope.methods.segmentation.stardist._run import reach_px
from spotscope.model import ray_directions, run


@pytest.fixture(scope="module")
def network(learned):
    return load_model(str(learned)).network


@pytest.fixture
def image():
    return np.random.default_rng(0).random((80, 112, 3)).astype(np.float32)


@pytest.mark.parametrize("axes", [(0,), (1,), (0, 1)])
def test_a_mirrored_ray_points_where_its_mirror_image_does(axes):
    directions, mirrored = ray_directions(32), ray_directions(32)
    for axis in axes:
        mirrored[:, axis] *= -1
    np.testing.assert_allclose(directions[_rays(32, axes)], mirrored, atol=1e-12)


def test_the_mirror_takes_every_second_pixel_to_every_second_one():
    row = np.arange(8.0)[:, None]
    assert _mirrored(row, (0,)).ravel().tolist() == [0, 7, 6, 5, 4, 3, 2, 1]
    assert np.array_equal(_mirrored(_mirrored(row, (0,)), (0,)), row)


@pytest.mark.parametrize("axis", [0, 1])
def test_a_symmetric_image_has_a_symmetric_answer(network, image, axis):
    """One answer alone is not symmetric; where the rim is out of reach the mean of four is."""
    far = reach_px(network)
    image = np.pad(image, ((far, far), (far, far), (0, 0)), mode="reflect")
    n = image.shape[axis] // 2 * 2
    image = np.take(image, range(n), axis)
    image = (image + _mirrored(image, (axis,))) / 2
    grid = network.config.grid[axis]
    inner = range(far // grid + 1, (n - far) // grid)

    def lopsided(prob, dist):
        away = abs(prob - _mirrored(prob, (axis,)))
        turned = _mirrored(dist, (axis,))[..., _rays(dist.shape[2], (axis,))]
        return max(np.take(part, inner, axis).max() for part in (away, abs(dist - turned)))

    assert lopsided(*run_flipped(network, image, precision="float32")) < 1e-3
    assert lopsided(*run_network(network, image, precision="float32")[:2]) > 0.01


def test_the_mean_answer_is_shaped_as_one_answer_and_near_it(network, image):
    image = image[:75, :101]  # no size that the poolings divide
    once = run_network(network, image, precision="float32")
    mean = run_flipped(network, image, precision="float32")
    assert [head.shape for head in mean] == [head.shape for head in once[:2]]
    inner = np.s_[8:-8, 8:-8]

    def alike(prob):
        return np.corrcoef(once[0][inner].ravel(), prob[inner].ravel())[0, 1]

    beside = max(alike(np.roll(mean[0], step, axis)) for axis in (0, 1) for step in (-1, 1))
    assert alike(mean[0]) > beside + 0.05


def test_a_slide_is_found_with_mirror_images_too(some_discs, learned):
    params = SegmentationParams(model=str(learned), flips="always")
    fitted = run(segmentation.fit(some_discs.slide, params))
    found = run(segmentation.predict(fitted, some_discs.slide, params))
    plain = run(
        segmentation.predict(fitted, some_discs.slide, params.model_copy(update={"flips": "never"}))
    )
    nuclei = segmentation.select(found, params)
    assert abs(nuclei.n - len(some_discs.yx_um)) <= 4
    near = np.linalg.norm(nuclei.yx_um[:, None] - some_discs.yx_um[None], axis=2).min(axis=0)
    assert (near < 2.5).mean() > 0.95
    # it is another answer than one look gives
    assert found.n != plain.n or not np.array_equal(found.radii_um, plain.radii_um)


def test_small_images_alone_are_looked_at_in_mirrors_unless_told():
    auto = SegmentationParams()
    assert auto.mirrors((1024, 1024))
    assert not auto.mirrors((1024, 1025))
    assert SegmentationParams(flips="always").mirrors((9000, 9000))
    assert not SegmentationParams(flips="never").mirrors((10, 10))


def test_a_small_slide_is_found_by_default_as_with_mirror_images(some_discs, learned):
    fitted = run(segmentation.fit(some_discs.slide, SegmentationParams(model=str(learned))))
    found = {
        flips: run(
            segmentation.predict(
                fitted, some_discs.slide, SegmentationParams(model=str(learned), flips=flips)
            )
        )
        for flips in ("auto", "always", "never")
    }
    assert np.array_equal(found["auto"].radii_um, found["always"].radii_um)
    assert not np.array_equal(found["auto"].radii_um, found["never"].radii_um)


def test_tiles_that_are_looked_at_four_times_are_smaller(some_discs, learned):
    """So that a run can be stopped as soon."""
    plain = SegmentationParams(model=str(learned), model_mpp=0.15, flips="never")
    fitted = run(segmentation.fit(some_discs.slide, plain))

    def tiles(params):
        task = segmentation.predict(fitted, some_discs.slide, params)
        first = next(task)
        task.close()
        return first.total

    assert tiles(plain.model_copy(update={"flips": "always"})) > tiles(plain)


def test_precision_is_as_said_and_then_as_before(network, image):
    with in_precision("float32"):
        said = run_network(network, image)[0]
        with in_precision("bfloat16"):
            half = run_network(network, image)[0]
        assert np.array_equal(said, run_network(network, image)[0])
    assert np.array_equal(said, run_network(network, image, precision="float32")[0])
    assert np.array_equal(half, run_network(network, image, precision="bfloat16")[0])
    assert not np.array_equal(half, said)
