"""Labels that keep to the shares expected of their spots: rounding, fewest changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from typing_toys import make_tissue

from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.methods.cell_typing._candidates import Candidates
from spotscope.methods.cell_typing._shares import _go_over, whole_cells
from spotscope.model import run


def candidates_of_two_spots():
    """Spot 0 may have types 0, 1, 2; spot 1 types 1, 3."""
    return Candidates(np.array([0, 3, 5]), np.array([0, 1, 2, 1, 3]))


def test_shares_become_whole_cells_by_the_largest_remainders():
    """5 cells × (.52, .28, .2) = 2.6, 1.4, 1: the fifth goes to the largest remainder.

    Spot 1 has half its share on a type that is no candidate; .2 and .3 of 5 cells are then 2 and 3.
    """
    shares = np.array([[0.52, 0.28, 0.2, 0.0], [0.5, 0.2, 0.0, 0.3]])
    wanted = whole_cells(shares, np.array([5, 5]), candidates_of_two_spots())
    assert wanted.tolist() == [3, 1, 1, 2, 3]


def test_a_spot_without_shares_still_has_all_its_cells():
    wanted = whole_cells(np.zeros((2, 4)), np.array([4, 0]), candidates_of_two_spots())
    assert wanted[:3].sum() == 4
    assert wanted[3:].tolist() == [0, 0]


def moved(codes, chance, wanted, locked):
    codes = np.array(codes, np.int16)
    _go_over(
        codes,
        np.array(wanted),
        np.log(np.array(chance)),
        np.array(locked),
        np.array([0, len(codes)]),
        np.array([0, len(wanted)]),
        np.arange(len(wanted)),
    )
    return codes.tolist()


def test_the_cell_that_minds_least_goes_over():
    chance = [[0.9, 0.1], [0.6, 0.4], [0.8, 0.2]]
    assert moved([0, 0, 0], chance, [2, 1], [False] * 3) == [0, 1, 0]
    assert moved([0, 0, 0], chance, [1, 2], [False] * 3) == [0, 1, 1]
    assert moved([0, 0, 0], chance, [3, 0], [False] * 3) == [0, 0, 0]


def test_a_locked_cell_stays_even_where_the_shares_cannot_be_kept():
    chance = [[0.9, 0.1], [0.6, 0.4]]
    assert moved([0, 0], chance, [1, 1], [False, True]) == [1, 0]
    assert moved([0, 0], chance, [1, 1], [True, True]) == [0, 0]


def by(fitted, how):
    params = fitted.state.params.model_copy(update={"label_by": how})
    return replace(fitted, state=replace(fitted.state, params=params))


def numbers(fitted, codes):
    owner = fitted.state.owner
    found = np.zeros(fitted.state.weights.shape)
    inside = owner >= 0
    np.add.at(found, (owner[inside], codes[inside]), 1)
    return found


def test_every_spot_has_the_cells_its_shares_say(many_cells):
    answer = by(many_cells, "shares").solve(2.0)
    found = numbers(many_cells, answer.codes)
    n = found.sum(axis=1, keepdims=True)
    # rounding moves a share by less than a cell, and what no candidate has is shared out
    assert np.abs(found - n * answer.proportions).max() < 2.0
    whole = by(many_cells, "section").solve(2.0)
    assert np.array_equal(answer.proportions, whole.proportions)
    assert answer.share_flipped == whole.share_flipped
    assert answer.energy > whole.energy


@pytest.fixture(scope="module")
def many_cells():
    """Thirty cells a spot and few counts: rare types are in hardly any likeliest labels."""
    world = make_tissue(side=6, umis=120, cells=(28, 34), between=10)
    task = fit(
        world.spots,
        world.reference,
        world.membership,
        world.yx_um,
        CellTypingParams(evidence="moments"),
        rng=0,
    )
    return run(task)


def test_the_shares_of_a_rare_type_are_nearer_to_the_truth(many_cells):
    world = make_tissue(side=6, umis=120, cells=(28, 34), between=10)
    off = {}
    for how in ("section", "shares"):
        found = numbers(many_cells, by(many_cells, how).solve(1.0).codes)
        shares = found / found.sum(axis=1, keepdims=True)
        off[how] = np.sqrt(((shares - world.proportions) ** 2).mean())
    assert off["shares"] < off["section"]
