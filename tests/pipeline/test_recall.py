"""What is worked out once of the same arrays, and forgotten with them."""

from __future__ import annotations

import gc
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd

from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.model import Membership, run, update
from spotscope.pipeline._cache import StepCache
from spotscope.pipeline._read import read_reference
from spotscope.pipeline._recall import Recall
from spotscope.pipeline.expression._decompose_inputs import (
    codes_in,
    membership_of_cells,
    section_of,
)
from spotscope.pipeline.expression._fit import learn_reference
from spotscope.pipeline.expression._marks import mark_of_cells, mark_of_reference, mark_of_spots


def test_an_answer_is_worked_out_once_for_the_same_arrays():
    recall, asked = Recall(), []
    array = np.zeros(3)

    def work():
        asked.append(1)
        return len(asked)

    assert recall((array,), "a", work) == recall((array,), "a", work) == 1
    assert recall((array,), "b", work) == 2  # asked of another value
    assert recall((array.copy(),), "a", work) == 3  # and of another array, though an equal one


def test_an_answer_goes_with_its_arrays():
    recall = Recall()
    array, other = np.zeros(3), np.ones(3)
    recall((array, other), None, lambda: 1)
    recall((other,), None, lambda: 2)
    assert len(recall) == 2
    del array
    gc.collect()
    assert len(recall) == 1
    assert recall((other,), None, lambda: 3) == 2


def test_the_one_asked_for_longest_ago_is_dropped_first():
    recall, arrays = Recall(2), [np.zeros(i + 1) for i in range(3)]
    recall((arrays[0],), None, lambda: 0)
    recall((arrays[1],), None, lambda: 1)
    recall((arrays[0],), None, lambda: -1)
    recall((arrays[2],), None, lambda: 2)
    assert recall((arrays[0],), None, lambda: -1) == 0
    assert recall((arrays[1],), None, lambda: -1) == -1


def test_membership_follows_nuclei_spots_and_the_size_of_spots(typed):
    session = typed.session
    first = membership_of_cells(session)
    assert membership_of_cells(session) is first
    nuclei, spots = session.nuclei, session.sample.spots
    moved = replace(session, nuclei=replace(nuclei, yx_um=nuclei.yx_um + 20.0))
    wide = replace(spots, lattice=replace(spots.lattice, diameter_um=spots.lattice.pitch_um))
    wider = replace(session, sample=replace(session.sample, spots=wide))
    for other, where in ((moved, spots), (wider, wide)):
        found = membership_of_cells(other)
        wanted = Membership.from_discs(other.nuclei, where)
        assert (found.overlap != wanted.overlap).nnz == 0
        assert (found.overlap != first.overlap).nnz > 0


def test_fingerprints_follow_counts_names_and_types(typed):
    spots, cells = typed.session.sample.spots, typed.session.cells
    membership = membership_of_cells(typed.session)
    table = spots.table.copy()
    assert mark_of_spots(replace(spots, table=table)) == mark_of_spots(spots)
    table.X.data[0] += 1
    more = replace(spots, table=table.copy())
    assert mark_of_spots(more) != mark_of_spots(spots)
    named = spots.table.copy()
    named.var_names = [f"x{name}" for name in named.var_names]
    assert mark_of_spots(replace(spots, table=named)) != mark_of_spots(spots)
    other = cells.table.copy()
    codes = other.obs["cell_type"].cat.codes.to_numpy().copy()
    codes[0] = (codes[0] + 1) % len(cells.types)
    other.obs["cell_type"] = pd.Categorical.from_codes(codes, categories=list(cells.types))
    retyped = replace(cells, table=other)
    assert mark_of_cells(retyped, membership) != mark_of_cells(cells, membership)
    swapped = Membership(membership.overlap, membership.owner[::-1])
    assert mark_of_cells(cells, swapped) != mark_of_cells(cells, membership)


def test_a_reference_of_other_types_has_another_fingerprint(demo_files):
    reference = run(read_reference(demo_files["reference"]))
    renamed = replace(reference, types=tuple(f"{name}'" for name in reference.types))
    assert mark_of_reference(renamed) != mark_of_reference(reference)
    recoded = replace(reference, codes=np.roll(reference.codes, 1))
    assert mark_of_reference(recoded) != mark_of_reference(reference)


def test_a_section_is_compared_once_for_its_types_and_nuclei(typed, demo_files):
    session, spots = typed.session, typed.session.sample.spots
    reference = run(read_reference(demo_files["reference"]))
    demo_fit = run(expression.fit(reference, ExpressionParams(method="split"), rng=0))
    membership, codes = membership_of_cells(session), codes_in(session, demo_fit)
    params = ExpressionParams(method="split")

    def asked(codes, **changes):
        return section_of(spots, demo_fit, codes, membership, update(params, **changes))

    first = asked(codes)
    assert asked(codes.copy(), method="gaussian") is first
    assert asked(codes, overdispersion=0.3) is not first
    other = codes.copy()
    other[first.arrangement.cells[0]] = -1
    assert asked(other) is not first
    assert len(asked(other).arrangement.cells) == len(first.arrangement.cells) - 1


def test_a_checkpoint_is_read_once_until_it_is_written_anew(three_type_reference, tmp_path):
    cache, params = StepCache(tmp_path), ExpressionParams(method="split")

    def learned():
        return run(learn_reference(three_type_reference, params, cache=cache))

    made, first = learned(), learned()
    assert first is not made
    assert learned() is first
    (folder,) = (path.parent for path in tmp_path.rglob("fitted"))
    shutil.rmtree(folder)
    learned()
    assert learned() is not first
