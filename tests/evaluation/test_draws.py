"""Draws of a set's cells: all of one set first, and only cells that counted anything."""

import numpy as np
import scipy.sparse as sp
from anndata import AnnData

from spotscope.evaluation._draws import drawn, some_cells
from spotscope.evaluation._real_cells import RealCells
from spotscope.model import Reference


def cells_of(counts):
    table = AnnData(sp.csr_matrix(counts[:2]), obs={"cell_type": ["a", "b"]})
    n = len(counts)
    yx = np.stack([np.arange(n), np.zeros(n)], axis=1).astype(float)
    genes = tuple(table.var_names)
    return RealCells(
        sp.csr_matrix(counts), yx, np.zeros(n, np.int64), genes, Reference.from_table(table)
    )


def test_draws_of_a_set_follow_each_other_and_names_choose():
    known = {"one": 1, "two": 2}
    assert list(drawn(known, (), 2)) == [("one", 0, 1), ("one", 1, 1), ("two", 0, 2), ("two", 1, 2)]
    assert list(drawn(known, ("two",), 1)) == [("two", 0, 2)]


def test_some_cells_are_no_more_than_2000_in_order_and_none_is_empty():
    counts = np.ones((2500, 3), np.int64)
    counts[::5] = 0
    counts[:2] = 1
    kept = some_cells(cells_of(counts), np.random.default_rng(1))
    rows = kept.yx_um[:, 0].astype(int)
    assert (np.diff(rows) > 0).all()
    assert counts[rows].any(axis=1).all()
    assert 1500 < len(rows) < 1700  # four in five of 2,000
    few = some_cells(cells_of(counts[:10]), np.random.default_rng(1))
    np.testing.assert_array_equal(few.yx_um[:, 0], [0, 1, 2, 3, 4, 6, 7, 8, 9])
