"""The number of cells of a spot, told from counts: recovered, held beside the mean, refused."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope.methods.segmentation import fit_counts
from spotscope.methods.segmentation._count_model import _fit, _logs
from spotscope.model import MethodError


def simulated(n: int, slope: tuple[float, float], rng: np.random.Generator):
    """Spots whose cells follow the model: log λ = 1 + slope · (log U - 8, log D - 7)."""
    umis = np.rint(np.exp(rng.normal(8, 0.6, n))).astype(int)
    genes = np.rint(np.exp(7 + 0.5 * (np.log(umis) - 8) + rng.normal(0, 0.3, n))).astype(int)
    rate = np.exp(1 + slope[0] * (np.log1p(umis) - 8) + slope[1] * (np.log1p(genes) - 7))
    return umis, genes, rng.poisson(rate)


def test_slopes_are_recovered():
    umis, genes, cells = simulated(20_000, (0.7, -0.4), np.random.default_rng(1))
    weights, _, spread = _fit(_logs(umis, genes), cells.astype(float))
    assert weights[1:] / spread == pytest.approx([0.7, -0.4], abs=0.04)


def test_the_weights_are_where_the_likelihood_is_largest():
    umis, genes, cells = simulated(200, (0.7, 0.2), np.random.default_rng(2))
    logs, n = _logs(umis, genes), cells.astype(float)
    weights, middle, spread = _fit(logs, n)
    x = np.column_stack([np.ones(len(n)), (logs - middle) / spread])

    def goodness(w):
        return (n * (x @ w) - np.exp(x @ w)).sum() - 0.5e-3 * len(n) * (w[1:] ** 2).sum()

    for nudge in np.vstack([np.eye(3), -np.eye(3)]) * 1e-3:
        assert goodness(weights) > goodness(weights + nudge)


def test_counts_that_tell_are_used_and_beat_the_mean_on_spots_not_seen():
    rng = np.random.default_rng(3)
    model = fit_counts(*simulated(500, (0.8, 0.0), rng))
    umis, genes, cells = simulated(500, (0.8, 0.0), rng)
    assert model.helps
    told = np.abs(model.predict(umis, genes) - cells).mean()
    assert told < 0.9 * np.abs(model.mean - cells).mean()
    assert told == pytest.approx(model.error, rel=0.25)
    assert "the mean count by" in model.sentence


def test_where_counts_tell_nothing_the_mean_is_lent_and_that_is_said():
    rng = np.random.default_rng(4)
    umis, genes, _ = simulated(60, (0.0, 0.0), rng)
    cells = np.tile([2, 4], 30)  # has nothing to do with the counts
    model = fit_counts(umis, genes, cells)
    assert not model.helps
    assert set(model.predict(umis, genes).tolist()) == {3}
    assert model.sentence.endswith("the mean is taken")


def test_no_spot_is_lent_nothing_or_more_than_was_ever_seen():
    umis, genes, cells = simulated(300, (0.9, 0.3), np.random.default_rng(5))
    model = fit_counts(umis, genes, np.maximum(cells, 1))
    lent = model.predict(np.array([0, 10**9]), np.array([0, 10**6]))
    assert lent.tolist() == [1, max(cells.max(), 1)]


def test_counts_and_genes_that_say_the_same_do_not_break_it():
    umis = np.arange(1, 101)
    model = fit_counts(umis, umis, np.maximum(umis // 10, 1))
    assert np.isfinite(model.weights).all()
    assert model.helps


def test_too_few_spots_are_refused():
    with pytest.raises(MethodError, match="at least 15 spots with nuclei"):
        fit_counts(np.ones(14, int), np.ones(14, int), np.ones(14, int))
