"""The closed form against oracles: dense algebra, conjugate laws, importance sampling."""

import numpy as np

from spotscope.methods.expression import CellExpression
from spotscope.methods.expression._describe import Cut, describe
from spotscope.methods.expression._posterior import Loadings, infer, log_variance, mean_rates

F32 = np.float32


def test_deep_counts_agree_with_dense_linear_algebra():
    """With many counts and small latents everything is linear and normal, and known exactly."""
    rng = np.random.default_rng(0)
    m, q, n = 2, 3, 12
    w = rng.normal(0, 1, (n, q))
    spread = np.full((1, m, q), 1e-5)
    rates = rng.uniform(1e6, 2e6, (m, n))
    base = np.log(rates) - 0.5 * 1e-5 * (w**2).sum(axis=1)
    psi = np.full((1, m, n), 1e-6, F32)
    truth = rng.normal(0, np.sqrt(1e-5), (m, q))
    y = np.rint((rates * np.exp(truth @ w.T)).sum(axis=0) * (1 + rng.normal(0, 1e-3, n)))
    found = infer(base[None].astype(F32), y[None], psi, spread, Loadings(w), steps=8)
    jacobian = np.hstack([rates[c][:, None] * w for c in range(m)])
    noise = rates.sum(axis=0) + (1e-6 * rates**2).sum(axis=0)
    information = jacobian.T @ (jacobian / noise[:, None]) + np.eye(m * q) / 1e-5
    cov = np.linalg.inv(information)
    mean = cov @ jacobian.T @ ((y - rates.sum(axis=0)) / noise)
    sd = np.sqrt(np.diag(cov))
    np.testing.assert_allclose(found.cov.reshape(m * q, m * q), cov, atol=0.02 * cov.max())
    assert np.abs((found.mean.ravel() - mean) / sd).max() < 0.15


def test_likeness_is_a_prior_that_correlates_cells():
    """Without a count to see, the posterior is the prior: correlation r between two cells."""
    loadings = Loadings(np.ones((1, 1)))
    spread = np.array([[[0.5], [2.0]]])
    base = np.full((1, 2, 1), -np.inf, F32)
    found = infer(
        base, np.zeros((1, 1)), np.zeros((1, 2, 1), F32), spread, loadings, alike=0.5, steps=2
    )
    cov = found.cov.reshape(2, 2)
    np.testing.assert_allclose(np.diag(cov), [0.5, 2.0], rtol=1e-6)
    np.testing.assert_allclose(cov[0, 1], 0.5 * np.sqrt(0.5 * 2.0), rtol=1e-6)


def test_caution_divides_the_evidence():
    """T genes that say the same count as one: T = 4 of four equal genes is one gene."""
    base, psi = np.log(np.full((1, 1, 1), 20.0, F32)), np.full((1, 1, 1), 0.1, F32)
    y = np.array([[32.0]])
    spread = np.array([[[0.3]]])
    one = infer(base, y, psi, spread, Loadings(np.ones((1, 1))))
    four = infer(
        np.tile(base, 4), np.tile(y, 4), np.tile(psi, 4), spread, Loadings(np.ones((4, 1))),
        caution=4.0,
    )  # fmt: skip
    np.testing.assert_allclose(four.mean, one.mean, rtol=1e-5)
    np.testing.assert_allclose(four.cov, one.cov, rtol=1e-5)


def cut_of(y, prior, psi, capture=1.0, observed=True):
    shape = prior.shape
    return Cut(
        counts=np.asarray(y, F32),
        observed=np.full(shape[-1], observed),
        prior=prior.astype(F32),
        prior_variance=np.broadcast_to(np.asarray(psi, F32), shape).copy(),
        psi=np.broadcast_to(np.asarray(psi, F32), shape).copy(),
        seen=np.ones(shape[:2], F32),
        capture=np.full(shape[0], capture, F32),
        noise=0.0,
    )


def test_one_thinned_cell_is_the_gamma_poisson_posterior():
    """Poisson y, its rate λ gamma of mean 2 and relative variance 0.5: E[λ | y] = (2 + y) / 2.

    With capture 0.25 the cell has y counted and 3/4 of its λ never counted:
    mean = 0.25 y + 0.75 E[λ | y].
    """
    prior = np.full((1, 1, 1), 2.0)
    zero = np.zeros((1, 1, 1), F32)
    found = describe(cut_of([[6]], prior, 0.5, capture=0.25), prior.astype(F32), zero, zero)
    np.testing.assert_allclose(found.mean, 0.25 * 6 + 0.75 * 4.0, rtol=1e-5)


