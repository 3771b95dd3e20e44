"""The order in which spots are visited, and what of the chains and the search goes with it."""

from dataclasses import replace

import numpy as np
import pytest
from test_typing_metric import toy

from spotscope.methods.cell_typing import CellTypingParams, _anneal, _gibbs, _order, fit
from spotscope.methods.cell_typing._order import band_edges, visiting_order
from spotscope.model import run


def section(n_cells, seed=0):
    """Numbers, (spot + 1,) cells and places of spots on a square lattice, a little astray."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(len(n_cells)))
    centres = 10.0 * np.stack(np.divmod(np.arange(len(n_cells)), side), axis=1)
    places = np.repeat(centres, n_cells, axis=0) + rng.uniform(-3, 3, (n_cells.sum(), 2))
    numbers = rng.integers(2**64, size=len(n_cells), dtype=np.uint64)
    return numbers, np.concatenate([[0], np.cumsum(n_cells)]), places


def shuffled(numbers, start, places, seed=1):
    """The same spots, their rows in another order; and which row each was."""
    rows = np.random.default_rng(seed).permutation(len(numbers))
    cells = np.concatenate([np.arange(start[i], start[i + 1]) for i in rows])
    ends = np.cumsum(np.diff(start)[rows])
    return (numbers[rows], np.concatenate([[0], ends]), places[cells]), rows


@pytest.mark.parametrize("many", [20_000, 10])
def test_it_is_that_of_no_rows_and_spots_without_cells_are_left_out(monkeypatch, many):
    monkeypatch.setattr(_order, "MANY_CELLS", many)
    n_cells = np.random.default_rng(2).integers(0, 4, 100)
    made = section(n_cells)
    order = visiting_order(*made)
    assert sorted(order) == np.flatnonzero(n_cells).tolist()
    assert not np.array_equal(order, np.sort(order))
    other, rows = shuffled(*made)
    assert np.array_equal(rows[visiting_order(*other)], order)
    moved = made[0], made[1], made[2] + 1000
    assert np.array_equal(visiting_order(*moved), order)


def test_a_few_are_visited_alike_however_the_section_lies():
    numbers, start, places = section(np.full(100, 2))
    turned = places @ np.array([[0.0, 1.0], [-1.0, 0.0]])
    order = visiting_order(numbers, start, places)
    assert np.array_equal(visiting_order(numbers, start, turned), order)
    assert np.array_equal(order, np.argsort(numbers))


def test_many_are_visited_line_by_line_slice_by_slice(monkeypatch):
    """In two slices of 10 × 10, a line has ten spots, or there is a spot of the next in it."""
    monkeypatch.setattr(_order, "MANY_CELLS", 10)
    numbers, _, places = section(np.ones(100, int))
    deep = np.concatenate([np.c_[np.full(100, z), places] for z in (0.0, 12.0)])
    both = np.concatenate([numbers, numbers + np.uint64(1)])
    order = visiting_order(both, np.arange(201), deep)
    assert set(order[:100]) == set(range(100))
    lines = order[:100] // 10
    assert (np.diff(lines) >= -1).all()
    assert np.abs(lines - np.arange(100) // 10).max() <= 1


def test_spots_in_one_place_are_visited_by_their_numbers(monkeypatch):
    monkeypatch.setattr(_order, "MANY_CELLS", 2)
    numbers = np.array([3, 1, 2], np.uint64)
    assert visiting_order(numbers, np.arange(4), np.zeros((3, 2))).tolist() == [1, 2, 0]


def test_bands_are_as_many_whatever_the_machine_and_equally_long():
    assert band_edges(20_000, 20_000).tolist() == [0, 20_000]
    assert band_edges(20_008, 20_001).tolist() == list(range(0, 20_009, 2501))


@pytest.mark.parametrize("evidence", ["counts", "moments"])
def test_in_bands_too_labels_hang_on_no_order_of_rows(monkeypatch, tissue, evidence):
    from test_typing_nu import turned

    monkeypatch.setattr(_order, "MANY_CELLS", 100)
    other = turned(tissue, turn=np.eye(2))
    params = CellTypingParams(evidence=evidence, nu=1.0)
    one, two = (
        run(fit(some.spots, some.reference, some.membership, some.yx_um, params, rng=0))
        for some in (tissue, other)
    )
    assert (tissue.membership.owner >= 0).sum() > 100
    assert (one.state.owner != two.state.owner).any()
    assert np.array_equal(one.solve(2.0).codes, two.solve(2.0).codes)


def test_whichever_band_comes_first_the_chances_are_the_same(monkeypatch):
    """Bands run at once: each sees the others' cells as they were a sweep before."""
    monkeypatch.setattr(_order, "MANY_CELLS", 10)
    field = toy(4, np.full(24, 2))[0]
    codes = np.random.default_rng(0).integers(0, 3, 48).astype(np.int16)

    def chances(turned):
        def one_by_one(kernel, n, *args, at_least=1):
            for row in reversed(range(n)) if turned else range(n):
                kernel(row, row + 1, *args)

        monkeypatch.setattr(_gibbs, "over_rows", one_by_one)
        return _gibbs.posterior(field, codes, 5.0)

    assert np.array_equal(chances(turned=False), chances(turned=True))


def test_a_sweep_in_the_heat_goes_with_the_numbers_of_the_cells_and_with_its_own():
    field = toy(4, np.full(24, 2))[0]
    other = replace(field, numbers=np.arange(48, dtype=np.uint64) + np.uint64(7))

    def swept(field, number):
        codes = np.zeros(48, np.int16)
        _anneal._sweep(field, codes, 1.0, 5.0, number)
        return codes

    assert np.array_equal(swept(other, 3), swept(other, 3))
    assert (swept(other, 3) != swept(other, 4)).any()
    assert (swept(other, 3) != swept(field, 3)).any()
