"""Labels of the least expected loss: against every labelling there is, and what they are for."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from typing_toys import make_tissue

from spotscope.methods.cell_typing import CellTypingParams, fit, load_fitted
from spotscope.methods.cell_typing._balance import _NUMBERS_WEIGH, _STAY, _spots
from spotscope.model import run

TYPES = np.array([4, 7, 9])


def loss(at, chance, share):
    """By the equation of the module."""
    n = len(at)
    numbers = np.bincount(at, minlength=len(share))
    wrong = (1 - chance[np.arange(n), at]).sum()
    return wrong + _NUMBERS_WEIGH / np.sqrt(n) * ((numbers - n * share) ** 2).sum()


def labels(chance, share, locked=None, codes=None):
    """Of one spot, as numbers of its candidates."""
    n, k = chance.shape
    chance = chance.copy()  # which is written to
    found = np.full(n, TYPES[0], np.int16) if codes is None else TYPES[codes].astype(np.int16)
    locked = np.zeros(n, bool) if locked is None else locked
    rest = (np.array([0, n]), np.array([0, k]), TYPES[:k], _NUMBERS_WEIGH)
    _spots(0, 1, found, chance, share, locked, *rest)
    return np.searchsorted(TYPES, found)


@pytest.mark.parametrize("n", [1, 2, 5, 7])
@pytest.mark.parametrize("seed", range(8))
def test_no_other_labels_lose_less(n, seed):
    rng = np.random.default_rng(seed)
    chance = rng.dirichlet(np.full(3, 0.7), n)
    share = rng.dirichlet(np.full(3, 0.7))
    locked = rng.random(n) < 0.2
    codes = rng.integers(0, 3, n)
    every = [
        np.array(at)
        for at in itertools.product(range(3), repeat=n)
        if (np.array(at)[locked] == codes[locked]).all()
    ]
    found = labels(chance, share, locked, codes)
    assert np.array_equal(found[locked], codes[locked])
    chance[np.arange(n), codes] += _STAY
    least = min(loss(at, chance, share) for at in every)
    assert loss(found, chance, share) == pytest.approx(least, abs=1e-6)


def test_where_nothing_tells_cells_apart_they_stay_what_they_were():
    chance = np.tile([0.4, 0.3, 0.3], (10, 1))
    codes = np.array([2, 0, 1, 0, 2, 1, 0, 0, 1, 2])
    assert labels(chance, np.array([0.4, 0.3, 0.3]), codes=codes).tolist() == codes.tolist()


def test_a_spot_of_two_even_types_is_shared_out_by_what_its_cells_like():
    """λ/√4 = .3: two and two cost 4 × .5 = 2 + 0 where all alike, all of one 2 + .3 × 8."""
    chance = np.array([[0.45, 0.55], [0.55, 0.45], [0.45, 0.55], [0.55, 0.45]])
    assert labels(chance, np.array([0.5, 0.5])).tolist() == [1, 0, 1, 0]


def test_a_type_that_half_a_cell_is_expected_of_is_left_out():
    """One of four: .9 for .1 costs .8, and numbers are off by .6² + .6² in place of .4² + .4²."""
    chance = np.tile([0.9, 0.1], (4, 1))
    assert labels(chance, np.array([0.9, 0.1])).tolist() == [0, 0, 0, 0]


@pytest.fixture(scope="module")
def fitted():
    """Thirty cells a spot and few counts: rare types are in hardly any likeliest labels."""
    world = make_tissue(side=6, umis=120, cells=(28, 34), between=10)
    params = CellTypingParams(evidence="moments", label_by="balance")
    fitted = run(fit(world.spots, world.reference, world.membership, world.yx_um, params, rng=0))
    return world, fitted


def off(world, answer):
    """Root mean square of what shares of labels are off."""
    inside = answer.codes[world.membership.owner >= 0]
    owner = world.membership.owner[world.membership.owner >= 0]
    found = np.zeros_like(world.proportions)
    np.add.at(found, (owner, inside), 1)
    found /= found.sum(axis=1, keepdims=True)
    return np.sqrt(((found - world.proportions) ** 2).mean())


def test_shares_are_nearer_to_the_truth_than_the_likeliest_labels(fitted):
    world, by_loss = fitted
    likeliest = by_loss.under(by_loss.state.params.model_copy(update={"label_by": "section"}))
    one, other = by_loss.solve(1.0), likeliest.solve(1.0)
    assert off(world, one) < 0.9 * off(world, other)
    assert np.array_equal(one.proportions, other.proportions)
    assert one.energy > other.energy  # which is what is given up


def test_a_locked_cell_keeps_its_type(fitted):
    _, by_loss = fitted
    codes = by_loss.solve(1.0).codes
    cell = int(np.flatnonzero(by_loss.state.owner >= 0)[0])
    other = int((codes[cell] + 1) % len(by_loss.types))
    assert by_loss.solve(1.0, {cell: other}).codes[cell] == other


def test_a_fit_that_was_saved_labels_the_same(fitted, tmp_path):
    _, by_loss = fitted
    by_loss.save(tmp_path)
    assert np.array_equal(load_fitted(tmp_path).solve(1.0).codes, by_loss.solve(1.0).codes)


@pytest.mark.parametrize(("shares", "how"), [(True, "shares"), (False, "section")])
def test_a_fit_of_before_says_by_auto_what_it_said_then(fitted, tmp_path, shares, how):
    _, by_loss = fitted
    auto = by_loss.state.params.model_copy(update={"label_by": "auto"})
    replace(by_loss, state=replace(by_loss.state, params=auto)).save(tmp_path)
    words = tmp_path / "cell_typing.json"
    said = json.loads(words.read_text("utf-8"))
    said["format"], said["calibration"]["shares"] = 2, shares
    words.write_text(json.dumps(said), "utf-8")
    found = load_fitted(tmp_path).under(auto).solve(1.0).codes
    then = by_loss.under(auto.model_copy(update={"label_by": how})).solve(1.0).codes
    assert np.array_equal(found, then)
