"""The settings of cell types: those that a sample cannot feel are not on the screen."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from spotscope.widgets.cell_typing._typing_card import TypingCard

pytestmark = pytest.mark.gui


@pytest.fixture
def card(qtbot):
    card = TypingCard()
    qtbot.addWidget(card)
    return card


def sample(slide):
    return SimpleNamespace(sample=SimpleNamespace(slide=slide, spots=None, opened={}))


def shown(card):
    """Names of the rows whose title and value are both there."""
    grid = card.rows.layout()
    names = set()
    for number, row in enumerate(card.form):
        there = [not grid.itemAtPosition(number, column).widget().isHidden() for column in (0, 1)]
        assert len(set(there)) == 1
        names |= {row.name} if there[0] else set()
    return names


def test_a_slide_has_looks_and_no_doublets(card):
    card.show_sample(sample("slide"))
    assert "looks" in shown(card)
    assert not {"mode", "bead_doubt", "bead_gain"} & shown(card)


def test_beads_show_thresholds_once_doublets_are_asked_for(card):
    card.show_sample(sample(None))
    assert "mode" in shown(card)
    assert not {"looks", "bead_doubt", "bead_gain"} & shown(card)
    card.form["mode"].value = "doublet"
    assert {"bead_doubt", "bead_gain"} <= shown(card)
    assert card.params.mode == "doublet"
    card.show_sample(sample("slide"))  # another sample: what is not seen is not in force
    assert card.params.mode == "cells"
    assert "bead_gain" not in shown(card)
