"""Tables are packed where that makes them smaller, and any HDF5 reads them."""

from __future__ import annotations

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import write_table_h5ad
from spotscope.io._h5_packing import packing_of


@pytest.fixture
def computed():
    """(cell, gene) values as a method gives them: none twice."""
    return np.random.default_rng(0).gamma(0.5, 3.0, (300, 40)).astype(np.float32)


@pytest.fixture
def table(computed):
    """Cells with counts, values, and values of a region alone."""
    counts = sp.csr_matrix(np.random.default_rng(1).poisson(0.3, (300, 40)))
    names = [f"cell {i}" for i in range(300)]
    table = ad.AnnData(counts, obs=pd.DataFrame({"kind": ["a", "b"] * 150}, index=names))
    part = np.full_like(computed, np.nan)
    part[:50] = computed[:50]
    layers = {"expression": computed, "of_a_region": part, "counts_assigned": counts}
    for name, layer in layers.items():
        table.layers[name] = layer
    return table


def test_what_noise_makes_hard_to_pack_is_not_packed(computed):
    assert packing_of(computed) == {}
    assert packing_of(computed.astype(np.float64) ** 0.9) == {}
    assert packing_of(computed[::3, ::2]) == {}  # a part of another array


def test_what_says_little_is_packed(computed):
    mostly_unknown = np.where(np.arange(300)[:, None] < 50, computed, np.float32(np.nan))
    for values in (mostly_unknown, np.zeros((300, 40)), np.round(computed), computed[:0]):
        assert packing_of(values)["shuffle"]
    assert packing_of(sp.csr_matrix(computed))["shuffle"]
    assert packing_of(np.arange(12_000).reshape(300, 40))["shuffle"]


def test_every_layer_is_packed_as_suits_it(table, tmp_path):
    write_table_h5ad(tmp_path / "cells.h5ad", table)
    with h5py.File(tmp_path / "cells.h5ad") as file:
        names = ("expression", "of_a_region", "counts_assigned/data")
        how = [(file[f"layers/{n}"].compression, file[f"layers/{n}"].shuffle) for n in names]
        how.append((file["X/indices"].compression, file["X/indices"].shuffle))
    assert how == [(None, False), *[("gzip", True)] * 3]


def test_what_is_read_back_is_what_was_computed(table, tmp_path):
    write_table_h5ad(tmp_path / "cells.h5ad", table)
    back = ad.read_h5ad(tmp_path / "cells.h5ad")
    assert set(back.layers) == set(table.layers)
    for name in ("expression", "of_a_region"):
        np.testing.assert_array_equal(back.layers[name], table.layers[name])
        assert back.layers[name].dtype == np.float32
    assert (back.X != table.X).nnz == 0
    assert (back.layers["counts_assigned"] != table.X).nnz == 0
    assert back.obs["kind"].tolist() == table.obs["kind"].tolist()
    assert list(back.obs_names) == list(table.obs_names)


def test_a_table_of_no_matrix_is_written_and_the_one_in_memory_keeps_its_own(table, tmp_path):
    bare = ad.AnnData(obs=table.obs.copy())
    write_table_h5ad(tmp_path / "bare.h5ad", bare)
    assert ad.read_h5ad(tmp_path / "bare.h5ad").obs_names.tolist() == list(bare.obs_names)
    write_table_h5ad(tmp_path / "cells.h5ad", table)
    assert table.X is not None
    assert len(table.layers) == 3
