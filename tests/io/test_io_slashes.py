"""Cell types with a slash in their name are written, and come back with it."""

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.io import write_spots_h5ad
from spotscope.io._session import read_session, write_session
from spotscope.model import Lattice, Sample, Session, SpotKey, Spots, run

TYPES = ["Ductal - high/hypoxic", "T cell"]


@pytest.fixture
def spots() -> Spots:
    """Two spots whose first type and one of whose columns have a slash."""
    obs = pd.DataFrame({"counts/1000": [1.0, 2.0]}, index=["a", "b"])
    table = ad.AnnData(sp.csr_matrix([[3, 0], [0, 4]]), obs=obs)
    weights = pd.DataFrame([[0.25, 0.75], [1, 0]], index=table.obs_names, columns=TYPES)
    table.obsm[SpotKey.WEIGHTS.value] = weights
    return Spots(table, np.array([[0.0, 0], [0, 100]]), Lattice("free", 100.0, 55.0))


def test_a_session_gives_the_slashes_back(tmp_path, spots):
    run(write_session(tmp_path / "session.zarr", Session(Sample("s", spots=spots))))
    back, _ = read_session(tmp_path / "session.zarr")
    frame = back.sample.spots.table.obsm[SpotKey.WEIGHTS]
    assert list(frame.columns) == TYPES
    assert frame.to_numpy().tolist() == [[0.25, 0.75], [1, 0]]
    assert "counts/1000" in back.sample.spots.table.obs


def test_other_tools_read_a_name_that_looks_the_same(tmp_path, spots):
    write_spots_h5ad(tmp_path / "spots.h5ad", spots, name="s")
    read = ad.read_h5ad(tmp_path / "spots.h5ad")
    columns = list(read.obsm[SpotKey.WEIGHTS].columns)
    assert columns == ["Ductal - high\N{DIVISION SLASH}hypoxic", "T cell"]


def test_the_table_that_is_written_keeps_its_own_names(tmp_path, spots):
    write_spots_h5ad(tmp_path / "spots.h5ad", spots, name="s")
    run(write_session(tmp_path / "session.zarr", Session(Sample("s", spots=spots))))
    assert list(spots.table.obsm[SpotKey.WEIGHTS].columns) == TYPES
    assert "counts/1000" in spots.table.obs
