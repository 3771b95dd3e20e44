"""A teacher: shown crops as they are, and learned from where nobody drew."""

import numpy as np
import pytest
import torch

from spotscope.methods.segmentation.stardist import load_model
from spotscope.methods.segmentation.stardist._losses import star_loss
from spotscope.methods.segmentation.stardist._samples import Annotated, Sampler
from spotscope.methods.segmentation.stardist._train import answers, collate, train_nuclei
from spotscope.model import run
from spotscope.training import TrainParams
from tests.methods.segmentation.stardist.conftest import MPP, TINY, discs


def crops_of(one, labels, n=6):
    sampler = Sampler([Annotated(one.image, labels, MPP)], TINY, MPP, 96)
    return [sampler.draw(np.random.default_rng(seed)) for seed in range(n)]


def test_a_teacher_is_shown_the_same_tissue_as_it_is(some_discs):
    """Where the targets say nucleus the plain crop is dark, however the crop itself was stained."""
    for crop in crops_of(some_discs, some_discs.labels):
        red = crop.plain[::2, ::2, 0]
        assert red[crop.prob[0] > 0.2].max() < 0.7 < np.median(red[crop.prob[0] == 0])


def test_answers_lie_where_the_targets_lie(some_discs, learned):
    crops = crops_of(some_discs, some_discs.labels)
    prob, dist = answers(load_model(str(learned)).network, crops)
    _, true_prob, true_dist = collate(crops)
    assert prob.shape == true_prob.shape
    assert dist.shape == true_dist.shape
    assert np.corrcoef(prob.ravel(), true_prob.ravel())[0, 1] > 0.9
    heart = (true_prob > 0.7).expand_as(dist)
    assert float((dist - true_dist)[heart].abs().median()) < 1.5


def test_where_nobody_drew_nothing_is_known(some_discs):
    _, prob, dist = collate(crops_of(some_discs, None))
    assert (prob == -1).all()
    logit = torch.zeros_like(prob).requires_grad_()
    found = torch.ones_like(dist).requires_grad_()
    loss = star_loss(logit, found, prob, dist)
    loss.backward()
    assert float(loss.detach()) == 0
    assert not logit.grad.any()
    assert not found.grad.any()


@pytest.mark.parametrize("share", [0.25, 0.75])
def test_the_loss_is_shared_between_those_who_drew_and_the_teacher(some_discs, learned, share):
    """The first step's loss is that of the untrained network, told here once more."""
    teacher = load_model(str(learned)).network
    image = Annotated(some_discs.image, some_discs.labels, MPP)
    params = TrainParams(steps=1, warm_up=0, learning_rate=1e-9, bfloat16=False)
    chosen = {"mpp": MPP, "crop_px": 96, "batch": 2, "seed": 5}
    network, trained = run(
        train_nuclei([image], TINY, params, teacher=teacher, taught=share, **chosen)
    )
    sampler, rng = Sampler([image], TINY, MPP, 96), np.random.default_rng([5, 0])
    crops = [sampler.draw(rng) for _ in range(2)]
    shown, prob, dist = collate(crops)
    with torch.no_grad():
        found = network.train()(shown)[:2]
        drawn, taught = star_loss(*found, prob, dist), star_loss(*found, *answers(teacher, crops))
    assert abs(float(drawn - taught)) > 1e-3
    expected = (1 - share) * float(drawn) + share * float(taught)
    assert trained.losses[0] == pytest.approx(expected, abs=2e-4)


def test_a_network_learns_from_its_teacher_alone(some_discs, learned):
    """Nobody drew: discs are found all the same, on an image that neither has seen."""
    teacher = load_model(str(learned)).network
    images = [Annotated(one.image, None, MPP) for one in map(discs, range(2))]
    params = TrainParams(steps=40, warm_up=5, learning_rate=8e-3, average=0.9, bfloat16=False)
    network, _ = run(
        train_nuclei(images, TINY, params, teacher=teacher, mpp=MPP, crop_px=96, batch=2)
    )
    shown, prob, _ = collate(crops_of(some_discs, some_discs.labels))
    with torch.no_grad():
        said = torch.sigmoid(network(shown)[0])
    assert np.corrcoef(said.numpy().ravel(), prob.numpy().ravel())[0, 1] > 0.7
