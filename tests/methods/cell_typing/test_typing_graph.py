"""Neighbours, and votes of neighbours, worked out by hand."""

import numpy as np
import pytest

from spotscope.methods.cell_typing._between import find_voters
from spotscope.methods.cell_typing._potts import link_cells


def edges(graph):
    return {
        (a, int(b)): float(w)
        for a in range(len(graph.start) - 1)
        for b, w in zip(
            graph.other[graph.start[a] : graph.start[a + 1]],
            graph.weight[graph.start[a] : graph.start[a + 1]],
            strict=True,
        )
    }


def test_weights_are_halves_of_both_ends_shares():
    """0 - 1 - 2 at 10 µm, 3 too far: cell 1 has two neighbours, 0 and 2 have one."""
    found = edges(link_cells(np.array([[0, 0], [0, 10], [0, 20.5], [0, 500.0]]), 1, 50.0))
    assert found == {(0, 1): 0.75, (1, 0): 0.75, (1, 2): 0.75, (2, 1): 0.75}


def test_cells_at_one_place_link_to_the_places_around():
    """Two cells at x = 0, three at x = 100: cell r with cell r of the other place, round again."""
    yx = np.array([[0, 0.0]] * 2 + [[0, 100.0]] * 3)
    found = edges(link_cells(yx, 5, 150.0))
    assert {pair for pair in found if pair[0] < pair[1]} == {(0, 2), (1, 3), (0, 4)}
    assert found[(0, 2)] == found[(2, 0)] == pytest.approx((1 / 2 + 1) / 2)


def test_no_cell_and_one_cell_have_no_edges():
    assert edges(link_cells(np.zeros((0, 2)), 10, 50.0)) == {}
    assert edges(link_cells(np.zeros((1, 2)), 10, 50.0)) == {}


def test_near_voters_weigh_more():
    """One voter of type 1 at 10 µm, two of type 0 at 40 µm; reach 60: 0.88 against 2 × 0.14."""
    voters = find_voters(
        np.array([[0.0, 0.0]]), np.array([[0, 10.0], [0, 40.0], [40.0, 0]]), 10, 60.0
    )
    won, share = voters.vote(np.array([1, 0, 0], np.int16), 2)
    near, far = np.exp(-0.5 * 0.5**2), np.exp(-0.5 * 2.0**2)
    assert won.tolist() == [1]
    assert share[0] == pytest.approx(near / (near + 2 * far), abs=1e-6)


def test_the_majority_wins_at_one_distance():
    around = np.array([[0, 10.0], [10.0, 0], [0, -10.0]])
    won, share = find_voters(np.zeros((1, 2)), around, 10, 60.0).vote(
        np.array([2, 1, 1], np.int16), 3
    )
    assert won.tolist() == [1]
    assert share[0] == pytest.approx(2 / 3, abs=1e-6)


def test_beyond_reach_nothing_is_said():
    voters = find_voters(np.array([[0, 0.0], [0, 500.0]]), np.array([[0, 5.0]]), 10, 60.0)
    won, share = voters.vote(np.array([0], np.int16), 2)
    assert won.tolist() == [0, -1]
    assert share.tolist() == [1.0, 0.0]
