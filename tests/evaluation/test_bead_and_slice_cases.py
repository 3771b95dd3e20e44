"""Beads and slices made of cells whose types are known, and how answers on beads are scored."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from spotscope.evaluation import bead_table, beads_of, score_beads, two_slices
from spotscope.evaluation._real_cells import RealCells
from spotscope.model import Lattice, Reference, Spots


@pytest.fixture
def cells(three_type_reference):
    """144 cells 20 µm apart, types in rows; cell i counts i + 1 of its type's first gene."""
    n = 144
    codes = (np.arange(n) // 12) % 3
    genes = tuple(map(str, three_type_reference.table.var_names))
    counts = sp.csr_matrix((np.arange(n) + 1, (np.arange(n), 3 * codes)), shape=(n, len(genes)))
    yx = 20.0 * np.stack(np.divmod(np.arange(n), 12), axis=1).astype(float)
    return RealCells(counts.astype(np.int32), yx, codes, genes, three_type_reference)


def test_a_bead_counts_its_cell_and_may_count_a_near_one(cells):
    case = beads_of(cells, "toy", 0)
    held = case.truth.sum(axis=1)
    assert set(held) == {1, 2}
    assert 0.25 < (held == 2).mean() < 0.55
    more = case.spots.umis - (np.arange(144) + 1)
    assert (more[held == 1] == 0).all()
    other = more[held == 2] - 1  # the number of the second cell
    away = np.linalg.norm(cells.yx_um[other] - case.spots.yx_um[held == 2], axis=1)
    assert ((away > 0) & (away < 60)).all()
    expected = (
        np.eye(3, dtype=int)[cells.codes][held == 2] + np.eye(3, dtype=int)[cells.codes[other]]
    )
    assert np.array_equal(case.truth[held == 2], expected)


def test_beads_are_scored_as_by_hand(cells):
    case = beads_of(cells, "toy", 0)
    truth = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 2], [0, 1, 0]])
    table = ad.AnnData(
        sp.csr_matrix(np.ones((4, 1), np.int32)), obs=pd.DataFrame(index=list("abcd"))
    )
    case = type(case)(
        "hand", 0, Spots(table, np.zeros((4, 2)), Lattice("free", 1, 1)), case.reference, truth
    )
    # right; one of two; two cells of one type are one type; wrong
    found = score_beads(case, "m", [[0], [1], [2], [0]])
    assert found.precision == pytest.approx(3 / 4)
    assert found.recall == pytest.approx(3 / 5)
    assert found.f1 == pytest.approx(6 / 9)
    assert found.first_wrong == pytest.approx(1 / 4)
    assert found.number_right == pytest.approx(3 / 4)
    none = score_beads(case, "m", [[0], [], [], [1]])
    assert none.answered == 0.5
    assert none.first_wrong == 0.0
    assert none.number_right == pytest.approx(2 / 4)
    assert "| m | 0.667 | 0.750 |" in bead_table([found])


def test_two_slices_share_the_cells_out(cells):
    case = two_slices(cells, "toy", 3, 1)
    assert len(case.slices) == 2
    # bins leave nothing out: every count is in one of the two slices
    assert sum(int(one.spots.umis.sum()) for one in case.slices) == int(cells.counts.sum())
    back = [t(one.yx_um) for one, t in zip(case.slices, case.true, strict=True)]
    together = np.concatenate(back)
    order = np.lexsort((together[:, 1].round(), together[:, 0].round()))
    assert np.allclose(together[order], cells.yx_um)
    codes = np.concatenate([one.codes for one in case.slices])
    assert np.array_equal(codes[order], cells.codes)
    assert not np.allclose(case.slices[1].yx_um, back[1])


def test_another_seed_is_another_toss(cells):
    first, second = two_slices(cells, "toy", 0, 1), two_slices(cells, "toy", 1, 1)
    assert len(first.slices[0].codes) != len(second.slices[0].codes) or not np.array_equal(
        first.slices[0].yx_um, second.slices[0].yx_um
    )


def test_the_reference_is_handed_on(cells):
    assert isinstance(beads_of(cells, "toy", 0).reference, Reference)
    assert two_slices(cells, "toy", 0, 0).slices[1].reference is cells.reference
