"""Answers found behind, and smoothnesses that differ over the section."""

import numpy as np
import pytest

from spotscope.methods.cell_typing import flipped, nu_path
from spotscope.model import MethodError, run


def test_the_path_has_the_answers_that_are_asked_for(fitted):
    path = run(nu_path(fitted, (0.0, 1.0, 8.0)))
    assert set(path.nus) == {0.0, 1.0, 8.0, fitted.auto_nu}
    assert (path.answers[8.0].codes == fitted.solve(8.0).codes).all()
    assert path.nearest(7.0) is path.answers[8.0]
    assert path.nearest(0.1) is path.answers[0.0]
    shares = [share for _, _, share in path.curve()]
    assert shares[0] == 0
    assert shares[-1] > 0


def test_the_path_begins_at_the_choice_and_hands_on_each_answer(fitted):
    seen = [p.preview for p in nu_path(fitted, (0.0, 32.0)) if p.preview is not None]
    assert seen[0].nu == fitted.auto_nu
    assert len(seen) == len({0.0, 32.0, fitted.auto_nu})


def test_cells_that_flip_are_those_of_another_type(fitted):
    one, other = fitted.solve(0.0), fitted.solve(16.0)
    found = flipped(one, other)
    assert found.any()
    assert (one.codes[found] != other.codes[found]).all()
    assert (one.codes[~found] == other.codes[~found]).all()


def test_one_smoothness_for_every_cell_is_that_smoothness(fitted):
    n = len(fitted.state.owner)
    plain = fitted.solve(3.0)
    assert (fitted.solve(0.5, nu_of=np.full(n, 3.0)).codes == plain.codes).all()
    assert (fitted.solve(3.0, nu_of=np.full(n, np.nan)).codes == plain.codes).all()


def test_a_region_without_smoothing_is_typed_by_its_counts(fitted):
    """Left of the middle ν is 0, so that cells well inside it touch nobody."""
    state = fitted.state
    x = state.yx_um[:, 1]
    left = x < 500
    found = fitted.solve(20.0, nu_of=np.where(left, 0.0, np.nan))
    inside = np.flatnonzero((state.owner >= 0) & (x < 500 - 2 * state.reach_um))
    free, smooth = fitted.solve(0.0), fitted.solve(20.0)

    def mixes(answer, cells):
        counts = np.zeros((len(state.weights), len(state.types)), int)
        np.add.at(counts, (state.owner[cells], answer.codes[cells]), 1)
        return counts

    assert (mixes(found, inside) == mixes(free, inside)).all()
    assert (mixes(smooth, inside) != mixes(free, inside)).any()
    right = np.flatnonzero((state.owner >= 0) & (x > 500 + 2 * state.reach_um))
    assert (found.codes[right] == smooth.codes[right]).mean() > 0.9


@pytest.mark.parametrize("wrong", [np.zeros(3), None])
def test_smoothnesses_of_other_cells_are_refused(fitted, wrong):
    nu_of = np.full(len(fitted.state.owner), -1.0) if wrong is None else wrong
    with pytest.raises(MethodError, match="smoothness of 0 or more"):
        fitted.solve(1.0, nu_of=nu_of)
