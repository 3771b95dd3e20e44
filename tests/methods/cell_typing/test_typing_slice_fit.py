"""One slice of several: whatever is asked of it is answered as on the stack."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from typing_toys import make_tissue, membership_of, table

from spotscope.methods.cell_typing import (
    CellTypingParams,
    SlicePlace,
    fit,
    fit_of_slice,
    part_of,
    retype_around,
    why,
    with_cells,
)
from spotscope.methods.cell_typing._around import touched_spots
from spotscope.model import Lattice, Reference, Spots, Transform, run

NU = 2.0
ACROSS = 15.0
#: The second slice was cut in a frame of its own.
ASIDE = Transform.of([[0.0, 1.0], [-1.0, 0.0]], [900.0, -40.0])


@pytest.fixture(scope="module", params=["counts", "moments"])
def two(request):
    """Two slices of one tissue, typed as one section; the second in its own frame."""
    tissue = make_tissue(seed=3, side=7)
    n, m = tissue.spots.n, len(tissue.yx_um)
    rng = np.random.default_rng(1)
    counts = tissue.spots.table.X.toarray()
    stacked = np.vstack([counts, rng.poisson(counts)])
    genes = list(tissue.spots.table.var_names)
    spots = Spots(
        table(stacked, [f"s{i}" for i in range(2 * n)], genes),
        np.tile(tissue.spots.yx_um, (2, 1)),
        Lattice("square", 100.0, 55.0),
    )
    own = ASIDE.inverse()(tissue.yx_um)
    places = [
        SlicePlace((0, m), (0, n), Transform(), 0.0),
        SlicePlace((m, 2 * m), (n, 2 * n), ASIDE, ACROSS),
    ]
    zyx = np.concatenate([places[0].lifted(tissue.yx_um), places[1].lifted(own)])
    owner = tissue.membership.owner.astype(int)
    both = np.concatenate([owner, np.where(owner >= 0, owner + n, -1)])
    params = CellTypingParams(evidence=request.param, reach_um=70.0)
    whole = run(
        fit(spots, bursty(tissue.reference), membership_of(both, 2 * n), zyx, params, rng=0)
    )
    return whole, places, own


def bursty(reference):
    """Cells of a type that differ by more than chance, so that moments can be weighed."""
    rng = np.random.default_rng(0)
    cells = reference.table
    counts = rng.poisson(cells.X.toarray() * rng.gamma(2, 0.5, cells.shape))
    names = cells.obs["cell_type"].to_numpy()
    return Reference.from_table(table(counts, cells.obs_names, cells.var_names, cell_type=names))


def same(one, other):
    for name in ("codes", "source", "margin", "support", "weights", "proportions", "misfit"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), name)
    assert (one.nu, one.energy) == (other.nu, other.energy)


@pytest.mark.parametrize("k", [0, 1])
def test_each_question_is_answered_as_on_the_stack(two, k):
    whole, places, own = two
    m = places[0].cells[1]
    mine = fit_of_slice(whole, places[k], own)
    assert np.array_equal(mine.state.owner, whole.state.owner[:m])
    same(mine.solve(NU), part_of(whole.solve(NU), places[k]))
    same(run(mine.settle(NU)), part_of(run(whole.settle(NU)), places[k]))
    held = int(np.flatnonzero(mine.state.owner >= 0)[4])
    nu_of = np.full(m, np.nan)
    nu_of[: m // 2] = 30.0
    everywhere = np.full(2 * m, np.nan)
    everywhere[k * m : k * m + m // 2] = 30.0
    name = whole.types[-1]
    asked = mine.solve(NU, {held: name}, nu_of)
    same(asked, part_of(whole.solve(NU, {held + k * m: name}, everywhere), places[k]))
    assert asked.codes[held] == len(whole.types) - 1


def test_it_is_not_what_the_slice_alone_would_say(two):
    whole, places, own = two
    mine = fit_of_slice(whole, places[1], own)
    alone = with_cells(whole_of(mine), mine.state.owner, mine.state.yx_um)
    assert not np.array_equal(alone.solve(20.0).support, mine.solve(20.0).support)


def whole_of(mine):
    """The slice's own part of what was learned, as a fit of a single section."""
    from spotscope.methods.cell_typing import FittedTyping

    names = [field.name for field in dataclasses.fields(FittedTyping)]
    return FittedTyping(**{name: getattr(mine, name) for name in names})


