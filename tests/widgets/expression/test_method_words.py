"""The window's own words for the methods of expression."""

import numpy as np
import pytest

from spotscope.widgets.expression._expression_card import ExpressionCard
from spotscope.widgets.expression._expression_shown import GeneOnCells
from spotscope.widgets.expression._gene_words import span_words


def test_the_card_calls_methods_by_what_they_do_and_runs_the_same(qtbot):
    card = ExpressionCard()
    qtbot.addWidget(card)
    row = card.form["method"]
    said = [row.native.itemText(at) for at in range(row.native.count())]
    assert said == ["split by type", "cell by cell", "trained network"]
    assert row.native.currentText() == "cell by cell"
    assert card.params.method == "gaussian"
    assert "'cell by cell'" in row.tooltip
    assert "gaussian" not in row.tooltip
    card.show_params({"method": "score"})
    assert row.native.currentText() == "trained network"
    assert card.params.method == "score"


@pytest.mark.parametrize(
    ("method", "told"),
    [
        ("gaussian", "inferred"),
        ("split", "inferred, split"),
        ("score", "inferred by a network"),
        ("gaussian and split", "inferred"),
    ],
)
def test_a_gene_is_told_in_the_words_of_the_buttons(method, told):
    found = GeneOnCells(np.zeros(2, np.uint8), "ERBB2", 6.8, 1, None)
    assert span_words(found, method) == f"ERBB2 · {told} · 0 to 6.8 counts a nucleus"
