"""The noise model against slow, plain integration."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import gammaln

from spotscope.methods.cell_typing._likelihood import block_slopes, floors, nll_of, table_for
from spotscope.methods.cell_typing._noise import density, log_table

RATES = np.array([1e-4, 7e-3, 0.31, 1.0, 4.7, 33.0, 210.0, 777.0, 1599.0])
COUNTS = np.array([0, 1, 2, 5, 17, 60, 150, 400, 1000])


def slow_log_p(y, x, sigma):
    """Integrate by a rectangle rule of 80,000 steps."""
    z = np.arange(-20, 20, 5e-4) + 2.5e-4
    rate = x * np.exp(z)
    return np.log(
        (np.exp(y * np.log(rate) - rate - gammaln(y + 1)) * density(z / sigma)).sum() * 5e-4 / sigma
    )


def look_up(y, x, table):
    zero = np.zeros((1, 1), np.float32)
    return -nll_of(np.array([[y]], np.int32), zero, np.array([x], np.float32), table)[0]


def test_the_density_integrates_to_one():
    inside = quad(lambda t: float(density(np.array(t))), -3, 3)[0]
    beyond = 2 * quad(lambda t: float(density(np.array(t))), 3, np.inf)[0]
    assert inside + beyond == pytest.approx(1, abs=1e-8)


def test_the_density_has_no_step_at_three():
    below, above = density(np.array([3 - 1e-9, 3 + 1e-9]))
    assert below == pytest.approx(above, rel=1e-6)


@pytest.mark.parametrize("sigma", [0.1, 0.2, 0.5, 1.0, 2.0])
def test_the_table_agrees_with_slow_integration(sigma):
    table = table_for(sigma, 1600, 1022)
    error = [
        abs(look_up(y, x, table) - slow_log_p(y, float(np.float32(x)), sigma))
        for y in COUNTS
        for x in RATES
    ]
    assert max(error) < 1e-3


def test_probabilities_sum_to_one():
    table = log_table(0.4, 512, 11)
    total = sum(np.exp(look_up(y, 3.3, table)) for y in range(512))
    assert total == pytest.approx(1, abs=2e-3)


def test_counts_beyond_the_table_are_scaled_not_cut_off():
    short, long = log_table(0.5, 256, 13), log_table(0.5, 1024, 13)
    for y, x in [(300, 250.0), (900, 400.0), (1000, 2200.0)]:
        assert look_up(y, x, short) == pytest.approx(look_up(y, x, long), abs=0.05)
    assert look_up(900, 900, short) > look_up(900, 500, short) + 0.5


def test_slopes_are_those_of_the_likelihood():
    table = table_for(0.5, 1600, 100)
    rng = np.random.default_rng(1)
    counts = rng.poisson(5, (1, 200)).astype(np.int32)
    x = rng.gamma(2, 3, (1, 200)).astype(np.float32)
    d1, d2, nll = np.empty_like(x), np.empty_like(x), np.empty(1)
    block_slopes(0, 1, counts, x, np.zeros(1, np.float32), table, d1, d2, nll)
    for g in range(0, 200, 9):
        y, at = int(counts[0, g]), float(x[0, g])
        h = 1e-2 * at
        rise = (slow_log_p(y, at + h, 0.5) - slow_log_p(y, at - h, 0.5)) / (2 * h)
        assert d1[0, g] == pytest.approx(rise, abs=2e-3 * (1 + abs(rise)))
    assert (d2 >= 0).all()


def test_the_floor_follows_depth():
    assert floors(np.array([10.0, 1e5])) == pytest.approx([1e-4, 1e-2])
