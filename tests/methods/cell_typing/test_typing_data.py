"""Real cells summed into bins, so that the truth is exact; typed from another section."""

import os
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.methods.cell_typing import CellTypingParams, baseline, fit, predict
from spotscope.model import Lattice, Membership, Reference, Spots, run

BIN_UM = 50.0


@pytest.fixture(scope="module")
def starmap():
    beside = Path(__file__).parents[3] / ".." / "shared" / "data"
    path = Path(os.environ.get("SPOTSCOPE_DATA", beside)) / "starmap_v1" / "cells.h5ad"
    if not path.is_file():
        pytest.skip(f"the STARmap cells are not at {path}")
    cells = ad.read_h5ad(path)
    first = cells[cells.obs["section"] == "Dat1"].copy()
    second = cells[cells.obs["section"] == "Dat2"].copy()
    reference = Reference.from_table(first)
    yx = np.asarray(second.obsm["spatial"], float)[:, ::-1]
    at = np.floor((yx - yx.min(axis=0)) / BIN_UM).astype(int)
    bins, owner, n_cells = np.unique(at, axis=0, return_inverse=True, return_counts=True)
    owner = owner.ravel()
    sums = sp.csr_matrix((np.ones(len(owner)), (owner, np.arange(len(owner)))))
    table = ad.AnnData(
        sp.csr_matrix(sums @ second.X),
        obs=pd.DataFrame(index=[f"bin{i}" for i in range(len(bins))]),
        var=pd.DataFrame(index=second.var_names),
    )
    spots = Spots(table, (bins + 0.5) * BIN_UM, Lattice("square", BIN_UM, BIN_UM))
    codes = pd.Index(reference.types).get_indexer(second.obs["cell_type"].astype(str))
    truth = np.zeros((len(bins), reference.n_types))
    np.add.at(truth, (owner, codes), 1.0)
    return spots, reference, n_cells, truth / n_cells[:, None]


def scores(found, truth):
    rmse = float(np.sqrt(((found - truth) ** 2).mean()))
    return rmse, float(np.corrcoef(found.ravel(), truth.ravel())[0, 1])


def counted(codes, owner, truth):
    found = np.zeros_like(truth)
    np.add.at(found, (owner, codes), 1.0)
    return found / found.sum(axis=1, keepdims=True)


@pytest.mark.data
def test_proportions_of_a_real_section_beat_least_squares(starmap, capsys):
    spots, reference, n_cells, truth = starmap
    members = Membership.from_counts(n_cells)
    params = CellTypingParams()
    task = fit(spots, reference, members, spots.yx_um[members.owner], params, rng=0)
    answer = predict(run(task), params)
    simple = baseline(spots, reference, members)
    rows = {
        "proportions": scores(answer.proportions, truth),
        "labels": scores(counted(answer.codes, members.owner, truth), truth),
        "least squares": scores(simple.proportions, truth),
        "least squares, rounded": scores(counted(simple.codes, members.owner, truth), truth),
    }
    with capsys.disabled():
        for name, (rmse, pcc) in rows.items():
            print(f"\n  {name:24s} RMSE {rmse:.4f}  PCC {pcc:.3f}", end="")  # noqa: T201
    assert rows["proportions"][0] < rows["least squares"][0]
    # Whole cells are level with rounding here: cells of one type differ in depth as types do.
    assert rows["labels"][0] < 1.1 * rows["least squares, rounded"][0]
    assert rows["proportions"][1] > 0.83