def test_a_cell_alone_and_fully_seen_is_what_was_counted():
    prior = np.full((1, 1, 3), 2.0)
    zero = np.zeros((1, 1, 3), F32)
    found = describe(cut_of([[6, 0, 1]], prior, 0.5), prior.astype(F32), zero, zero)
    np.testing.assert_allclose(found.mean[0, 0], [6, 0, 1], atol=1e-5)
    assert found.sd.max() < 1e-3
    assert found.explained.min() > 0.99


def test_an_unseen_gene_has_its_rate_and_the_spread_of_counts():
    """Mean 2, relative variance 0.5 of the rate: the count's variance is 4 · 0.5 + 2 = 4."""
    prior = np.full((1, 1, 1), 2.0)
    zero = np.zeros((1, 1, 1), F32)
    found = describe(cut_of([[0]], prior, 0.5, observed=False), prior.astype(F32), zero, zero)
    np.testing.assert_allclose(found.mean, 2.0, rtol=1e-5)
    np.testing.assert_allclose(found.sd, 2.0, rtol=1e-5)
    assert found.explained.max() < 1e-6


def test_two_cells_and_two_genes_agree_with_importance_sampling():
    """A gene for each cell tells their depths apart, as a hundred thousand draws say they should.

    ::

                 gene 0   gene 1
        cell 0     40        4       prior mean; depth varies by a standard deviation of 0.5
        cell 1      4       40
        spot       70       30       counted
    """
    means = np.array([[40.0, 4.0], [4.0, 40.0]])
    y = np.array([70.0, 30.0])
    s, n = 0.25, 200_000
    rng = np.random.default_rng(0)
    h = rng.normal(0, np.sqrt(s), (n, 2))
    rates = means * np.exp(h - s / 2)[:, :, None]
    f = rates.sum(axis=1)
    weight = np.exp((y * np.log(f) - f).sum(axis=1) - (y * np.log(f) - f).sum(axis=1).max())
    weight /= weight.sum()
    shares = np.einsum("n,ncg->cg", weight, rates / f[:, None])
    depth = weight @ h
    loadings = Loadings(np.ones((2, 1)))
    base = (np.log(means) - s / 2)[None].astype(F32)
    tiny = np.full((1, 2, 2), 1e-6, F32)
    found = infer(base, y[None], tiny, np.full((1, 2, 1), s), loadings, steps=10)
    np.testing.assert_allclose(found.mean[0, :, 0], depth, atol=0.03)
    posterior = mean_rates(base, found, loadings)
    zero = np.zeros_like(posterior)
    told = describe(
        cut_of(y[None], means[None], 1e-6), posterior, log_variance(found, loadings), zero
    )
    np.testing.assert_allclose(told.mean[0], y * shares, rtol=0.05)
    # and the split, which knows nothing of depth, is further off
    split = y * means / means.sum(axis=0)
    assert np.abs(told.mean[0] - y * shares).sum() < 0.3 * np.abs(split - y * shares).sum()


def answered(mean, sd):
    one = np.ones((1, 1), F32)
    return CellExpression(
        np.zeros(1, np.int64), ("G",), mean * one, sd * one, None, one, np.zeros(1, bool), "x"
    )


def test_an_interval_leaves_out_above_what_it_cannot_below():
    """A gamma variable of mean and deviation 2 is exponential: nine in ten lie below 4.6."""
    low, high = answered(2.0, 2.0).interval(0.9)
    assert (low.item(), high.item()) == (0, 5)
    # of mean 100 and deviation 10 nearly normal: five in a hundred on either side
    low, high = answered(100.0, 10.0).interval(0.9)
    assert (low.item(), high.item()) == (84, 117)


def test_intervals_hold_about_what_they_say_of_gamma_poisson_counts():
    rng = np.random.default_rng(0)
    for mean, extra in ((1.5, 0.3), (8.0, 0.5), (60.0, 0.2)):
        counts = rng.poisson(mean * rng.gamma(1 / extra, extra, 20_000))
        low, high = answered(mean, np.sqrt(mean + extra * mean**2)).interval(0.9)
        assert 0.88 < ((counts >= low.item()) & (counts <= high.item())).mean() < 0.96
