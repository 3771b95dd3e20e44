"""Random numbers that go with places."""

from __future__ import annotations

import numpy as np
import pytest

from spotscope.methods.cell_typing._tosses import place_numbers, tosses


def test_a_part_of_the_section_is_tossed_as_in_the_whole():
    rng = np.random.default_rng(0)
    yx, n = rng.normal(size=(12, 2)), np.array([3, 0, 4, 5])
    whole = tosses(place_numbers(yx, n), 6)
    part = tosses(place_numbers(yx[3:], n[2:]), 6)
    assert np.array_equal(whole[3:], part)


def test_cells_in_one_place_and_other_sweeps_are_tossed_otherwise():
    places = place_numbers(np.zeros((5, 2)), np.array([5]))
    assert len(set(places.tolist())) == 5
    assert not np.isin(tosses(places, 0), tosses(places, 1)).any()
    assert np.array_equal(place_numbers(np.full((5, 2), -0.0), np.array([5])), places)


def test_depth_is_part_of_a_place():
    flat = np.zeros((2, 3))
    deep = np.tile([7.0, 0.0, 0.0], (2, 1))
    n = np.array([2])
    assert not np.isin(place_numbers(flat, n), place_numbers(deep, n)).any()


def test_they_are_spread_evenly_over_places_and_sweeps():
    """Means 1/2, variances 1/12, and no more correlation of sweeps and of rows than by chance."""
    yx = 10.0 * np.stack(np.divmod(np.arange(40_000), 200), axis=1)
    places = place_numbers(yx, np.ones(len(yx), int))
    drawn = np.stack([tosses(places, sweep) for sweep in range(10)])
    assert ((drawn >= 0) & (drawn < 1)).all()
    assert drawn.mean(axis=1) == pytest.approx(0.5, abs=0.006)
    assert drawn.var(axis=1) == pytest.approx(1 / 12, abs=0.002)
    assert np.abs(np.corrcoef(drawn) - np.eye(10)).max() < 0.02
    rows = drawn[0].reshape(200, 200)
    assert abs(np.corrcoef(rows[:-1].ravel(), rows[1:].ravel())[0, 1]) < 0.02
