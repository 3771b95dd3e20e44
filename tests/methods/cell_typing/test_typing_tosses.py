"""Random numbers that go with counts."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.cell_typing._tosses import cell_numbers, count_numbers, heads, tosses


def test_a_part_of_the_section_is_tossed_as_in_the_whole():
    spots = np.random.default_rng(0).integers(2**64, size=4, dtype=np.uint64)
    n = np.array([3, 0, 4, 5])
    whole = tosses(cell_numbers(spots, n), 6)
    part = tosses(cell_numbers(spots[2:], n[2:]), 6)
    assert np.array_equal(whole[3:], part)


def test_cells_of_one_spot_other_spots_and_other_sweeps_are_tossed_otherwise():
    cells = cell_numbers(np.array([7, 8], np.uint64), np.array([5, 5]))
    assert len(set(cells.tolist())) == 10
    assert not np.isin(tosses(cells, 0), tosses(cells, 1)).any()


def test_they_are_spread_evenly_over_spots_and_sweeps():
    """Means 1/2, variances 1/12, and no more correlation of sweeps and of rows than by chance."""
    cells = cell_numbers(np.arange(40_000, dtype=np.uint64), np.ones(40_000, int))
    drawn = np.stack([tosses(cells, sweep) for sweep in range(10)])
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
