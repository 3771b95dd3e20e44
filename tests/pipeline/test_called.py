"""Cells that nobody saw are not called nuclei, in the report, the log or on the command line."""

from dataclasses import replace

import numpy as np
import pytest

import spotscope
from spotscope.methods.expression import ExpressionParams
from spotscope.model import Region, Session, run
from spotscope.pipeline import ask_region, log_text, save_session, session_log
from spotscope.pipeline.cli import main
from spotscope.pipeline.cli._region import card
from spotscope.pipeline.expression._decompose_cost import decompose_cost
from spotscope.pipeline.report._layers import what_to_draw


@pytest.fixture(scope="module")
def guessed(demo_files, tmp_path_factory):
    """The demo's spots without their image, on estimated cells: typed, and their expression."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        session = spotscope.estimate_cells(spotscope.read(demo_files["spots"]))
        typed = spotscope.type_cells(session, demo_files["reference"], nu=1.0)
        return spotscope.decompose(typed.session, method="split").session


@pytest.fixture
def around(guessed):
    low, high = guessed.nuclei.yx_um.min(axis=0) - 9, guessed.nuclei.yx_um.max(axis=0) + 9
    return Region("all", np.array([low, [low[0], high[1]], high, [high[0], low[1]]]))


def test_only_what_was_all_seen_is_called_nuclei(typed, guessed):
    assert typed.session.called == "nuclei"
    assert guessed.called == "cells"
    assert Session(guessed.sample).called == "cells"
    one = typed.session.nuclei.probability.copy()
    one[0] = np.nan
    mixed = replace(typed.session, nuclei=replace(typed.session.nuclei, probability=one))
    assert mixed.called == "cells"


def test_the_log_and_the_region_say_cells(guessed, around):
    said = [entry.said for entry in session_log(guessed)]
    assert said[1] == f"{guessed.nuclei.n:,} estimated"
    assert f" on {guessed.nuclei.n:,} cells, " in said[2]
    answer = ask_region(guessed, around)
    told = "\n".join(card(answer))
    assert f"{guessed.nuclei.n:,} cells (" in told
    assert "nuclei" not in told
    assert "nuclei" not in " ".join(answer.notes)


def test_expression_and_figures_say_cells(guessed):
    cost = decompose_cost(guessed, None, ExpressionParams(method="split"))
    assert f"{cost.cells:,} cells ×" in str(cost)
    assert what_to_draw(guessed, "types").called == "cells"
    assert "nucle" not in what_to_draw(guessed, "confidence").title
    gene = str(guessed.cells.table.var_names[0])
    assert what_to_draw(guessed, "gene", gene, on_cells=True).unit == "expected counts a cell"
    assert not [note for note in guessed.records["decompose"].notes if "nucle" in note]
    assert not [note for note in guessed.records["type"].notes if "hold no nucleus" in note]


def test_the_report_says_cells(guessed, around, tmp_path):
    view = {"regions": [{"name": "all", "polygon_yx_um": around.polygon_yx_um.tolist()}]}
    run(save_session(replace(guessed, view=view), tmp_path / "OUT"))
    assert main(["report", str(tmp_path / "OUT")]) == 0
    (page,) = (tmp_path / "OUT").glob("*.html")
    html = page.read_text("utf-8")
    assert f"{guessed.nuclei.n:,} cells" in html
    assert f"{guessed.nuclei.n:,} nuclei" not in html
    assert "<th>nuclei<" not in html
    assert "<th>cells<" in html


def test_the_log_calls_methods_of_expression_as_the_window_does(guessed):
    told = next(entry for entry in session_log(guessed) if entry.step == "decompose")
    assert told.said.endswith(" genes, split by type")
    assert told.settings["method"] == "split by type"
    record = guessed.records["decompose"]
    both = replace(record, figures={**record.figures, "method": "gaussian and split"})
    later = replace(guessed, records={**guessed.records, "decompose": both})
    assert "genes, cell by cell and split by type" in log_text(later)
    assert "gaussian" not in log_text(later)
