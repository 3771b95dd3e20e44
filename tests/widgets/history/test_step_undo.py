"""A step that was run again is taken back: its former result, its layers, and nothing computed."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from deeds_room import box, rest, type_cells

from spotscope.model import Edit, EditKind, RunRecord
from spotscope.pipeline import Finding, inputs_of

pytestmark = pytest.mark.gui


def drawn(labels):
    """A level as an array."""
    return np.asarray(labels[:, :])


def seen(dock):
    """What is found and what is drawn of it."""
    session, stack = dock.workbench.session, dock.canvas.stack
    lookup = stack["nuclei"].metadata["lookup"]
    return (
        session.nuclei.n,
        session.edits.done,
        None if session.cells is None else tuple(session.cells.table.obs["cell_type"]),
        dock.workbench.facts,
        [row.name for row in dock.typing_card.legend.types.rows],
        bool((drawn(lookup.levels[0].labels) == drawn(session.labels.levels[0])).all()),
        lookup.lut.tolist(),
        dock.canvas.codes.tolist(),
        dock.cards["nuclei"].state_line.text(),
        dock.cards["types"].state_line.text(),
        # a correction that is done again is told with the minute it was
        re.sub(r"\d\d:\d\d", "", dock.office.history.log.text()),
    )


def move_sensitivity(dock):
    form = dock.nuclei_card.form
    form["sensitivity"].value = 0.7 if form["sensitivity"].value != 0.7 else 0.6


def test_nuclei_found_again_are_those_before_with_types_and_corrections(dock, qtbot):
    bench, deeds = dock.workbench, dock.workbench.deeds
    type_cells(qtbot, dock)
    assert deeds.last == ""  # nothing was lost by a first run
    dock.check.correct(Edit.of(EditKind.DELETE, bench.session.nuclei.yx_um[3]))
    rest(qtbot, dock)
    before, session = seen(dock), bench.session
    assert before[5]

    move_sensitivity(dock)
    dock.nuclei_card.button.click()
    rest(qtbot, dock)
    assert deeds.last == "nuclei found again"
    assert len(bench.session.edits.done) == 1  # laid upon the new ones too
    assert bench.session.cells is None
    dock.check.correct(Edit.of(EditKind.DELETE, bench.session.nuclei.yx_um[5]))
    rest(qtbot, dock)
    after = seen(dock)

    deeds.undo()
    rest(qtbot, dock)
    deeds.undo()
    assert bench.running is None  # there at once
    rest(qtbot, dock)
    assert bench.session.cells is session.cells
    assert seen(dock) == before
    assert deeds.last == "a nucleus deleted"
    deeds.redo()
    deeds.redo()
    rest(qtbot, dock)
    assert seen(dock) == after
    deeds.undo()
    rest(qtbot, dock)
    deeds.undo()
    deeds.undo()
    rest(qtbot, dock)
    assert bench.session.edits.done == ()
    assert bench.session.nuclei.n == before[0] + 1


def test_types_and_expression_come_back_though_a_gene_was_shown(dock, qtbot):
    bench, deeds = dock.workbench, dock.workbench.deeds
    type_cells(qtbot, dock)
    dock.expression_card.button.click()
    rest(qtbot, dock)
    assert deeds.last == ""
    dock.explorer.search("")
    before, expression = seen(dock), bench.session.cells.table
    dock.expression_card.chips.buttons[0].click()  # its colours lie in the lookup now
    rest(qtbot, dock)
    dock.typing_card.form["umi_min"].value += 1
    dock.typing_card.button.click()
    rest(qtbot, dock)
    assert deeds.last == "cells typed again"
    assert bench.session.cells.table is not expression
    deeds.undo()
    rest(qtbot, dock)
    assert bench.session.cells.table is expression
    dock.explorer.search("")
    assert seen(dock) == before
    np.testing.assert_array_equal(bench.fitted.types, bench.session.cells.types)
    dock.expression_card.button.click()
    rest(qtbot, dock)
    assert deeds.last == "expression inferred again"
    assert bench.session.cells.table is not expression
    deeds.undo()
    assert bench.session.cells.table is expression


def test_types_that_were_held_and_a_region_s_own_nu_are_taken_back(dock, qtbot):
    from spotscope import pipeline

    type_cells(qtbot, dock)
    bench, deeds = dock.workbench, dock.workbench.deeds

    def now():
        return pipeline.held_of(bench.session).to_json(), tuple(
            bench.session.cells.table.obs["cell_type"]
        )

    states = [now()]
    dock.explorer.regions.add(box(20, 200))
    rest(qtbot, dock)
    first, second = bench.session.cells.types[:2]
    labels = tuple(bench.session.nuclei.label_id[:2].tolist())
    desk = dock.explorer.regions.nu
    acts = {
        f"2 nuclei held as {first}": lambda: dock.explorer.spot.why.hold(labels, first),
        f"a nucleus held as {second}": lambda: dock.explorer.spot.why.hold(labels[:1], second),
        "Region 1 given ν 8": lambda: desk.give(8.0),
        f"nuclei of Region 1 held as {second}": lambda: desk.hold(second),
        "nuclei of Region 1 let go": lambda: desk.hold(None),
    }
    for said, act in acts.items():
        act()
        rest(qtbot, dock)
        assert deeds.last == said
        states.append(now())
        assert states[-1][0] != states[-2][0]
    for before in reversed(states[:-1]):
        deeds.undo()
        rest(qtbot, dock)
        assert now() == before
    for after in states[1:]:
        deeds.redo()
        rest(qtbot, dock)
        assert now() == after


def test_answers_stay_when_a_step_is_taken_back_and_are_told_for_what_they_are(dock, qtbot):
    bench, desk = dock.workbench, dock.explorer.analysis
    type_cells(qtbot, dock)
    table = pd.DataFrame({"type_a": ["A"], "type_b": ["B"], "z": [2.0], "values": "inferred"})
    for name in ("neighbours", "variable"):
        record = RunRecord(f"analyse {name}", {}, 0, inputs_of(bench.session), {}, 0.0, ())
        desk.findings[name] = Finding(name, name, table, record, None)
    before = dict(desk.findings)
    move_sensitivity(dock)
    dock.nuclei_card.button.click()
    rest(qtbot, dock)
    dock.typing_card.button.click()
    rest(qtbot, dock)
    assert [one.name for one in desk.fresh] == ["variable"]  # it speaks of spots alone

    bench.deeds.undo()
    rest(qtbot, dock)
    qtbot.waitUntil(lambda: not dock.busy)
    assert desk.findings == before
    assert [one.name for one in desk.fresh] == ["neighbours", "variable"]
    bench.deeds.redo()
    rest(qtbot, dock)
    assert desk.findings == before
    assert [one.name for one in desk.fresh] == ["variable"]
