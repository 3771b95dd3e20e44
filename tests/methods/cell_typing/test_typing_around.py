"""Typing around changed cells: the answer of the whole section with all other cells held."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from typing_toys import make_tissue, table

from spotscope.methods.cell_typing import CellTypingParams, fit, retype_around, with_cells
from spotscope.methods.cell_typing._around import _world, touched_spots
from spotscope.model import Reference, run

NU = 2.0


def bursty(tissue):
    """Cells of a type that differ by more than chance, so that moments are weighed."""
    rng = np.random.default_rng(0)
    cells = tissue.reference.table
    counts = rng.poisson(cells.X.toarray() * rng.gamma(2, 0.5, cells.shape))
    names = cells.obs["cell_type"].to_numpy()
    again = table(counts, cells.obs_names, cells.var_names, cell_type=names)
    return dataclasses.replace(tissue, reference=Reference.from_table(again))


@pytest.fixture(scope="module", params=["counts", "moments"])
def typed(request):
    """A tissue with its fit by either evidence, its answer, and neighbours within 70 µm."""
    tissue = bursty(make_tissue(seed=3, side=9))
    params = CellTypingParams(evidence=request.param, reach_um=70.0)
    fitted = run(
        fit(tissue.spots, tissue.reference, tissue.membership, tissue.yx_um, params, rng=0)
    )
    return tissue, fitted, fitted.solve(NU)


def edited(tissue, seed=0):
    """Two cells gone, one moved to another spot, two new ones in spots, one between spots."""
    rng = np.random.default_rng(seed)
    owner, yx = tissue.membership.owner.copy(), tissue.yx_um.copy()
    centre = np.array([100.0, 200.0])
    near = np.flatnonzero((owner >= 0) & (np.hypot(*(yx - centre).T) < 160))
    gone = rng.choice(near, 2, replace=False)
    old = np.delete(np.arange(len(owner)), gone)
    owner, yx = owner[old], yx[old]
    moved = int(np.flatnonzero(owner >= 0)[5])
    owner[moved] += 1
    yx[moved] += [0, 100]
    at = np.array([[102.0, 201.0], [105.0, 310.0], [150.0, 250.0]])
    new_owner = [owner[near[0]], owner[near[-3]], -1]
    return (
        np.append(owner, new_owner).astype(np.int32),
        np.concatenate([yx, at]),
        np.append(old, [-1, -1, -1]),
    )


@pytest.mark.parametrize("seed", range(3))
def test_types_around_an_edit_are_those_of_the_whole_with_the_others_held(typed, seed):
    tissue, fitted, base = typed
    owner, yx, old = edited(tissue, seed)
    touched = touched_spots(fitted, owner, old)
    assert 3 <= len(touched) <= 7
    local = retype_around(fitted, base, owner, yx, old)

    held = np.flatnonzero((owner >= 0) & ~np.isin(owner, touched))
    locks = {int(cell): int(base.codes[old[cell]]) for cell in held}
    whole = with_cells(fitted, owner, yx, held=locks).solve(NU, locks)
    assert np.array_equal(local.codes, whole.codes)
    assert np.array_equal(local.source, whole.source)
    free = np.isin(owner, touched)
    assert np.allclose(local.margin[free], whole.margin[free], atol=1e-3)
    # what the chain behind the support tosses goes with places
    assert np.allclose(local.support[free], whole.support[free], atol=1e-5)
    assert np.allclose(local.proportions[touched], whole.proportions[touched], atol=1e-5)
    rows, _ = _world(yx[free | (old < 0)], owner, yx, fitted.state.reach_um)
    assert len(rows) < 0.75 * len(owner)  # it is not the whole that was solved


def test_labels_of_untouched_spots_are_not_changed(typed):
    tissue, fitted, base = typed
    owner, yx, old = edited(tissue)
    local = retype_around(fitted, base, owner, yx, old)
    untouched = (owner >= 0) & ~np.isin(owner, touched_spots(fitted, owner, old))
    for name in ("codes", "margin", "support", "source"):
        now, before = getattr(local, name), getattr(base, name)
        assert np.array_equal(now[untouched], before[old[untouched]]), name
    assert (local.codes[owner >= 0] >= 0).all()


def test_nothing_changed_is_the_answer_that_was(typed):
    tissue, fitted, base = typed
    n = len(tissue.yx_um)
    same = retype_around(fitted, base, tissue.membership.owner, tissue.yx_um, np.arange(n))
    for name in ("codes", "margin", "support", "source", "proportions"):
        assert np.array_equal(getattr(same, name), getattr(base, name)), name


def test_a_spot_that_lost_its_cells_expects_none(typed):
    tissue, fitted, base = typed
    owner = tissue.membership.owner
    old = np.flatnonzero(owner != 40)
    local = retype_around(fitted, base, owner[old], tissue.yx_um[old], old)
    assert local.proportions[40].sum() == 0
    assert base.proportions[40].sum() == pytest.approx(1)


def test_the_same_cells_give_the_same_fit(typed):
    tissue, fitted, base = typed
    again = with_cells(fitted, tissue.membership.owner, tissue.yx_um)
    assert np.allclose(again.state.expected, fitted.state.expected)
    assert np.array_equal(again.solve(NU).codes, base.codes)
