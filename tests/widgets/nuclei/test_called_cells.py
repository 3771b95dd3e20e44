"""Cells that nobody saw are called cells wherever the window names them."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractButton, QLabel

from spotscope.widgets.canvas._hover import hover_text
from spotscope.widgets.canvas._hover_facts import Hovered
from spotscope.widgets.compare._compare_row import CompareRow
from spotscope.widgets.expression._expression_shown import GeneOnCells
from spotscope.widgets.expression._gene_words import gene_words
from spotscope.widgets.parts._fold import Fold
from spotscope.widgets.spots._spot_card import SpotCard
from spotscope.widgets.spots._spot_facts import SpotFacts

LONG = 120_000


def words_of(widget):
    """All that can be read in a widget, tool tips too; settings describe both and are folded."""
    found = [w for kind in (QLabel, QAbstractButton) for w in widget.findChildren(kind)]
    shown = [w for w in found if w.isVisibleTo(widget)]
    return [said for w in shown for said in (w.text(), w.toolTip()) if said]


@pytest.mark.gui
def test_after_estimating_no_word_of_the_cards_says_nucleus(empty_dock, qtbot, demo_files):
    dock = empty_dock

    def until(what):
        qtbot.waitUntil(lambda: what() and not dock.busy, timeout=LONG)

    dock.open_paths([demo_files["spots"], demo_files["reference"]])
    until(lambda: dock.workbench.facts.reference)
    dock.office.run_all.start()
    until(lambda: dock.workbench.facts.expressed)
    dock.canvas.spot_clicked.emit(3)
    until(lambda: dock.explore_card.spot.isVisibleTo(dock))
    gene = dock.expression_card.chips.buttons[0].text()
    dock.explorer.search(gene)
    until(lambda: "a cell" in dock.canvas.title.of("nuclei"))
    for card in (dock.typing_card, dock.expression_card, dock.explore_card):
        for fold in card.findChildren(Fold):
            fold.unfold(False)
        assert [said for said in words_of(card) if "nucle" in said.lower()] == []
    chips = dock.expression_card.chips
    assert chips.on.text() == "On the cells"
    legend = dock.typing_card.legend.types
    tip = legend.data(legend.index(0, 0), Qt.ItemDataRole.ToolTipRole)
    assert " cells. " in tip
    assert "nuclei" not in tip
    assert dock.explore_card.compare.sides[1] == "nuclei, as now"  # the key stays
    assert dock.explore_card.compare.said_sides[1] == "cells, as now"
    # nothing was seen that a hand could correct
    assert not dock.nuclei_card.check.isVisibleTo(dock)


def test_seen_nuclei_keep_their_name(qtbot):
    row = CompareRow()
    qtbot.addWidget(row)
    assert row.said_sides[1] == "nuclei, as now"
    found = GeneOnCells(np.zeros(2, np.uint8), "ERBB2", 6.8, 1, None)
    assert "6.8 counts a nucleus" in gene_words(found, "gaussian")
    assert "6.8 counts a cell" in gene_words(found, "gaussian", called="cells")


def test_the_card_at_the_mouse_knows_no_area_of_a_cell_that_nobody_saw():
    seen = Hovered((1, -1), "T", 0.5, "spot", 30.0)
    guessed = Hovered((1, -1), "T", 0.5, "spot", 30.0, estimated=True)
    assert "nucleus of 30 µm²" in hover_text(seen, "T", "#fff")
    assert hover_text(guessed, "T", "#fff").endswith("estimated cell")


@pytest.mark.parametrize(
    ("n", "estimated", "said"),
    [
        (4, 0, "Spot s · 100 UMI · 4 nuclei"),
        (4, 1, "Spot s · 100 UMI · 3 nuclei"),
        (4, 4, "Spot s · 100 UMI"),
        (0, 0, "Spot s · 100 UMI · 0 nuclei"),
    ],
)
def test_a_spot_of_estimated_cells_has_no_0_nuclei(qtbot, n, estimated, said):
    card = SpotCard()
    qtbot.addWidget(card)
    facts = SpotFacts(7, "s", 100, (), n, (), (), (), estimated)
    card.show_spot(facts, {})
    assert card.title.text() == said
    pinned = SpotCard(pinned=True)
    qtbot.addWidget(pinned)
    pinned.show_spot(facts, {})
    assert ("estimated" in pinned.title.text()) == bool(estimated)
