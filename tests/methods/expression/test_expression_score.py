"""The score tier: nothing learned is the closed form; a known mixture is told better."""

from dataclasses import replace

import numpy as np
import pytest
from expression_toys import GAUSSIAN, draw_cells, spots_of

torch = pytest.importorskip("torch")

from spotscope.methods.expression import fit, load_fitted, predict  # noqa: E402
from spotscope.methods.expression._network import Denoiser, denoise  # noqa: E402
from spotscope.methods.expression._posterior import Latents  # noqa: E402
from spotscope.methods.expression._sample import improve, lead, rebuild  # noqa: E402
from spotscope.methods.expression._train import KnownCells, train_score  # noqa: E402
from spotscope.model import run, update  # noqa: E402

SCORE = update(GAUSSIAN, method="score", train_steps=40, n_steps=8, n_samples=4)
#: Two kinds of cell of one type: latent -0.95 or 0.95, each with a standard deviation of 0.31,
#: so that mean and variance are those of the closed form's prior, 0 and 1.
CENTRE, WIDTH = 0.95, np.sqrt(1 - 0.95**2)


def mixture(n, rng):
    kind = rng.choice([-1.0, 1.0], n)
    z = np.stack([kind * CENTRE + WIDTH * rng.normal(size=n), rng.normal(size=n)], axis=1)
    root = np.tile(np.eye(2, dtype=np.float32) * 1e-3, (n, 1, 1))
    return KnownCells(z.astype(np.float32), root, np.zeros(n, np.int64))


@pytest.fixture(scope="module")
def mixture_model():
    rng = np.random.default_rng(0)
    return run(
        train_score(mixture(4000, rng), mixture(1000, rng), np.ones((1, 5)), 300, 0, width=32)
    )


@pytest.fixture(scope="module")
def score_fit(toy_reference):
    return run(fit(toy_reference, SCORE, rng=0))


@pytest.fixture(scope="module")
def section():
    counts, codes, _ = draw_cells(12, np.random.default_rng(1))
    spots, membership = spots_of(counts, np.repeat(np.arange(4), 3))
    return spots, codes, membership


def posterior_mean(seen, noise):
    """Mean of the first latent given that it was seen with some noise, on a fine grid."""
    z = np.linspace(-5, 5, 20_001)
    prior = sum(np.exp(-0.5 * ((z - c) / WIDTH) ** 2) for c in (-CENTRE, CENTRE))
    weight = prior * np.exp(-0.5 * ((seen - z) / noise) ** 2)
    return float((z * weight).sum() / weight.sum())


def test_samples_come_nearer_to_a_known_mixtures_posterior(mixture_model):
    """Nearer than the closed form, not there: a guided step takes one variance for both kinds."""
    seen, noise = np.array([-1.2, -0.4, 0.3, 0.8, 1.5]), 0.8
    shrink = 1 / (1 + noise**2)
    mean = np.zeros((5, 1, 2))
    mean[:, 0, 0] = seen * shrink
    cov = np.zeros((5, 1, 2, 1, 2))
    cov[:, 0, 0, 0, 0], cov[:, 0, 1, 0, 1] = noise**2 * shrink, 1.0
    closed, scale = Latents(mean, cov), np.ones((5, 1, 2))
    drawn, control = lead(
        rebuild(mixture_model), mixture_model, closed, np.zeros((5, 1), int), scale,
        lambda: lambda: np.random.default_rng(1).normal(size=(5, 256, 2)), 32,
    )  # fmt: skip
    found = improve(closed, drawn, control, scale).mean[:, 0, 0]
    truth = np.array([posterior_mean(y, noise) for y in seen])
    assert np.abs(found - truth).max() < 0.3
    assert np.abs(found - truth).mean() < 0.93 * np.abs(mean[:, 0, 0] - truth).mean()


def test_training_beats_the_closed_form_on_cells_kept_back(mixture_model):
    assert mixture_model.losses[-1, 2] < 0.98
    assert mixture_model.gates.max() > 0.8


def correlated_closed_form(rng):
    root = rng.normal(size=(4, 4))
    cov = (root @ root.T / 8 + 0.1 * np.eye(4)).reshape(1, 2, 2, 2, 2)
    cov /= np.linalg.eigvalsh(cov.reshape(4, 4)).max()
    return Latents(rng.normal(size=(1, 2, 2)), cov)


