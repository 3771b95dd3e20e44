"""The benchmarks of beads and of slices on cells drawn by hand."""

from __future__ import annotations

import sys

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.evaluation import beads_of, two_slices
from spotscope.evaluation._real_cells import RealCells
from spotscope.model import Reference, run
from spotscope.pipeline.bench._beads import bench_beads
from spotscope.pipeline.bench._slices import bench_slices

GENES = [f"{kind}{i}" for kind in "ABC" for i in range(12)]
CELLS = np.kron(np.eye(3, dtype=int) * 9 + 1, np.ones(12, int))


@pytest.fixture(scope="module")
def cells():
    """400 cells 15 µm apart in three broad bands; a reference of 90 others."""
    rng = np.random.default_rng(0)
    y, x = np.divmod(np.arange(400), 20)
    codes = np.minimum(x // 7, 2)
    counts = sp.csr_matrix(rng.poisson(CELLS[codes] * 2).astype(np.int32))
    known = np.repeat(np.arange(3), 30)
    table = ad.AnnData(
        sp.csr_matrix(rng.poisson(CELLS[known] * 2).astype(np.int32)),
        obs=pd.DataFrame(
            {"cell_type": np.array(list("ABC"))[known]}, index=[f"c{i}" for i in range(90)]
        ),
        var=pd.DataFrame(index=GENES),
    )
    places = 15.0 * np.stack([y, x], axis=1).astype(float)
    return RealCells(counts, places, codes, tuple(GENES), Reference.from_table(table))


def figures(table, method):
    (row,) = [line for line in table.splitlines() if line.startswith(f"| {method}")]
    return [part.strip() for part in row.split("|")[2:-1]]


def test_doublet_mode_beats_naming_one_type_where_types_are_plain(cells):
    table = run(bench_beads([beads_of(cells, "toy", 0)]))
    floor = float(figures(table, "NNLS, heaviest type")[0])
    ours = float(figures(table, "… then typed with neighbours (5 and 10 nats)")[0])
    assert ours > floor
    assert ours > 0.95


def test_slices_are_scored_alone_and_together(cells, monkeypatch):
    monkeypatch.setitem(sys.modules, "paste", None)
    table = run(bench_slices([two_slices(cells, "toy", 0, 1)], (5.0, 1000.0)))
    names = ("each alone", "together, 5 µm across", "together, 1000 µm across")
    wrong = [float(figures(table, name)[4]) for name in names]
    assert all(0 <= share < 0.3 for share in wrong)
    assert "spotscope[slices]" in table


def test_tiles_are_timed_beside_the_whole(monkeypatch):
    from spotscope.pipeline.bench._tiles import bench_tiles

    monkeypatch.setitem(sys.modules, "distributed", None)
    table = run(bench_tiles(900))
    assert figures(table, "tiles, one process")[1] == "100.00%"
    # so few bins are one tile, learned from whole: the same labels
    assert figures(table, "as a whole")[1] == "100.00%"
    assert "cluster" not in table
