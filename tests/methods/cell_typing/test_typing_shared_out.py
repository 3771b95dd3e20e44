"""A spot's numbers of types shared out among its cells by what is said of each."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from spotscope.methods.cell_typing._gibbs import _share_out


class OneSpot:
    """As much of the evidence as is asked for: where the spot's candidates begin and end."""

    def __init__(self, n_types):
        self.start = np.array([0, n_types])


def share_out(chance, agreed, locked=None):
    made = np.array(chance, np.float32)
    locked = np.zeros(len(made), bool) if locked is None else np.array(locked)
    start = np.array([0, len(made)])
    _share_out.py_func(
        0, 1, made, np.array(agreed, np.float32), locked, start, OneSpot(made.shape[1])
    )
    return made


def test_where_nothing_is_said_all_cells_are_alike():
    shared = share_out([[0.9, 0.1], [0.5, 0.5]], np.zeros((2, 2)))
    assert shared == pytest.approx(np.array([[0.7, 0.3], [0.7, 0.3]]))


@pytest.mark.parametrize(("strength", "near"), [(0.5, 0.02), (3.0, 0.05), (12.0, 0.5)])
@pytest.mark.parametrize("seed", range(4))
def test_numbers_of_types_stay_however_much_is_said(strength, near, seed):
    rng = np.random.default_rng(seed)
    chance = rng.dirichlet(np.ones(4), 6)
    shared = share_out(chance, strength * rng.normal(size=(6, 4)))
    assert shared.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert shared.sum(axis=0) == pytest.approx(chance.sum(axis=0), abs=near)


def test_a_locked_cell_is_left_out():
    chance = [[1.0, 0.0], [0.4, 0.6], [0.6, 0.4]]
    shared = share_out(chance, [[0.0, 9.0], [1.0, 0.0], [0.0, 1.0]], [True, False, False])
    assert shared[0].tolist() == [1.0, 0.0]
    assert shared[1:].sum(axis=0) == pytest.approx([1.0, 1.0], abs=1e-2)
    assert shared[1, 0] > 0.5 > shared[2, 0]


@pytest.mark.parametrize("seed", range(4))
def test_it_is_near_to_every_placing_weighed(seed):
    """Two, two and one cell of three types: all thirty placings, each by exp of what is said."""
    rng = np.random.default_rng(seed)
    agreed = 2.0 * rng.normal(size=(5, 3))
    numbers = [2, 2, 1]
    right, total = np.zeros((5, 3)), 0.0
    for at in set(itertools.permutations(np.repeat(np.arange(3), numbers).tolist())):
        weight = np.exp(agreed[np.arange(5), at].sum())
        right[np.arange(5), at] += weight
        total += weight
    shared = share_out(np.tile(np.array(numbers) / 5, (5, 1)), agreed)
    plain = np.array(numbers) * np.exp(agreed)
    plain /= plain.sum(axis=1, keepdims=True)
    off = np.abs(shared - right / total)
    assert off.max() < 0.2
    assert off.mean() < 0.6 * np.abs(plain - right / total).mean()
