"""What a gene is told while it is hidden: those with relatives are told, those alone are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from expression_toys import draw_cells, reference_of, spots_of

from spotscope.methods.expression import ExpressionParams, fit, hidden_gene_r
from spotscope.model import Membership, Spots, run

SPOTS, HELD = 60, 3


@pytest.fixture(scope="module")
def world():
    """Sixty spots of three cells, and what 600 other cells teach."""
    rng = np.random.default_rng(0)
    counts, codes, _ = draw_cells(SPOTS * HELD, rng, depth=0.1)
    owner = np.repeat(np.arange(SPOTS), HELD)
    # types by spot, so that spots differ in what they are of
    kind = rng.integers(0, 2, SPOTS)[owner]
    order = np.argsort(np.argsort(kind, kind="stable"), kind="stable")
    by_kind = np.argsort(codes, kind="stable")[order]
    spots, members = spots_of(counts[by_kind], owner)
    taught, known, _ = draw_cells(600, rng, depth=0.1)
    fitted = run(fit(reference_of(taught, known), ExpressionParams(rank=3, rounds=4), rng=0))
    return fitted, spots, codes[by_kind], members


def test_genes_with_relatives_are_told_and_genes_alone_are_not(world):
    r = run(hidden_gene_r(*world, ExpressionParams(), rng=0))
    assert r.shape == (60,)
    assert np.isfinite(r).all()
    assert r[:20].min() > 0.5  # along the direction
    assert r[20:40].mean() > 0.6  # marks of the types
    assert r[40:].mean() < r[:20].min()


def test_the_split_tells_no_more_than_types(world):
    fitted, *rest = world
    plain = replace(fitted, factors=None)
    r = run(hidden_gene_r(plain, *rest, ExpressionParams(method="split"), rng=0))
    closed = run(hidden_gene_r(*world, ExpressionParams(), rng=0))
    assert r[20:40].mean() > 0.6
    assert closed[:20].mean() > r[:20].mean() + 0.1


def test_of_few_spots_or_genes_nothing_is_said(world):
    fitted, spots, codes, members = world
    few = Spots(spots.table[:8].copy(), spots.yx_um[:8], spots.lattice)
    of_few = Membership(members.overlap[:8], members.owner)
    assert np.isnan(run(hidden_gene_r(fitted, few, codes, of_few, ExpressionParams()))).all()
    thin = Spots(spots.table[:, :6].copy(), spots.yx_um, spots.lattice)
    assert np.isnan(run(hidden_gene_r(fitted, thin, codes, members, ExpressionParams()))).all()


def test_a_gene_the_spots_lack_has_none_and_the_same_seed_says_the_same(world):
    fitted, spots, codes, members = world
    less = Spots(spots.table[:, 5:].copy(), spots.yx_um, spots.lattice)
    r = [run(hidden_gene_r(fitted, less, codes, members, ExpressionParams(), rng=1)) for _ in "ab"]
    assert np.isnan(r[0][:5]).all()
    assert np.isfinite(r[0][5:]).all()
    assert np.array_equal(*r, equal_nan=True)
