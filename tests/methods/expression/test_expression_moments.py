"""Sums of an atlas are made some cells at a time."""

from __future__ import annotations

import tracemalloc

import numpy as np
import scipy.sparse as sp

from spotscope.methods.expression import _moments
from spotscope.methods.expression._moments import type_sums


def test_sums_are_those_of_all_cells_however_many_at_once(monkeypatch):
    rng = np.random.default_rng(0)
    dense = rng.poisson(0.7, (23, 9))
    codes = rng.integers(0, 3, 23)
    monkeypatch.setattr(_moments, "_AT_ONCE", 5)
    sums, squares = type_sums(sp.csr_matrix(dense), codes, 4)
    for kind in range(4):
        own = dense[codes == kind]
        assert (sums[kind] == own.sum(axis=0)).all()
        assert (squares[kind] == (own**2).sum(axis=0)).all()


def test_an_atlas_is_not_copied(monkeypatch):
    """Two million counts take 24 MB as doubles; what is held beside them is a tenth of that."""
    counts = sp.random(20_000, 500, 0.2, "csr", random_state=np.random.default_rng(0))
    counts.data = np.ceil(counts.data * 5).astype(np.int32)
    monkeypatch.setattr(_moments, "_AT_ONCE", 500)
    tracemalloc.start()
    type_sums(counts, np.zeros(20_000, int), 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * counts.nnz / 8
