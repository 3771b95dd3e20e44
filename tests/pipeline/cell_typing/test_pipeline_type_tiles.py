"""Sections of many spots typed by tiles, from the command line."""

from __future__ import annotations

import anndata as ad
import dask
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.model import CellKey, OutFile, SpotKey
from spotscope.pipeline.cli import main

GENES = [f"{kind}{i}" for kind in "ABC" for i in range(12)]
CELLS = np.kron(np.eye(3, dtype=int) * 9 + 1, np.ones(12, int))


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    """``spotscope type`` on 12 × 20 bins of one cell each, types in bands."""
    folder = tmp_path_factory.mktemp("tiles")
    rng = np.random.default_rng(0)
    y, x = np.divmod(np.arange(240), 20)
    table = ad.AnnData(
        sp.csr_matrix(rng.poisson(CELLS[np.minimum(x // 7, 2)]).astype(np.int32)),
        obs=pd.DataFrame({"cells": 1}, index=[f"bin{i}" for i in range(240)]),
        var=pd.DataFrame(index=GENES),
    )
    table.obsm["spatial"] = 16.0 * np.stack([x, y], axis=1)
    table.uns["spatial_units"] = "micrometre"
    table.write_h5ad(folder / "bins.h5ad")
    known = np.repeat(np.arange(3), 20)
    reference = ad.AnnData(
        sp.csr_matrix(rng.poisson(5 * CELLS[known]).astype(np.int32)),
        obs=pd.DataFrame(
            {"cell_type": np.array(list("ABC"))[known]}, index=[f"c{i}" for i in range(60)]
        ),
        var=pd.DataFrame(index=GENES),
    )
    reference.write_h5ad(folder / "reference.h5ad")
    command = ["type", folder / "bins.h5ad", "--reference", folder / "reference.h5ad"]
    return [*map(str, command), "--n-cells", "cells", "--umi-min", "0", "--nu", "1"]


def types_of(out):
    return ad.read_h5ad(out / OutFile.CELLS).obs[CellKey.CELL_TYPE].astype(str).tolist()


def test_many_spots_are_typed_by_tiles_and_said_to_be(words, tmp_path, capsys):
    assert main([*words, "--tile-spots", "200", "--out", str(tmp_path / "tiles")]) == 0
    assert "typed in 16 tiles" in capsys.readouterr().err
    assert main([*words, "--out", str(tmp_path / "whole")]) == 0
    assert "tiles" not in capsys.readouterr().err
    tiled, whole = types_of(tmp_path / "tiles"), types_of(tmp_path / "whole")
    assert np.mean([a == b for a, b in zip(tiled, whole, strict=True)]) > 0.97
    spots = ad.read_h5ad(tmp_path / "tiles" / OutFile.SPOTS)
    assert np.allclose(spots.obsm[SpotKey.PROPORTIONS].sum(axis=1), 1.0, atol=1e-5)


def test_tiles_without_a_spot_are_refused(words, tmp_path, capsys):
    assert main([*words, "--tile-spots", "0", "--out", str(tmp_path)]) == 2
    assert "at least one spot" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # distributed's own, on shutting a cluster down
def test_the_same_command_on_a_cluster_gives_the_same_labels(words, tmp_path):
    distributed = pytest.importorskip("distributed")
    cut = [*words, "--tile-spots", "200"]
    assert main([*cut, "--out", str(tmp_path / "here")]) == 0
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    )
    with dask.config.set(scheduler="threads"), cluster:
        there = ["--scheduler", cluster.scheduler_address, "--out", str(tmp_path / "there")]
        assert main([*cut, *there]) == 0
    assert types_of(tmp_path / "here") == types_of(tmp_path / "there")
