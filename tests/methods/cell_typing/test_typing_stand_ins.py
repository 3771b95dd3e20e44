"""Spots made of the reference's cells: the same however many cells are taken out together."""

import numpy as np
import pytest
from typing_toys import make_tissue

from spotscope.methods.cell_typing import CellTypingParams, _calibrate, _stand_ins, fit
from spotscope.methods.cell_typing._stand_ins import (
    _quantile,
    drawing_order,
    of_reference_cells,
)
from spotscope.model import run


def test_a_quantile_of_counted_values_is_that_of_all_of_them():
    rng = np.random.default_rng(0)
    values, number = rng.normal(size=30), rng.integers(0, 5, 30)
    for share in (0.0, 0.3, 0.95, 1.0):
        wanted = np.quantile(np.repeat(values, number), share)
        assert _quantile(values, number, share) == pytest.approx(wanted, abs=1e-12)
    assert _quantile(values, np.zeros(30, np.int64), 0.5) == 1.0


def test_the_spots_hang_on_no_block_and_hold_what_their_types_give(monkeypatch):
    asked, check = [], _calibrate.calibrate
    monkeypatch.setattr(_calibrate, "calibrate", lambda *a: asked.append(a) or check(*a))
    world = make_tissue(side=8, umis=900)
    params = CellTypingParams(evidence="moments")
    fitted = run(fit(world.spots, world.reference, world.membership, world.yx_um, params, rng=0))
    state, reference, picked = asked[0][:3]
    truth = fitted.free

    def made(at_once):
        monkeypatch.setattr(_stand_ins, "_AT_ONCE", at_once)
        rest = (drawing_order(reference), np.random.default_rng(1))
        return of_reference_cells(state, truth, reference, picked, *rest).mixtures.counts

    whole = made(10**6)
    for few in (1, 7, 50):
        assert (made(few) != whole).nnz == 0
    owner = state.owner[state.spot_cells]
    expected = np.zeros(whole.shape)
    np.add.at(expected, owner, state.metric.profiles[truth])
    assert np.corrcoef(expected.ravel(), whole.toarray().ravel())[0, 1] > 0.9
    assert whole.sum() == pytest.approx(expected.sum(), rel=0.25)
