"""A long search through the step, another ν, and a session that is opened again."""

from __future__ import annotations

from spotscope import pipeline
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import run
from spotscope.pipeline import StepCache
from spotscope.pipeline.cell_typing import _step
from spotscope.pipeline.cell_typing._find_fit import load_fitted_of
from spotscope.pipeline.cell_typing._step import typing_step

LONG = CellTypingParams(nu=8.0, search="long")


def test_a_long_search_needs_no_new_fit_and_settles_the_session(
    typed, demo_files, steps_cache, monkeypatch
):
    def never(*_, **__):
        raise AssertionError("fitted twice")

    monkeypatch.setattr(_step.cell_typing, "fit", never)
    reference = run(pipeline.read_reference(demo_files["reference"]))
    told = []
    task = typing_step(typed.session, reference, LONG, cache=StepCache(steps_cache))
    long = run(task, told.append)
    assert any(p.stage == "settling labels" for p in told)
    found, at_once = long.typing.energy, typed.fitted.under(LONG).solve(8.0).energy
    assert found < at_once
    assert long.session.records["type"].params["search"] == "long"
    again = load_fitted_of(long.session, StepCache(steps_cache))
    back = pipeline.retype(pipeline.retype(long.session, again, 1.0).session, again, 8.0).session
    assert (back.cells.type_codes == long.session.cells.type_codes).all()


def test_colours_do_not_wait_for_a_long_search(typed):
    fitted = typed.fitted.under(LONG)
    quick = pipeline.settle_types(typed.session, fitted, 8.0, quick=True)
    assert (quick.codes == fitted.solve(8.0).codes).all()
    settled = pipeline.settle_types(typed.session, fitted, 8.0)
    assert settled.energy < quick.energy
    base = run(pipeline.base_types(typed.session, fitted, 8.0))
    assert (base.codes == settled.codes).all()
