"""A fit that is to search long: what it settles at, and who may ask meanwhile."""

import pytest
from typing_toys import make_tissue

from spotscope.methods.cell_typing import CellTypingParams, fit, predict
from spotscope.methods.cell_typing._icm import total_energy
from spotscope.model import MethodError, run, update

LONG = CellTypingParams(search="long")


@pytest.fixture(scope="module")
def long(fitted):
    return fitted.under(LONG)


def test_a_quick_search_settles_at_what_it_answers_at_once(fitted):
    asked, settled = fitted.solve(4.0), run(fitted.settle(4.0))
    assert settled.codes.tolist() == asked.codes.tolist()


def test_a_settled_answer_is_remembered_for_the_same_question_alone(fitted):
    settled = run(fitted.settle(4.0))
    assert run(fitted.settle(4.0)) is settled
    assert run(fitted.settle(3.0)) is not settled
    by_cell = fitted.under(update(fitted.state.params, label_by="cell"))
    other = run(by_cell.settle(4.0))
    assert other is not settled
    assert other.codes.tolist() == by_cell.solve(4.0).codes.tolist()


@pytest.mark.parametrize("evidence", ["moments", "counts"])
def test_a_long_search_settles_lower_and_the_same_every_time(evidence):
    world = make_tissue(seed=4, side=9, umis=60, cells=(4, 10))
    params = CellTypingParams(evidence=evidence, search="long", label_by="section")
    task = fit(world.spots, world.reference, world.membership, world.yx_um, params, rng=0)
    fitted = run(task)
    at_once, settled = fitted.solve(4.0), run(fitted.settle(4.0))
    assert settled.energy < at_once.energy - 1
    inside = settled.codes[fitted.state.spot_cells]
    assert settled.energy == pytest.approx(total_energy(fitted._field, inside, 4.0), rel=1e-12)
    fitted._known.clear()
    assert run(fitted.settle(4.0)).codes.tolist() == settled.codes.tolist()


def test_progress_is_told_and_a_second_question_takes_none(long):
    long._known.clear()
    told = []
    first = run(long.settle(5.0), told.append)
    assert [p.done for p in told] == list(range(told[0].total + 1))
    again = []
    assert run(long.settle(5.0), again.append) is first
    assert not again
    for nu in range(8):
        run(long.settle(float(nu)))
    assert len(long._known) <= 4


def test_others_may_ask_while_a_search_is_under_way_and_it_may_be_ended(long):
    wanted = long.solve(5.0).codes.tolist()
    long._known.clear()
    task = long.settle(5.0)
    for _ in range(3):
        next(task)
        assert long.solve(5.0).codes.tolist() == wanted
    task.close()
    assert not long._known
    assert long.solve(5.0).codes.tolist() == wanted


def test_a_long_search_goes_round_what_is_given(long):
    plain = run(long.settle(2.0))
    cell = int(long.state.spot_cells[7])
    other = (int(plain.codes[cell]) + 1) % len(long.types)
    held = run(long.settle(2.0, {cell: other}))
    assert held.codes[cell] == other
    assert held.support[cell] == 1.0
    assert run(long.settle(2.0)).codes.tolist() == plain.codes.tolist()
    with pytest.raises(MethodError, match="lock a cell of this sample"):
        run(long.settle(2.0, {10**6: 0}))


def test_prediction_searches_as_its_parameters_say(fitted, long):
    params = CellTypingParams(nu=5.0, search="long")
    assert predict(fitted, params).codes.tolist() == run(long.settle(5.0)).codes.tolist()
    quick = CellTypingParams(nu=5.0)
    assert predict(long, quick).codes.tolist() == fitted.solve(5.0).codes.tolist()
