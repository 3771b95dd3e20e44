"""What a screen reader is told: how a step ended, and what is in the way."""

from __future__ import annotations

import pytest
from qtpy import QtGui

from spotscope.widgets.dock._state import Mark, StepState
from spotscope.widgets.parts._announce import announce
from spotscope.widgets.parts._card import StepCard

needs_qt = pytest.mark.skipif(
    not hasattr(QtGui, "QAccessibleAnnouncementEvent"), reason="this binding cannot announce"
)


@pytest.fixture
def told(monkeypatch):
    """What is handed to the system, while a screen reader is said to listen."""
    found = []
    monkeypatch.setattr(QtGui.QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(
        QtGui.QAccessible,
        "updateAccessibility",
        lambda event: found.append((event.message(), event.politeness().name)),
    )
    return found


@pytest.fixture
def card(qtbot):
    card = StepCard("Nuclei", "Find nuclei")
    qtbot.addWidget(card)
    return card


def test_without_anybody_listening_nothing_happens(card):
    announce(card, "words")


@needs_qt
def test_the_end_of_a_step_is_told_once(card, told):
    running, done = (StepState(mark, True, True, False) for mark in (Mark.RUNNING, Mark.DONE))
    card.show_state(running)
    card.show_state(done, "4,317 found")
    card.show_state(done, "4,317 found")
    assert told == [("Nuclei: 4,317 found", "Polite")]


@needs_qt
def test_trouble_is_told_at_once_and_once(card, told):
    card.show_trouble("Expected an image.")
    card.show_trouble("Expected an image.")
    card.show_trouble("")
    assert told == [("Nuclei: Expected an image.", "Assertive")]


def test_a_card_and_its_progress_have_names(card):
    card.say("4,317 found")
    assert card.accessibleName() == "Nuclei"
    assert card.accessibleDescription() == "4,317 found"
    assert card.bar.accessibleName() == "Progress of Nuclei"