@pytest.mark.parametrize("steps", [64, None], ids=["fast", "annealed Langevin dynamics"])
def test_without_the_network_samples_are_the_closed_forms_own(mixture_model, steps):
    closed = correlated_closed_form(np.random.default_rng(2))

    def noise():
        rng = np.random.default_rng(3)
        return lambda: rng.normal(size=(1, 4000, 4))

    _, control = lead(
        None, mixture_model, closed, np.zeros((1, 2), int), np.ones((1, 2, 2)), noise, steps
    )
    flat = control[0].reshape(4000, 4)
    np.testing.assert_allclose(flat.mean(axis=0), closed.mean.ravel(), atol=0.06)
    np.testing.assert_allclose(np.cov(flat.T), closed.cov.reshape(4, 4), atol=0.08)


def test_langevin_dynamics_reach_both_kinds_of_a_known_mixture(mixture_model):
    """Seen at 0 with much noise, a cell is of either kind; few are in between."""
    mean, cov = np.zeros((1, 1, 2)), np.zeros((1, 1, 2, 1, 2))
    cov[0, 0, 0, 0, 0] = cov[0, 0, 1, 0, 1] = 0.9

    def noise():
        rng = np.random.default_rng(4)
        return lambda: rng.normal(size=(1, 400, 2))

    drawn, control = lead(
        rebuild(mixture_model), mixture_model, Latents(mean, cov), np.zeros((1, 1), int),
        np.ones((1, 1, 2)), noise, None,
    )  # fmt: skip
    between = [(np.abs(way[0, :, 0, 0]) < 0.4).mean() for way in (drawn, control)]
    assert between[0] < 0.75 * between[1]
    assert 0.3 < (drawn[0, :, 0, 0] > 0).mean() < 0.7


def test_the_published_dynamics_answer_a_section_much_as_the_fast_way(score_fit, section):
    fast = run(predict(score_fit, *section, SCORE, rng=0, spots_wanted=[1]))
    paper = update(SCORE, mode="paper", n_samples=8)
    slow = run(predict(score_fit, *section, paper, rng=0, spots_wanted=[1]))
    assert np.abs(slow.mean - fast.mean).max() < 0.15 * fast.mean.max()
    np.testing.assert_array_equal(slow.assigned.sum(axis=0), fast.assigned.sum(axis=0))


def test_a_network_that_learned_nothing_changes_nothing(score_fit, section):
    shut = replace(score_fit, score=replace(score_fit.score, gates=0 * score_fit.score.gates))
    plain = run(predict(shut, *section, update(SCORE, method="gaussian"), rng=0))
    drawn = run(predict(shut, *section, SCORE, rng=0))
    np.testing.assert_allclose(drawn.mean, plain.mean, rtol=1e-5)
    np.testing.assert_allclose(drawn.sd, plain.sd, rtol=1e-5)


def test_every_tier_is_shown_on_the_way(score_fit, section):
    shown = [p.preview.method for p in predict(score_fit, *section, SCORE, rng=0) if p.preview]
    assert shown[:2] == ["split", "gaussian"]


def test_a_region_is_drawn_as_within_the_whole(score_fit, section):
    whole = run(predict(score_fit, *section, SCORE, rng=3))
    part = run(predict(score_fit, *section, SCORE, rng=3, spots_wanted=[2]))
    np.testing.assert_allclose(part.mean, whole.mean[part.cells], rtol=1e-3)


def test_a_trained_fit_answers_the_same_after_a_save(score_fit, section, tmp_path):
    score_fit.save(tmp_path)
    again = load_fitted(tmp_path)
    first = run(predict(score_fit, *section, SCORE, rng=0))
    second = run(predict(again, *section, SCORE, rng=0))
    np.testing.assert_array_equal(first.mean, second.mean)
    assert again.methods == ("split", "gaussian", "score")
    spots, _, membership = section
    left = membership.overlap.astype(int) @ second.assigned - spots.counts
    assert abs(left).sum() == 0


def test_cells_that_share_a_profile_are_denoised_as_each_with_its_own():
    torch.manual_seed(0)
    network = Denoiser(3, 5, width=16, depth=2)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    profiles, z = torch.randn(4, 5), torch.randn(2, 6, 7, 3)  # spot, sample, cell, latent
    which = torch.randint(4, (2, 1, 7))
    shared = denoise(network, z, 0.7, profiles, 0.9, which)
    own = profiles[which.expand(2, 6, 7)].reshape(-1, 5)
    alone = denoise(network, z.reshape(-1, 3), 0.7, own, 0.9).reshape(z.shape)
    torch.testing.assert_close(shared, alone)
    assert not torch.allclose(shared, denoise(None, z, 0.7, profiles, 0.9))
