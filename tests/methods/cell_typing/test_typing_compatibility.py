"""Likings of types: learned from who lies beside whom."""

import numpy as np
import pytest

from spotscope.methods.cell_typing import CellTypingParams, fit
from spotscope.methods.cell_typing._compatibility import compatibility
from spotscope.methods.cell_typing._icm import Field
from spotscope.methods.cell_typing._potts import link_cells
from spotscope.model import run


def row_of(types, n_types):
    """One cell a spot, spots in a row, their types known."""
    n = len(types)
    yx = np.stack([np.zeros(n), 100.0 * np.arange(n)], axis=1)
    field = Field(np.arange(n + 1), np.arange(n), None, link_cells(yx, 2, 150.0))
    return field, np.eye(n_types)[types]


def test_types_that_lie_side_by_side_like_one_another():
    """0 0 1 1 0 0 1 1 … and then 2 2 2 …: 0 meets 1 as often as itself, and never 2."""
    types = np.concatenate([np.tile([0, 0, 1, 1], 60), np.full(120, 2)])
    like = compatibility(*row_of(types, 3))
    assert like == pytest.approx(like.T)
    assert like[0, 1] > like[0, 2] + 0.5
    assert like[0, 1] == pytest.approx(like[0, 0], abs=0.25)
    assert like[2, 2] > like[0, 2]


def test_cells_in_no_order_have_no_likings():
    types = np.random.default_rng(0).integers(0, 3, 3000)
    assert compatibility(*row_of(types, 3)) is None


def test_likings_can_be_asked_for_and_are_kept(tissue, tmp_path):
    from spotscope.methods.cell_typing import load_fitted

    params = CellTypingParams(evidence="moments", together="learned")
    args = (tissue.spots, tissue.reference, tissue.membership, tissue.yx_um)
    fitted = run(fit(*args, params, rng=0))
    like = fitted.state.like
    assert like.shape == (6, 6)
    # bands lie in order: a type likes the next band's more than the one after
    assert like[0, 1] > like[0, 3]
    fitted.save(tmp_path / "fit")
    again = load_fitted(tmp_path / "fit")
    assert (again.solve(4.0).codes == fitted.solve(4.0).codes).all()
