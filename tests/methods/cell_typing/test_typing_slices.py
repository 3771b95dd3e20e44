"""Cells of stacked slices: neighbours in space, and what they are worth."""

from __future__ import annotations

import numpy as np
import pytest
from typing_toys import membership_of, profiles_of, reference_of, table

from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.methods.cell_typing._potts import link_cells
from spotscope.model import Lattice, MethodError, Spots, run

#: Two cells 10 µm apart in a slice, and the same places in the slice above.
PAIR = np.array([[0.0, 0.0], [0.0, 10.0]])


def linked(across_um, reach_um=15.0):
    """(a, b) of every link; cells 0 and 1 are of one slice, 2 and 3 of the other."""
    depth = np.repeat([0.0, across_um], 2)[:, None]
    graph = link_cells(np.hstack([depth, np.tile(PAIR, (2, 1))]), 10, reach_um)
    one = np.repeat(np.arange(4), np.diff(graph.start))
    return {(int(a), int(b)) for a, b in zip(one, graph.other, strict=True) if a < b}


def test_slices_that_lie_near_are_linked_across():
    assert linked(5.0) == {(0, 1), (2, 3), (0, 2), (1, 3), (0, 3), (1, 2)}
    # 11 µm up and 10 aside is 14.9: within reach; 12 up is 15.6, beyond
    assert linked(11.0) == linked(5.0)
    assert linked(12.0) == {(0, 1), (2, 3), (0, 2), (1, 3)}


def test_slices_beyond_reach_are_each_for_themselves():
    assert linked(16.0) == {(0, 1), (2, 3)}


def stacked(across_um, n=150):
    """A cell of any type at each place, seen by few counts in one slice and many in the next."""
    rng = np.random.default_rng(0)
    mu = profiles_of(rng, 4, 60, fold=8)
    truth = rng.integers(0, 4, n)
    counts = np.vstack([rng.poisson(umis * mu[truth]) for umis in (5, 400)])
    yx = np.tile(100.0 * np.stack(np.divmod(np.arange(n), 15), axis=1), (2, 1))
    spots = Spots(
        table(counts, [f"s{i}" for i in range(2 * n)], [f"G{g}" for g in range(60)]),
        yx,
        Lattice("square", 100.0, 55.0),
    )
    places = np.hstack([np.repeat([0.0, across_um], n)[:, None], yx])
    return spots, membership_of(np.arange(2 * n), 2 * n), places, truth, reference_of(rng, mu)


def wrong_in_the_thin_slice(across_um):
    spots, membership, places, truth, reference = stacked(across_um)
    params = CellTypingParams(umi_min=0, reach_um=50.0)  # no neighbours within a slice
    fitted = run(fit(spots, reference, membership, places, params, rng=0))
    return float((fitted.solve(6.0).codes[: len(truth)] != truth).mean())


def test_a_thin_slice_learns_from_the_one_above_where_it_lies_near():
    alone = wrong_in_the_thin_slice(60.0)
    assert alone > 0.1
    assert wrong_in_the_thin_slice(40.0) < alone / 2


def test_places_of_four_numbers_are_refused():
    spots, membership, places, _, reference = stacked(1.0)
    four = np.hstack([places, places[:, :1]])
    with pytest.raises(MethodError, match="Expected a place"):
        run(fit(spots, reference, membership, four, CellTypingParams(), rng=0))