@pytest.mark.parametrize("k", [0, 1])
def test_around_an_edit_cells_are_typed_as_on_the_stack_with_all_others_held(two, k):
    whole, places, own = two
    mine = fit_of_slice(whole, places[k], own if k else ASIDE(own))
    base = mine.solve(NU)
    owner, yx = mine.state.owner.copy(), mine.state.yx_um.copy()
    gone = int(np.flatnonzero(owner == 24)[0])
    old = np.delete(np.arange(len(owner)), gone)
    moved = int(np.flatnonzero(owner[old] == 10)[0])
    owner, yx = owner[old], yx[old]
    owner[moved] = 11
    yx = np.concatenate([yx, mine.state.yx_um[gone : gone + 1] + 3.0])
    owner, old = np.append(owner, 24).astype(np.int32), np.append(old, -1)
    local = retype_around(mine, base, owner, yx, old)

    touched = touched_spots(mine, owner, old)
    assert touched.tolist() == [10, 11, 24]
    held = np.flatnonzero((owner >= 0) & ~np.isin(owner, touched))
    locks = {int(cell): int(base.codes[old[cell]]) for cell in held}
    first, last = places[k].cells
    n = len(owner)
    others = np.r_[0:first, first + n : len(whole.state.owner) - (last - first) + n]
    was = np.r_[0:first, last : len(whole.state.owner)]
    answered = whole.solve(NU).codes
    again = with_cells(mine, owner, yx)
    all_owner = again.whole.state.owner
    all_locks = {first + cell: code for cell, code in locks.items()}
    all_locks |= {
        int(now): int(answered[then])
        for now, then in zip(others, was, strict=True)
        if all_owner[now] >= 0
    }
    solved = with_cells(
        again.whole,
        all_owner,
        again.whole.state.yx_um,
        looks=again.whole.state.looks,
        held=all_locks,
    ).solve(NU, all_locks)
    expected = part_of(solved, again.place)
    np.testing.assert_array_equal(local.codes, expected.codes)
    free = np.isin(owner, touched)
    np.testing.assert_allclose(local.support[free], expected.support[free], atol=1e-5)
    np.testing.assert_allclose(local.margin[free], expected.margin[free], atol=1e-3)
    assert len(local.codes) == n


def test_the_same_cells_given_anew_are_typed_the_same(two):
    whole, places, own = two
    mine = fit_of_slice(whole, places[1], own)
    again = with_cells(mine, mine.state.owner, own)
    same(again.solve(NU), mine.solve(NU))
    fewer = with_cells(mine, mine.state.owner[:-3], own[:-3])
    assert len(fewer.solve(NU).codes) == len(own) - 3
    assert fewer.place.cells == (len(own), 2 * len(own) - 3)


def test_why_is_told_with_the_cells_around_it(two):
    whole, places, own = two
    mine = fit_of_slice(whole, places[1], own)
    typed, everywhere = mine.solve(NU), whole.solve(NU)
    n, m = places[1].spots[0], places[1].cells[0]
    for spot in (0, 17, 40):
        told = why(mine, typed.codes, typed.support, NU, spot)
        on_stack = why(whole, everywhere.codes, everywhere.support, NU, spot + n)
        np.testing.assert_array_equal(told.chance, on_stack.chance)
        np.testing.assert_array_equal(told.cells, on_stack.cells - m)
        assert told.genes == on_stack.genes


def test_live_parameters_are_those_of_all(two):
    whole, places, own = two
    mine = fit_of_slice(whole, places[1], own)
    params = whole.state.params.model_copy(update={"label_by": "cell"})
    under = mine.under(params)
    same(under.solve(NU), part_of(whole.under(params).solve(NU), places[1]))
    assert under.state.params == params


def test_a_slice_is_not_saved_without_the_others(two, tmp_path):
    whole, places, own = two
    with pytest.raises(TypeError, match="fit of all slices"):
        fit_of_slice(whole, places[0], own).save(tmp_path)
