"""Products with sparse counts by parts: what scipy gives at once."""

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.methods.cell_typing import _products
from spotscope.methods.cell_typing._products import chosen, column_sums, columns, times


@pytest.fixture
def counts(monkeypatch):
    """Rows of 0 to 6 values, one row longer than a part."""
    monkeypatch.setattr(_products, "_VALUES", 5)
    table = np.random.default_rng(0).poisson(0.5, (23, 7)).astype(np.int32)
    table[4], table[9], table[22] = 3, 0, 0
    return sp.csr_matrix(table)


def test_parts_give_the_product_of_the_whole(counts):
    dense = np.random.default_rng(1).random((7, 3))
    np.testing.assert_allclose(times(counts, dense), counts.toarray() @ dense)
    np.testing.assert_allclose(times(counts, dense[:, 0]), counts.toarray() @ dense[:, 0])


def test_squares_are_of_the_counts(counts):
    dense = np.random.default_rng(1).random(7)
    found = times(counts, dense, squared=True)
    np.testing.assert_allclose(found, counts.toarray().astype(float) ** 2 @ dense)
    assert counts.max() == 3  # the counts themselves are as they were


def test_columns_are_summed_over_the_rows_asked_for(counts):
    np.testing.assert_array_equal(column_sums(counts), counts.toarray().sum(axis=0))
    rows = np.array([1, 4, 22])
    np.testing.assert_array_equal(column_sums(counts, rows), counts.toarray()[rows].sum(axis=0))


def test_all_columns_are_no_copy_and_others_are_in_order(counts):
    assert columns(counts, np.arange(7)) is counts
    found = columns(counts, np.array([5, 0, 2]))
    np.testing.assert_array_equal(found.toarray(), counts.toarray()[:, [5, 0, 2]])
    assert found.has_sorted_indices


@pytest.mark.parametrize("twice", [False, True])
def test_genes_are_chosen_as_by_a_product_added_up_where_named_twice(counts, twice):
    rows, cols = ([5, 0, 2, 6], [0, 1, 2, 2]) if twice else ([5, 0, 2], [0, 1, 2])
    selector = sp.csr_matrix((np.ones(len(rows), np.int32), (rows, cols)), shape=(7, 3))
    np.testing.assert_array_equal(chosen(counts, selector).toarray(), (counts @ selector).toarray())
