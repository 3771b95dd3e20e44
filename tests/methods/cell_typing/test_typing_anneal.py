"""A long search: exact changes, detailed balance, patches, and energy that never rises."""

import itertools

import numpy as np
import pytest
from test_typing_icm import starts, toy

from spotscope.methods.cell_typing import _anneal
from spotscope.methods.cell_typing._anneal import anneal
from spotscope.methods.cell_typing._heat import heated
from spotscope.methods.cell_typing._icm import descend, total_energy
from spotscope.methods.cell_typing._patches import best_patches
from spotscope.model import run

CELLS = [5, 8, 3, 0, 12, 7, 1, 2, 9, 4]


def sweep(field, codes, nu, heat, rng):
    kept = field.compositions
    rest = (field.start, field.spot, field.graph, kept.evidence, kept.memory)
    prior, held = field.prior(nu), field.held
    draws = rng.random((2, len(codes)), np.float32)
    return heated(field.visits, codes, heat, *draws, prior, held, *rest)


def labels(field, seed=0, n_types=4):
    return np.random.default_rng(seed).integers(0, n_types, len(field.spot)).astype(np.int16)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("coincident", [False, True])
def test_a_sweep_tells_exactly_what_it_adds_to_the_energy(known, coincident):
    field = toy(5, CELLS, n_types=4, known=known, coincident=coincident)
    codes, rng = labels(field), np.random.default_rng(1)
    for heat in (5.0, 1.0, 0.1):
        before = total_energy(field, codes, 2.0)
        was = codes.copy()
        added = sweep(field, codes, 2.0, heat, rng)
        assert (codes != was).any()
        assert total_energy(field, codes, 2.0) - before == pytest.approx(added, abs=1e-6)


@pytest.mark.parametrize("known", [False, True])
def test_labels_are_drawn_as_often_as_their_energy_allows(known):
    """Four cells of three types: 81 pictures, each with chance exp(-E / T) over their sum."""
    field, heat, nu = toy(2, [2, 2], known=known), 2.5, 1.5
    every = [np.array(codes, np.int16) for codes in itertools.product(range(3), repeat=4)]
    energy = np.array([total_energy(field, codes, nu) for codes in every])
    wanted = np.exp(-(energy - energy.min()) / heat)
    wanted /= wanted.sum()
    seen, rng, codes = np.zeros(81), np.random.default_rng(0), every[0].copy()
    for _ in range(40_000):
        sweep(field, codes, nu, heat, rng)
        seen[codes @ [27, 9, 3, 1]] += 1
    assert np.abs(seen / seen.sum() - wanted).sum() / 2 < 0.02


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_the_search_reaches_the_lowest_energy_of_all_from_the_worst_labels(seed, known):
    field = toy(seed, [[2, 3, 2], [1, 1, 1, 1, 1, 1], [4, 3], [2, 2, 2, 1]][seed], known=known)
    every = itertools.product(range(3), repeat=len(field.spot))
    energies = [total_energy(field, np.array(codes, np.int16), 4.0) for codes in every]
    found = [run(anneal(field, descend(field, s, 4.0), 4.0)).energy for s in starts(field)]
    assert found == pytest.approx([min(energies)] * len(found), abs=1e-6)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("nu", [0.0, 1.0, 8.0])
def test_the_search_never_raises_the_energy_and_is_the_same_every_time(nu, known):
    field = toy(11, [3, 5, 4, 2, 6, 5, 3, 4] * 6, n_types=5, known=known)
    first = descend(field, labels(field, 3, 5), nu)
    found = run(anneal(field, first, nu))
    assert found.energy <= first.energy
    assert found.energy == pytest.approx(total_energy(field, found.codes, nu), rel=1e-12)
    assert run(anneal(field, first, nu)).codes.tolist() == found.codes.tolist()
    if nu:
        assert found.energy < first.energy - 0.1


def test_a_search_that_finds_nothing_gives_back_what_it_was_given(monkeypatch):
    field = toy(1, [3, 2, 4])
    first = run(anneal(field, descend(field, starts(field)[0], 1.0), 1.0))
    monkeypatch.setattr(_anneal, "_ROUNDS", ((3, 1.0),))
    assert run(anneal(field, first, 1.0)) is first


