"""Pooled cells: no cell twice, sums exact, thinning, parts that share no cell."""

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from spotscope.evaluation import (
    EXPRESSION_SETS,
    expression_cases,
    gene_folds,
    imputation_cases,
    pool_cells,
    program_folds,
)
from spotscope.evaluation._expression_cases import _thinned
from spotscope.evaluation._real_cells import RealCells
from spotscope.model import MethodError, ReadError


def cells_on_a_line(n):
    counts = np.random.default_rng(1).poisson(20, (n, 4))
    yx = np.stack([np.zeros(n), np.arange(n)], axis=1)
    return RealCells(sp.csr_matrix(counts), yx, np.zeros(n, int), tuple("ABCD"), None)


def test_spots_hold_two_to_eight_neighbours_and_no_cell_twice():
    pooled = pool_cells(cells_on_a_line(200), seed=0, most_spots=12)
    assert len(pooled) == 12
    sizes = [len(spot) for spot in pooled]
    assert min(sizes) >= 2
    assert max(sizes) <= 8
    assert len(set(sizes)) > 2
    everyone = np.concatenate(pooled)
    assert len(set(everyone.tolist())) == len(everyone)
    assert max(np.ptp(spot) for spot in pooled) <= 32


def test_cells_without_a_place_are_mixed_at_random():
    pooled = pool_cells(cells_on_a_line(200), seed=0, places=False, most_spots=12)
    assert max(np.ptp(spot) for spot in pooled) > 60


def test_cells_without_a_count_are_in_no_spot():
    cells = cells_on_a_line(30)
    counts = cells.counts.toarray()
    counts[10:] = 0
    pooled = pool_cells(
        RealCells(sp.csr_matrix(counts), cells.yx_um, cells.codes, cells.genes, None), seed=0
    )
    assert np.concatenate(pooled).max() < 10


def test_too_few_cells_are_said():
    with pytest.raises(MethodError, match="at least 2 cells"):
        pool_cells(cells_on_a_line(1), seed=0)


def test_a_whole_capture_sums_exactly_and_a_thin_one_keeps_its_share():
    cells = cells_on_a_line(200)
    pooled = pool_cells(cells, seed=3)
    whole, thin = (_thinned("toy", 3, rate, cells, pooled) for rate in (1.0, 0.2))
    owner = whole.membership.owner
    summed = np.zeros((whole.spots.n, 4), int)
    np.add.at(summed, owner, whole.truth.toarray())
    assert (whole.spots.counts.toarray() == summed).all()
    assert (thin.spots.counts.toarray() <= summed).all()
    assert thin.spots.counts.sum() / summed.sum() == pytest.approx(0.2, abs=0.02)
    assert (thin.truth != whole.truth).nnz == 0
    parts = np.zeros_like(summed)
    np.add.at(parts, owner, thin.captured.toarray())
    assert (thin.spots.counts.toarray() == parts).all()
    assert (thin.captured.toarray() <= thin.truth.toarray()).all()
    assert thin.membership.cells_per_spot.tolist() == [len(spot) for spot in pooled]


def test_gene_folds_hide_every_gene_once():
    folds = gene_folds(23, seed=0)
    assert sorted(np.concatenate(folds).tolist()) == list(range(23))
    assert {len(fold) for fold in folds} == {4, 5}


def test_genes_of_a_program_are_hidden_together():
    rng = np.random.default_rng(0)
    programs = np.repeat(np.arange(20), 3)
    level = rng.gamma(1, 5, (300, 20))
    counts = sp.csc_matrix(rng.poisson(level[:, programs]))
    folds = program_folds(counts)
    assert sorted(np.concatenate(folds).tolist()) == list(range(60))
    fold_of = np.empty(60, int)
    for number, fold in enumerate(folds):
        fold_of[fold] = number
    assert all(len(set(fold_of[programs == k].tolist())) == 1 for k in range(20))


def test_missing_data_are_said(tmp_path):
    for cases in (expression_cases, imputation_cases):
        with pytest.raises(ReadError, match="--data DIR"):
            next(cases(tmp_path, "reporting"))


@pytest.fixture(scope="module")
def data():
    beside = Path(__file__).parents[2] / ".." / "shared" / "data"
    path = Path(os.environ.get("SPOTSCOPE_DATA", beside))
    if not (path / "starmap_v1").is_dir():
        pytest.skip(f"the benchmark's data are not at {path}")
    return path


def rows(counts):
    return {tuple(row) for row in np.asarray(counts.toarray()).tolist()}


@pytest.mark.data
@pytest.mark.parametrize("name", ["merfish", "pdac"])
def test_no_cell_is_in_two_parts_or_in_the_reference(data, name):
    read = EXPRESSION_SETS[name].read
    development, reporting = read(data, True, 0), read(data, False, 1)
    parts = rows(development.counts), rows(reporting.counts), rows(reporting.reference.table.X)
    for one, other in ((0, 1), (0, 2), (1, 2)):
        same = parts[one] & parts[other]
        assert len(same) <= 0.001 * len(parts[one]) + 1  # two thin cells may count alike


@pytest.mark.data
def test_a_hidden_gene_is_not_in_the_panel(data):
    case = next(imputation_cases(data, "development", 1, ("merfish",)))
    assert not set(case.panel) & set(case.hidden)
    assert case.truth.shape == (case.counts.shape[0], len(case.hidden))
    assert set(case.hidden) <= set(case.reference.table.var_names)
