"""Random numbers that go with places and with counts."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.cell_typing._tosses import count_numbers, heads, place_numbers, tosses


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


SEED = np.uint64(7)


def counted(seed=0, shape=(40, 30)):
    rng = np.random.default_rng(seed)
    return sp.csr_matrix(rng.poisson(rng.gamma(0.5, 40, shape))), [f"G{g}" for g in range(shape[1])]


def test_coins_go_with_what_was_counted_not_with_its_row_or_column():
    counts, genes = counted(shape=(320, 300))
    assert counts.nnz > 1 << 16  # more than are tossed at once
    rng = np.random.default_rng(1)
    rows, columns = rng.permutation(counts.shape[0]), rng.permutation(counts.shape[1])
    plain = sp.csr_matrix((heads(counts, genes, SEED), counts.indices, counts.indptr), counts.shape)
    turned = counts[rows][:, columns]
    other = [genes[column] for column in columns]
    tossed = sp.csr_matrix(
        (heads(turned, other, SEED), turned.indices, turned.indptr), counts.shape
    )
    assert np.array_equal(tossed.toarray(), plain[rows][:, columns].toarray())
    assert np.array_equal(count_numbers(turned, other), count_numbers(counts, genes)[rows])


def test_one_count_more_another_gene_or_seed_tosses_other_coins():
    counts, genes = counted()
    plain = heads(counts, genes, SEED)
    more = counts.copy()
    more.data[0] += 1
    first, after = slice(1, counts.indptr[1]), slice(counts.indptr[1], None)
    assert (heads(more, genes, SEED)[first] != plain[first]).mean() > 0.5
    assert np.array_equal(heads(more, genes, SEED)[after], plain[after])
    assert (
        heads(counts, [*genes[:-1], "other"], SEED)[counts.indices == 29]
        != plain[counts.indices == 29]
    ).mean() > 0.5
    assert (heads(counts, genes, np.uint64(8)) != plain).mean() > 0.5


@pytest.mark.parametrize("count", [1, 3, 64, 65, 1000])
def test_each_molecule_has_a_fair_coin_of_its_own(count):
    """Heads of n are binomial: mean n/2, variance n/4, to five standard errors."""
    n = 20_000
    counts = sp.csr_matrix(np.full((n // 10, 10), count))
    counts.data[::10] = count + np.arange(n // 10)  # rows that differ toss by themselves
    found = heads(counts, [f"G{g}" for g in range(10)], SEED)[counts.data == count]
    assert found.min() >= 0
    assert found.max() <= count
    assert found.mean() == pytest.approx(count / 2, abs=5 * np.sqrt(count / 4 / n))
    assert found.var() == pytest.approx(count / 4, rel=0.1)
    if count == 3:  # 1, 3, 3 and 1 of eight
        assert np.bincount(found) / len(found) == pytest.approx(
            [1 / 8, 3 / 8, 3 / 8, 1 / 8], abs=0.02
        )
