"""What a network is taught, against answers one can work out."""

import numpy as np
import pytest
import torch

from spotscope.methods.segmentation.stardist._augment import compress, restain
from spotscope.methods.segmentation.stardist._losses import star_loss
from spotscope.methods.segmentation.stardist._samples import _TURNS, Annotated, Sampler, _turned
from spotscope.methods.segmentation.stardist._targets import edge_probability, star_distances
from spotscope.model import MethodError, ray_directions

AXES = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]])


def square():
    """Two rectangles.

    . . . . . . .
    . 1 1 1 1 1 .      rows 1-3, columns 1-5; a neighbour 2 touches it below
    . 1 1 1 1 1 .
    . 1 1 1 1 1 .
    . 2 2 2 2 2 .
    """
    labels = np.zeros((5, 7), np.int32)
    labels[1:4, 1:6] = 1
    labels[4, 1:6] = 2
    return labels


def test_rays_end_where_the_object_does_even_at_a_neighbour():
    found = star_distances(square(), np.array([[2.0, 3.0]]), AXES)
    # right 2.5 pixels to the border at 5.5; down 1.5 to the neighbour at 3.5; left 2.5; up 1.5
    np.testing.assert_allclose(found, [[2.5, 1.5, 2.5, 1.5]])


def test_rays_start_between_pixels_where_asked():
    found = star_distances(square(), np.array([[1.75, 4.25]]), AXES)
    np.testing.assert_allclose(found, [[1.25, 1.75, 3.75, 1.25]])


def test_a_point_between_objects_has_no_rays():
    assert (star_distances(square(), np.array([[0.0, 0.0], [9.0, 3.0]]), AXES) == 0).all()


def test_rays_of_a_disc_are_its_radius():
    y, x = np.indices((61, 61)) - 30
    labels = (np.hypot(y, x) <= 20).astype(np.int32)
    found = star_distances(labels, np.array([[30.0, 30.0]]), ray_directions(32))
    assert np.abs(found - 20.3).max() < 0.8
    assert found.mean() == pytest.approx(20.3, abs=0.3)


def test_the_probability_is_one_in_the_middle_of_every_object():
    prob = edge_probability(square())
    # object 1: distance 1 on its rim, 2 on the middle row's inner pixels; object 2: all rim
    np.testing.assert_allclose(prob[2, 1:6], [0.5, 1, 1, 1, 0.5])
    np.testing.assert_allclose(prob[1, 1:6], 0.5)
    np.testing.assert_allclose(prob[4, 1:6], 1)
    assert (prob[square() == 0] == 0).all()


@pytest.mark.parametrize("number", range(8))
def test_images_and_targets_are_turned_alike(number, some_discs):
    """Image = labels: inside where the targets say so, and every ray ends at the rim."""
    picture = np.repeat((some_discs.labels > 0)[..., None] * np.uint8(255), 3, axis=2)
    sampler = Sampler([Annotated(picture, some_discs.labels, 0.5)], _config(), 0.5, 64)
    turn = _TURNS[number]
    image = _turned(picture[31:95, 70:134], turn)[..., 0] > 0
    prob, dist = sampler._targets(0, 1.0, (31, 70), turn)
    np.testing.assert_array_equal(prob[0] > 0, image[::2, ::2])
    rays = ray_directions(8)
    checked = 0
    for i, j in np.argwhere(prob[0] > 0.7):
        for r in range(8):
            within = np.rint([2 * i, 2 * j] + (dist[r, i, j] - 1) * rays[r]).astype(int)
            if ((within >= 0) & (within < 64)).all():
                assert image[tuple(within)]
                checked += 1
    assert checked > 300


def _config():
    from spotscope.methods.segmentation.stardist._config import NetworkConfig

    return NetworkConfig(n_rays=8, n_channel_in=3, grid=(2, 2), unet_n_depth=1)


def test_the_same_generator_draws_the_same_crop(some_discs):
    sampler = Sampler([Annotated(some_discs.image, some_discs.labels, 0.5)], _config(), 0.5, 64)
    one, two = (sampler.draw(np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.image, two.image)
    np.testing.assert_array_equal(one.dist, two.dist)
    assert one.image.shape == (3, 64, 64)
    assert one.image.dtype == one.prob.dtype == one.dist.dtype == np.float32
    assert one.dist.shape == (8, 32, 32)


def test_zooms_and_stains_are_as_asked_for(some_discs):
    image = Annotated(some_discs.image, some_discs.labels, 0.5)

    def drawn(**asked):
        sampler = Sampler([image], _config(), 0.5, 64, **asked)
        return sampler, sampler.draw(np.random.default_rng(3))

    sampler, plain = drawn()
    wide, _ = drawn(zooms=(0.5, 1.0))
    assert [zoom[0].scale for zoom in sampler._views[0]] == [0.8, 0.9, 1.0, 1.12, 1.25]
    assert [zoom[0].scale for zoom in wide._views[0]] == [0.5, 1.0]
    _, same = drawn(stain=1.0)
    np.testing.assert_array_equal(same.image, plain.image)
    _, other = drawn(stain=3.0)
    assert np.abs(other.image - plain.image).mean() > 0.01
    np.testing.assert_array_equal(other.dist, plain.dist)


def test_images_smaller_than_a_crop_are_one_sentence(some_discs):
    with pytest.raises(MethodError, match="give larger ones"):
        Sampler([Annotated(some_discs.image, some_discs.labels, 0.5)], _config(), 0.5, 512)


def test_a_new_stain_leaves_glass_glass_and_dark_darker(some_discs):
    rng = np.random.default_rng(0)
    shown = restain(some_discs.image, rng)
    assert np.abs(shown.astype(int) - some_discs.image).mean() > 5
    inside = some_discs.labels > 0
    assert shown[inside].mean() < shown[~inside].mean() - 30
    same = restain(some_discs.image, rng, strength=0.0)
    assert np.abs(same.astype(int) - some_discs.image).max() <= 2


def test_compressing_leaves_its_marks(some_discs):
    rough = compress(some_discs.image, 30)
    assert rough.shape == some_discs.image.shape
    assert 0 < np.abs(rough.astype(int) - some_discs.image).mean() < 12


def test_the_loss_of_the_right_answer_is_that_of_the_targets_alone():
    """One pixel inside (p = 1), one outside: no distance error; sure and right costs nothing."""
    prob = torch.tensor([[[[1.0, 0.0]]]])
    truth = torch.tensor([[[[4.0, 0.0]], [[2.0, 0.0]]]])
    sure = torch.tensor([[[[20.0, -20.0]]]])
    assert float(star_loss(sure, truth, prob, truth)) == pytest.approx(0, abs=1e-6)
    # 3 off on one of two rays, weight 0.2: 0.2 · 1.5
    off = truth + torch.tensor([[[[3.0, 0.0]], [[0.0, 0.0]]]])
    assert float(star_loss(sure, off, prob, truth)) == pytest.approx(0.3, abs=1e-6)
    # not sure at all: ln 2
    unsure = torch.zeros_like(prob)
    assert float(star_loss(unsure, truth, prob, truth)) == pytest.approx(np.log(2), abs=1e-6)


def test_where_nothing_is_known_nothing_is_learned():
    prob = torch.tensor([[[[1.0, -1.0]]]])
    truth = torch.tensor([[[[4.0, 9.0]]]])
    found = torch.tensor([[[[4.0, 1.0]]]])
    sure = torch.tensor([[[[20.0, 20.0]]]])
    assert float(star_loss(sure, found, prob, truth)) == pytest.approx(0, abs=1e-6)
