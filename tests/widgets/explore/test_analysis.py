"""Asking in the Explore card: the table, what a click shows, what is said where it cannot be."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt

from spotscope.model import Progress, RunRecord
from spotscope.pipeline import Finding, Question, missing_packages, read_findings
from spotscope.widgets.dock._state import Step
from spotscope.widgets.explore._analysis import fill_by_scores
from spotscope.widgets.explore._analysis_panel import AnalysisPanel
from spotscope.widgets.explore._analysis_table import FindingModel
from spotscope.widgets.jobs import _progress_bar

LONG = 600_000
pytestmark = pytest.mark.gui
needs_analysis = pytest.mark.skipif(
    bool(missing_packages()),
    reason=f"needs {', '.join(missing_packages())}: pip install 'spotscope[analysis]'",
)


def finding(name, per_spot=None, **columns):
    table = pd.DataFrame(columns).assign(values="measured")
    record = RunRecord(f"analyse {name}", {}, 0, {}, {}, 0.0, ("a note",))
    return Finding(name, f"{name} · measured", table, record, per_spot)


@pytest.fixture
def genes():
    """Three genes; the score of one is not known."""
    return finding("variable", gene=["AB", "CD", "ABC"], score=[0.1, np.nan, 2.0], q=0.5, counts=9)


def words(model, column=0):
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_the_table_sorts_by_numbers_and_what_is_none_comes_last(genes):
    model = FindingModel(genes)
    assert words(model) == ["AB", "CD", "ABC"]
    model.sort(1, Qt.SortOrder.DescendingOrder)
    assert words(model) == ["ABC", "AB", "CD"]
    assert words(model, 1) == ["2", "0.1", ""]
    model.sort(1, Qt.SortOrder.AscendingOrder)
    assert words(model) == ["AB", "ABC", "CD"]
    assert model.row(model.index(1, 0)) == 2
    model.search("ab")
    assert words(model) == ["AB", "ABC"]
    model.search("nothing")
    assert model.rowCount() == 0
    model.search("")
    model.sort(-1)
    assert words(model) == ["AB", "CD", "ABC"]
    assert model.headerData(0, Qt.Orientation.Horizontal) == "gene"


def test_heads_are_plain_words_and_a_tool_tip_says_the_rest(genes):
    role = Qt.ItemDataRole

    def heads(found):
        model, across = FindingModel(found), Qt.Orientation.Horizontal
        columns = range(model.columnCount())
        names = [model.headerData(at, across, role.DisplayRole) for at in columns]
        tips = [model.headerData(at, across, role.ToolTipRole) for at in columns]
        return dict(zip(names, tips, strict=True))

    said = heads(replace(genes, table=genes.table.assign(sd_log=1.0)))
    assert list(said) == ["gene", "score", "by chance", "spread", "values"]
    assert "false discovery rate" in said["by chance"]
    assert "standard deviation" in said["spread"]
    assert said["gene"] is None
    said = heads(finding("ligands_spots", ligand=["A"], receptor=["B"], morans_r=[0.4], q=[0.01]))
    assert list(said) == ["ligand", "receptor", "together", "by chance", "values"]
    assert "Moran's R" in said["together"]


def test_what_rows_are_ordered_by_follows_the_names_and_has_the_arrow(qtbot):
    panel = AnalysisPanel()
    qtbot.addWidget(panel)
    several = {"gene": ["b", "c", "a"], "ratio": [4.8, 3.7, 4.6], "q": [0.01, 0.01, 0.2]}
    found = finding("difference", **several, cell_type="all", low_95=1.0)
    panel.show_findings((found,), "difference")
    model, head = panel.table.model(), panel.table.horizontalHeader()
    heads = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(3)]
    assert heads == ["gene", "in", "by chance"]
    assert head.isSortIndicatorShown()
    assert head.sortIndicatorSection() == 2
    assert head.sortIndicatorOrder() == Qt.SortOrder.AscendingOrder
    assert words(model) == ["b", "c", "a"]  # equals stay as the finding has them
    of_types = {"type_a": ["x", "y", "x"], "type_b": ["y", "y", "x"], "ratio": [1.0, 3.0, 2.0]}
    beside = finding("neighbours", **of_types, z=[1.0, 9.0, 2.0], z_unsmoothed=[7.0, 5.0, np.nan])
    panel.show_findings((beside,), "neighbours")
    assert panel.table.model().headerData(2, Qt.Orientation.Horizontal) == "clear ν=0"
    assert head.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder
    assert words(panel.table.model()) == ["x", "y", "x"]
    in_no_order = finding("difference", gene=["a", "b", "c"], q=[0.2, 0.1, 0.3])
    panel.show_findings((in_no_order,), "difference")
    assert head.sortIndicatorSection() == -1


def test_there_is_room_for_an_arrow_where_it_is_and_nowhere_else(qtbot, genes):
    panel = AnalysisPanel()
    qtbot.addWidget(panel)
    panel.show_findings((genes,), "variable")  # in no order
    table, head = panel.table, panel.table.horizontalHeader()
    plain = [table.columnWidth(at) for at in (1, 2)]
    words = [head.fontMetrics().horizontalAdvance(word) for word in ("score", "by chance")]
    assert all(word < wide < word + 20 for word, wide in zip(words, plain, strict=True))
    table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert [table.columnWidth(at) for at in (1, 2)] == [plain[0], plain[1] + 16]
    table.sortByColumn(1, Qt.SortOrder.AscendingOrder)
    assert [table.columnWidth(at) for at in (1, 2)] == [plain[0] + 16, plain[1]]


def test_scores_fill_spots_where_there_are_some():
    fill = fill_by_scores(np.array([0.0, 1.0, 4.0]))
    assert fill[:, 3].tolist() == [0.0, 0.9, 0.9]
    np.testing.assert_allclose(fill[2, :3], [0.993248, 0.906157, 0.143936], atol=1e-5)
    assert fill_by_scores(np.zeros(2))[:, 3].tolist() == [0.0, 0.0]


def test_the_panel_says_how_to_get_what_is_missing(qtbot):
    panel = AnalysisPanel()
    qtbot.addWidget(panel)
    assert panel.button.isEnabled()
    panel.show_missing(("squidpy", "liana"))
    assert "squidpy, liana" in panel.missing.text()
    assert "pip install 'spotscope[analysis]'" in panel.missing.text()
    assert not panel.button.isEnabled()


def test_regions_are_compared_when_there_are_some(qtbot):
    panel = AnalysisPanel()
    qtbot.addWidget(panel)
    panel.question.setCurrentIndex(panel.question.findData(Question.DIFFERENCE))
    assert not panel.button.isEnabled()
    assert panel.button.toolTip() == "Draw a region first"
    panel.show_regions(["left", "right"])
    assert panel.sides_chosen == (0, -1)
    panel.second.setCurrentText("right")
    assert panel.sides_chosen == (0, 1)
    panel.show_regions(["left", "right", "third"])
    assert panel.sides_chosen == (0, 1)
    with qtbot.waitSignal(panel.asked) as asked:
        panel.button.click()
    assert asked.args == [Question.DIFFERENCE]


def test_a_search_stays_from_table_to_table(qtbot, genes):
    panel = AnalysisPanel()
    qtbot.addWidget(panel)
    panel.search.setText("abc")
    panel.show_findings([genes], "variable")
    assert panel.table.model().rowCount() == 1
    assert panel.title.text() == "variable · measured"
    assert panel.notes.text() == "· a note"
    with qtbot.waitSignal(panel.row_chosen) as chosen:
        panel.table.clicked.emit(panel.table.model().index(0, 0))
    assert chosen.args == [genes, 2]
    panel.show_stale(["variable"])
    assert panel.title.text().startswith("▲ Of what was there before, ask again")


def choose(box, index):
    """As a hand does."""
    box.setCurrentIndex(index)
    box.activated.emit(index)


def test_what_is_out_of_date_is_said_whichever_table_was_seen_meanwhile(qtbot, genes):
    panel, said = AnalysisPanel(), "▲ Of what was there before, ask again · "
    qtbot.addWidget(panel)
    pairs = finding("neighbours", type_a=["A"], type_b=["B"], z=[2.0])
    panel.show_findings([genes, pairs], "neighbours")
    panel.show_stale(["neighbours"])
    assert panel.title.text() == said + "neighbours · measured"
    choose(panel.shown, 0)
    assert panel.title.text() == "variable · measured"
    choose(panel.shown, 1)
    assert panel.title.text() == said + "neighbours · measured"
    panel.show_stale([])  # a step was taken back: it speaks of what is there again
    assert panel.title.text() == "neighbours · measured"


def test_the_time_left_is_said_while_a_question_is_answered(qtbot, monkeypatch):
    clock = iter([0.0, 10.0, 20.0])
    monkeypatch.setattr(_progress_bar.time, "monotonic", lambda: next(clock))
    panel = AnalysisPanel()
    qtbot.addWidget(panel)
    assert panel.bar.isHidden()  # nothing was asked yet
    for done in (0, 25, 50):
        panel.show_progress(Progress("shuffling", done, 100))
    assert not panel.bar.isHidden()
    assert panel.stage.text() == "shuffling · 50% · 20\N{NO-BREAK SPACE}s\N{NO-BREAK SPACE}more"
    panel.show_progress(None)
    assert panel.stage.text() == ""
    assert panel.bar.isHidden()


@pytest.fixture
def dock(empty_dock, qtbot, demo_files):
    empty_dock.open_paths([demo_files["spots"], demo_files["image"], demo_files["reference"]])
    rest(qtbot, empty_dock)
    return empty_dock


def rest(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.busy, timeout=LONG)


def test_rows_show_a_gene_a_pair_or_two_types(dock, qtbot, genes):
    for step in (Step.NUCLEI, Step.TYPES):
        qtbot.mouseClick(dock.cards[step].button, Qt.MouseButton.LeftButton)
        rest(qtbot, dock)
    desk, spots = dock.explorer.analysis, dock.canvas.stack["spots"]
    table = dock.workbench.session.sample.spots.table
    names = [str(gene) for gene in table.var_names[:2]]
    desk.show_row(finding("variable", gene=names, score=1.0), 1)
    assert dock.explorer.gene == names[1]

    scores = pd.DataFrame({"L → R": np.arange(len(spots.data), dtype=float)}, table.obs_names)
    pair = finding("ligands_spots", scores, ligand=["L"], receptor=["R"], morans_r=0.5)
    desk.findings["ligands_spots"] = pair
    desk.show_row(pair, 0)
    assert dock.explorer.gene == ""
    np.testing.assert_allclose(
        spots.face_color, fill_by_scores(scores["L → R"].to_numpy()), atol=1e-6
    )
    assert "L → R · measured" in dock.explore_card.gene_line.text()
    # of a pair that was not asked, the ligand
    desk.show_row(finding("ligands_cells", ligand=[names[0]], receptor=["R"]), 0)
    assert dock.explorer.gene == names[0]

    types = dock.workbench.session.cells.types
    both = finding("neighbours", type_a=[types[0]], type_b=[types[1]])
    desk.show_row(both, 0)
    assert dock.canvas.nuclei.hidden == frozenset(types[2:])
    desk.show_row(both, 0)
    assert dock.canvas.nuclei.hidden == frozenset()


@needs_analysis
def test_a_question_is_asked_kept_and_cancelled(dock, qtbot, tmp_path):
    desk = dock.explorer.analysis
    panel = desk.panel
    desk.fold.unfold(True)
    panel.question.setCurrentIndex(panel.question.findData(Question.VARIABLE))
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert panel.button.text() == "Cancel"
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    rest(qtbot, dock)
    assert desk.findings == {}
    assert panel.button.text() == "Ask"
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    rest(qtbot, dock)
    assert panel.table.model().rowCount() == len(desk.findings["variable"].table)
    with qtbot.waitSignal(dock.workbench.saved, timeout=LONG):
        dock.save(tmp_path / "out")
    rest(qtbot, dock)
    (kept,) = read_findings(tmp_path / "out")
    assert kept.record == desk.findings["variable"].record
    desk.findings = {}
    with qtbot.waitSignal(dock.workbench.session_opened, timeout=LONG):
        dock.open_paths([tmp_path / "out"])
    rest(qtbot, dock)
    assert panel.table.model().rowCount() == len(kept.table)
    assert not panel.title.text().startswith("▲")
    command, script = panel.menu.actions()
    with qtbot.waitSignal(dock.office.history.copied, timeout=LONG) as copied:
        script.trigger()
    assert "asked = spotscope.analyse(session, ['variable'])" in copied.args[0]
    command.trigger()  # spots and image alone: there is no folder to ask
    rest(qtbot, dock)
    assert "find its nuclei first" in dock.office.history.said.text()
    # nuclei are not there: one sentence, and what was found stays
    desk.ask(Question.NEIGHBOURS)
    rest(qtbot, dock)
    assert "run the cell typing first" in panel.stage.text()
    assert list(desk.findings) == ["variable"]
