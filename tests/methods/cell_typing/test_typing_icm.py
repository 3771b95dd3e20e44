"""Labels: the energy against brute force, its descent, and both kinds of composition table."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import scipy.sparse as sp
from typing_toys import profiles_of

from spotscope.methods.cell_typing import _icm
from spotscope.methods.cell_typing._candidates import Candidates, choose_candidates
from spotscope.methods.cell_typing._composition import Compositions
from spotscope.methods.cell_typing._continuous import Mixtures
from spotscope.methods.cell_typing._gibbs import shared_out
from spotscope.methods.cell_typing._icm import (
    Field,
    descend,
    evidence_only,
    local_terms,
    total_energy,
)
from spotscope.methods.cell_typing._likelihood import floors, nll_of, table_for
from spotscope.methods.cell_typing._potts import link_cells
from spotscope.model import NotConvergedWarning

SIGMA = 0.4


def toy(seed, n_cells, n_types=3, umis=60, stretch=1024, coincident=False, known=False):
    """Spots 100 µm apart in a row, with ``n_cells`` cells each and few counts: hard to tell.

    ``known``: types have learned likings of one another, and nuclei have looks.
    """
    rng = np.random.default_rng(seed)
    n_cells = np.asarray(n_cells, np.int64)
    n, owner = len(n_cells), np.repeat(np.arange(len(n_cells)), n_cells)
    mu = profiles_of(rng, n_types, 30, markers=4)
    truth = rng.integers(0, n_types, len(owner))
    shares = np.zeros((n, n_types))
    np.add.at(shares, (owner, truth), 1.0)
    shares /= np.maximum(n_cells, 1)[:, None]
    counts = sp.csr_matrix(rng.poisson(umis * shares @ mu).astype(np.int32))
    depth = np.full(n, float(umis))
    mixtures = Mixtures(counts, depth, floors(depth), mu.astype(np.float32))
    size = rng.uniform(0.5, 2, n_types)
    candidates = Candidates(np.arange(n + 1) * n_types, np.tile(np.arange(n_types), n))
    table = table_for(SIGMA, 10 * umis, 100)
    kept = Compositions(mixtures, depth, n_cells, size, candidates, table, stretch)
    yx = np.stack([np.zeros(len(owner)), 100.0 * owner], axis=1)
    yx += 0 if coincident else rng.uniform(-20, 20, yx.shape)
    start = np.concatenate([[0], np.cumsum(n_cells)])
    field = Field(start, owner, kept, link_cells(yx, 3, 150.0))
    if not known:
        return field
    like = rng.uniform(-1, 1, (n_types, n_types))
    looks = rng.normal(0, 1, (len(owner), n_types)).astype(np.float32)
    return replace(field, looks=looks, like=(like + like.T) / 2 + np.eye(n_types))


def slow_energy(field, codes, nu):
    """E from its definition, in plain loops."""
    ev, total = field.compositions.evidence, 0.0
    for i in range(len(field.start) - 1):
        own = codes[field.start[i] : field.start[i + 1]]
        if len(own) == 0:
            continue
        rate = ev.scale[i] * ev.size[own] @ ev.profiles[own] / ev.size[own].sum()
        y = np.zeros((1, ev.profiles.shape[1]), np.int32)
        here = slice(ev.indptr[i], ev.indptr[i + 1])
        y[0, ev.indices[here]] = ev.counts[here]
        total += nll_of(y, rate[None], ev.floor[i : i + 1], ev.table)[0]
    graph = field.graph
    for a in range(len(codes)):
        for e in range(graph.start[a], graph.start[a + 1]):
            b = graph.other[e]
            if b < a:
                continue
            same = float(codes[a] == codes[b])
            like = field.like[codes[a], codes[b]] if len(field.like) else same
            total += nu * graph.weight[e] * (1 - like)
        total -= field.looks[a, codes[a]] if len(field.looks) else 0.0
    return total


def starts(field):
    n = len(field.spot)
    return [np.full(n, k, np.int16) for k in range(field.compositions.evidence.profiles.shape[0])]


def solve(field, nu):
    free = evidence_only(field, starts(field))
    return min((descend(field, s, nu) for s in [free, *starts(field)]), key=lambda s: s.energy)


@pytest.mark.parametrize("known", [False, True])
def test_the_energy_is_its_definition(known):
    field = toy(0, [2, 3, 0, 1], known=known)
    rng = np.random.default_rng(0)
    for _ in range(10):
        codes = rng.integers(0, 3, 6).astype(np.int16)
        assert total_energy(field, codes, 1.7) == pytest.approx(
            slow_energy(field, codes, 1.7), rel=1e-6
        )


def test_labels_that_still_move_at_the_last_sweep_are_told(monkeypatch):
    field = toy(0, [4, 3, 4, 3])
    monkeypatch.setattr(_icm, "_MOST_SWEEPS", 1)
    with pytest.warns(NotConvergedWarning, match=r"after 1 sweeps .* of 4 spots"):
        found = descend(field, starts(field)[0], 4.0)
    assert found.energy == pytest.approx(slow_energy(field, found.codes, 4.0), rel=1e-6)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("nu", [0.0, 1.0, 4.0])
def test_labels_reach_the_lowest_energy_of_all(seed, nu, known):
    cells = [[2, 3, 2], [1, 1, 1, 1, 1, 1], [4, 3], [2, 2, 2, 1]][seed % 4]
    field = toy(seed, cells, known=known)
    n = len(field.spot)
    every = itertools.product(range(3), repeat=n)
    lowest = min(total_energy(field, np.array(codes, np.int16), nu) for codes in every)
    assert solve(field, nu).energy == pytest.approx(lowest, abs=1e-6)


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("coincident", [False, True])
@pytest.mark.parametrize("nu", [0.0, 0.5, 5.0, 50.0])
def test_the_energy_never_rises(nu, coincident, known):
    cells = [5, 8, 3, 0, 12, 7, 1, 2, 9, 4]
    field = toy(5, cells, n_types=4, coincident=coincident, known=known)
    rng = np.random.default_rng(1)
    for _ in range(3):
        found = descend(field, rng.integers(0, 4, len(field.spot)).astype(np.int16), nu)
        assert (np.diff(found.trace) <= 1e-9).all()
        assert found.trace[-1] == pytest.approx(found.energy, rel=1e-9)
        assert len(found.trace) > 2


@pytest.mark.parametrize("known", [False, True])
def test_no_single_flip_is_left_that_lowers_the_energy(known):
    field = toy(7, [3, 9, 4, 2, 6], n_types=4, known=known)
    codes = solve(field, 2.0).codes
    margin, chance, _ = local_terms(field, codes, 2.0)
    support = chance[np.arange(len(codes)), codes]
    now = total_energy(field, codes, 2.0)
    for cell in range(len(codes)):
        others = []
        for k in set(range(4)) - {int(codes[cell])}:
            tried = codes.copy()
            tried[cell] = k
            others.append(total_energy(field, tried, 2.0) - now)
        assert margin[cell] == pytest.approx(min(others), abs=1e-3)
        assert margin[cell] > -1e-6
        assert support[cell] == pytest.approx(1 / (1 + np.exp(-np.array(others)).sum()), abs=1e-4)


@pytest.mark.parametrize("nu", [0.0, 2.0, 10.0])
def test_a_hash_of_visited_compositions_gives_the_labels_of_the_whole_table(nu):
    cells = [12, 5, 20, 9, 14]
    whole, few = toy(3, cells, n_types=4, stretch=2048), toy(3, cells, n_types=4, stretch=8)
    assert whole.compositions.memory.whole.all()
    assert not few.compositions.memory.whole.any()
    one, two = solve(whole, nu), solve(few, nu)
    assert (one.codes == two.codes).all()
    assert one.energy == pytest.approx(two.energy, rel=1e-12)
    assert len(few.compositions.memory.ranks) > 8 * 5  # it has grown


def test_threads_may_share_a_whole_table_and_say_the_same():
    from concurrent.futures import ThreadPoolExecutor

    cells = [3, 5, 4, 2, 6, 5, 3, 4] * 10
    expected = solve(toy(8, cells, n_types=5), 2.0)
    shared = toy(8, cells, n_types=5)  # nothing is known of it yet: all threads fill it
    assert shared.compositions.shareable
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: solve(shared, 2.0), range(8)))
    for one in found:
        assert one.codes.tolist() == expected.codes.tolist()
        assert one.energy == expected.energy
    assert not toy(8, cells, n_types=5, stretch=8).compositions.shareable


def test_a_full_hash_still_answers(monkeypatch):
    from spotscope.methods.cell_typing import _composition

    cells = [12, 9]
    expected = solve(toy(4, cells, n_types=4), 2.0)
    monkeypatch.setattr(_composition, "_LONGEST", 8)
    few = toy(4, cells, n_types=4, stretch=8)
    assert solve(few, 2.0).energy == pytest.approx(expected.energy, rel=1e-12)
    assert len(few.compositions.memory.ranks) == 16


def test_sixty_cells_in_a_spot_keep_their_composition():
    field = toy(6, [60, 60, 60], n_types=5, umis=4000)
    codes = solve(field, 1.0).codes
    assert not field.compositions.memory.whole.any()
    moved = codes.copy()
    moved[:30] = np.roll(codes[:30], 7)  # placement aside, nothing changes in the evidence
    assert total_energy(field, moved, 0.0) == pytest.approx(total_energy(field, codes, 0.0))


def test_a_spot_of_two_types_shares_out_its_doubt():
    """Two cells at one place, one of each type: which is which only their looks can say."""
    field = toy(0, [2], n_types=2, umis=5000, coincident=True)
    mixed = np.array([0, 1], np.int16)
    _, chance, agreed = local_terms(field, mixed, 0.0)
    assert chance[0, 0] != pytest.approx(chance[1, 0], abs=0.1)  # each given the other: sure
    shared = shared_out(field, chance, agreed)
    assert shared[0] == pytest.approx(shared[1])
    known = replace(field, looks=np.array([[2.0, 0.0], [0.0, 0.0]], np.float32))
    shared = shared_out(known, *local_terms(known, mixed, 0.0)[1:])
    odds = shared[:, 0] / shared[:, 1]
    assert odds[0] / odds[1] == pytest.approx(np.exp(2.0), rel=1e-4)


def test_strong_smoothing_makes_one_type():
    field = toy(8, [3, 3, 3, 3], n_types=3)
    assert len(np.unique(solve(field, 1000.0).codes)) == 1


def test_candidates_are_the_heaviest_and_at_least_two():
    weights = np.array([[0.5, 0.01, 0.3, 0.2], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]])
    mix = np.array([0.1, 0.2, 0.3, 0.4])
    found = choose_candidates(weights, np.array([2, 2, 2]), 0.05, 8, mix)
    assert found.start.tolist() == [0, 3, 5, 7]
    assert found.codes.tolist() == [0, 2, 3, 0, 3, 3, 2]


def test_a_spot_with_many_cells_has_a_finer_cut():
    weights = np.array([[0.97, 0.03]] * 2 + [[0.5, 0.5]])
    weights = np.hstack([weights, [[0.02], [0.02], [0.0]]])
    found = choose_candidates(weights, np.array([2, 40, 2]), 0.05, 8, np.ones(3) / 3)
    assert np.diff(found.start).tolist() == [2, 3, 2]