def test_held_cells_stay_in_the_heat():
    from dataclasses import replace

    field = toy(5, CELLS, n_types=4)
    codes, held = labels(field), np.zeros(len(field.spot), bool)
    held[::3] = True
    field, before = replace(field, locked=held), codes.copy()
    rng = np.random.default_rng(0)
    for _ in range(5):
        sweep(field, codes, 1.0, 10.0, rng)
    assert (codes[held] == before[held]).all()
    assert (codes[~held] != before[~held]).any()


@pytest.mark.parametrize("known", [False, True])
def test_of_two_pictures_each_patch_is_the_better_one(known):
    """Spots stand too far apart to touch: every spot is a patch, and the best mix is known."""
    field = toy(5, CELLS, n_types=4, known=known)
    alone = field.graph._replace(weight=field.graph.weight * same_spot(field))
    far = cut(field, alone)
    one, other = labels(far, 1), labels(far, 2)
    best = best_patches(far, one, other, 3.0)
    for i in range(len(CELLS)):
        cells = slice(far.start[i], far.start[i + 1])
        mixed = one.copy()
        mixed[cells] = other[cells]
        wins = total_energy(far, mixed, 3.0) < total_energy(far, one, 3.0) - 1e-6
        assert best[cells].tolist() == (other if wins else one)[cells].tolist()
    assert (best != one).any()
    assert (best != other).any()


def same_spot(field):
    one = np.repeat(np.arange(len(field.spot)), np.diff(field.graph.start))
    return field.spot[one] == field.spot[field.graph.other]


def cut(field, graph):
    """The field without its edges of weight 0."""
    from dataclasses import replace

    kept = graph.weight > 0
    one = np.repeat(np.arange(len(field.spot)), np.diff(graph.start))[kept]
    start = np.searchsorted(one, np.arange(len(field.spot) + 1))
    return replace(field, graph=type(graph)(start, graph.other[kept], graph.weight[kept]))


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_patches_never_raise_the_energy_whichever_of_them_touch(seed, known):
    field = toy(seed, [2] * 120, n_types=3, known=known)
    one = labels(field, seed, 3)
    other = one.copy()
    changed = np.random.default_rng(seed).random(len(one)) < 0.15
    other[changed] = (other[changed] + 1) % 3
    best = best_patches(field, one, other, 2.0)
    lower = total_energy(field, best, 2.0)
    assert lower <= total_energy(field, one, 2.0) + 1e-9
    assert lower <= total_energy(field, other, 2.0) + 1e-9
    assert ((best == one) | (best == other)).all()
    assert (best != one).any()


def test_two_pictures_that_are_one_stay_so():
    field = toy(0, [2, 2])
    one = labels(field, 0, 3)
    assert best_patches(field, one, one.copy(), 1.0) is one


def test_a_search_over_a_hash_of_compositions_says_the_same():
    cells = [12, 5, 9]
    whole, few = toy(3, cells, n_types=3, stretch=2048), toy(3, cells, n_types=3, stretch=8)
    found = [run(anneal(f, descend(f, starts(f)[0], 2.0), 2.0)) for f in (whole, few)]
    assert found[0].codes.tolist() == found[1].codes.tolist()
    assert len(few.compositions.memory.ranks) > 8 * 3


@pytest.mark.parametrize("seed", range(4))
def test_spots_that_touch_change_together_or_not_at_all(seed):
    """One patch: spot by spot, some would rather change and some not."""
    field = toy(seed, [1] * 8, n_types=2)
    one, other = starts(field)
    alone = [total_energy(field, np.where(np.arange(8) == i, other, one), 0.0) for i in range(8)]
    assert 0 < np.sum(np.array(alone) < total_energy(field, one, 0.0)) < 8
    lower = min((one, other), key=lambda codes: total_energy(field, codes, 3.0))
    for a, b in ((one, other), (other, one)):
        assert best_patches(field, a, b, 3.0).tolist() == lower.tolist()
