"""Genes, several genes and sets: what is meant, and their scores against a loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
from qtpy.QtCore import QStringListModel

from spotscope.widgets.explore._explore_card import ExploreCard
from spotscope.widgets.explore._gene_completer import GeneCompleter
from spotscope.widgets.explore._gene_query import GeneNames, Query, score_of_cells, score_of_spots

NAMES = GeneNames.of(["CD3D", "CD3E", "cd8a", "HLA-A"], {"T cells": ("CD3D", "Cd8A", "NKG7")})


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("cd3d", Query("CD3D", ("CD3D",))),
        ("CD3D CD3E CD8A", Query("CD3D CD3E cd8a", ("CD3D", "CD3E", "cd8a"))),
        ("cd3d, hla-a;", Query("CD3D HLA-A", ("CD3D", "HLA-A"))),
        ("CD3D CD", Query("CD3D", ("CD3D",), ("CD",))),
        ("t cells", Query("T cells", ("CD3D", "cd8a"), ("NKG7",))),
        ("CD3D cd3d", Query("CD3D", ("CD3D",))),
        ("zzz", Query("", (), ("zzz",))),
        ("  ", Query()),
    ],
)
def test_what_is_meant(text, query):
    assert NAMES.read(text) == query


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("c", "CD3D"),
        ("cd3e", "CD3E"),
        ("CD8", "cd8a"),
        ("h", "HLA-A"),
        ("t", "T cells"),
        ("zz", ""),
        (" ", ""),
        ("CD3D X", ""),
    ],
)
def test_what_begins_so_is_the_first_as_completion_lists_them(text, name):
    assert NAMES.begun(text).name == name


def test_every_key_asks_for_another_gene(qtbot):
    card, asked = ExploreCard(), []
    qtbot.addWidget(card)
    card.gene_requested.connect(asked.append)
    card.show_genes(["CD3D", "CD8A", "ERBB2", "ESR1"])
    for text in ("e", "es", "e", "", "c", "cd", "cd8", "cd8x"):
        card.gene.setText(text)
    assert asked == ["ERBB2", "ESR1", "ERBB2", "", "CD3D", "CD8A", ""]
    assert card.gene_line.text() == "No gene of this name among the spots"


@pytest.mark.gui
def test_no_such_gene_is_said_where_a_gene_was_shown(dock, qtbot):
    card = dock.explore_card
    card.gene.setText(str(dock.workbench.session.sample.spots.table.var_names[0]))
    assert "measured" in card.gene_line.text()
    card.gene.setText("no such gene")
    assert card.gene_line.text() == "No gene of this name among the spots"
    assert (dock.canvas.stack["spots"].face_color[:, 3] == 0).all()
    card.gene.setText("")
    assert card.gene_line.text() == ""


def test_beside_a_set_stands_what_its_genes_are_worth(qtbot):
    names = QStringListModel(["CD3D", "T cells"])
    completer = GeneCompleter(names)
    worth = completer.popup().itemDelegate().worth
    index = names.index
    completer.told = {"CD3D": -0.25, "CD8A": 0.5, "NKG7": 0.75}
    completer.sets = {"T cells": ("CD3D", "CD8A", "NKG7", "unknown")}
    assert worth(index(0, 0)) == "inferred, agreement −0.25"
    assert worth(index(1, 0)) == "4 genes · inferred, median agreement 0.50"
    completer.told = {}
    assert worth(index(1, 0)) == ""
    completer.deleteLater()


def test_the_score_of_spots_is_the_mean_log_at_the_median_depth():
    counts, umis = np.array([[2, 0], [10, 4], [1, 1]]), np.array([100, 400, 200])
    found = score_of_spots(counts, umis)
    for row, total, value in zip(counts, umis, found, strict=True):
        logs = [math.log(1 + count * 200 / total) for count in row]
        assert value == pytest.approx(math.exp(sum(logs) / 2) - 1)


def test_the_score_of_cells_and_how_sure_it_is():
    mean, sd = np.array([[3.0, 0.0], [np.nan, np.nan]]), np.array([[2.0, 0.5], [1.0, 1.0]])
    value, spread = score_of_cells(mean, sd)
    s = (math.log(4) + 0) / 2
    assert value[0] == pytest.approx(math.exp(s) - 1)
    assert spread[0] == pytest.approx(math.hypot(2 / 4, 0.5) / 2 * math.exp(s))
    assert np.isnan(value[1])
    assert score_of_cells(mean, None)[1] is None


def test_the_spread_of_a_score_is_that_of_draws():
    rng = np.random.default_rng(0)
    mean, sd = np.array([[50.0, 30.0, 80.0]]), np.array([[2.0, 1.0, 3.0]])
    draws = rng.normal(mean, sd, (20_000, 3))
    value, spread = score_of_cells(mean, sd)
    drawn = score_of_cells(draws, None)[0]
    assert drawn.std() == pytest.approx(float(spread[0]), rel=0.03)
    assert drawn.mean() == pytest.approx(float(value[0]), rel=0.01)


def test_the_last_word_is_completed(qtbot):
    names = QStringListModel(["CD3D", "CD8A", "ERBB2"])
    completer = GeneCompleter(names)
    completer.setCompletionPrefix("ERBB2 cd8")
    assert completer.splitPath("ERBB2 cd8") == ["cd8"]
    assert completer.completionCount() == 1
    assert completer.currentCompletion() == "ERBB2 CD8A"


def test_typing_asks_once_for_every_new_gene(qtbot):
    card = ExploreCard()
    qtbot.addWidget(card)
    asked = []
    card.gene_requested.connect(asked.append)
    card.show_genes(["CD3D", "CD3E", "ERBB2"])
    qtbot.keyClicks(card.gene, "cd3d cd3e x")
    assert asked == ["CD3D", "CD3D CD3E"]
    card.show_sets({"Both": ("CD3D", "ERBB2")})
    card.gene.setText("both")
    assert asked[-1] == "Both"
    assert card.query.genes == ("CD3D", "ERBB2")
    card.gene.clear()
    assert asked[-1] == ""


def test_what_the_search_hints_at_is_not_cut_off_in_a_narrow_dock(qtbot):
    card = ExploreCard()
    qtbot.addWidget(card)
    card.show_genes(["ERBB2"])
    card.resize(360, 800)
    card.show()
    wide = card.gene.fontMetrics().horizontalAdvance(card.gene.placeholderText())
    assert 0 < wide < card.gene.width() - 24
