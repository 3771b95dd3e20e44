"""A part that is scrolled to is seen, also where it gets its height late."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QLabel

from spotscope.widgets.parts._column import Column

pytestmark = pytest.mark.gui


@pytest.fixture
def column(qtbot):
    """Ten parts of 100 px, of which three are in view."""
    parts = [QLabel(str(number)) for number in range(10)]
    for part in parts:
        part.setFixedHeight(100)
    made = Column(parts)
    made.parts = parts
    qtbot.addWidget(made)
    made.resize(200, 300)
    made.show()
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: made.verticalScrollBar().maximum() == 700)
    return made


def top_of(column, part):
    return part.mapTo(column.viewport(), QPoint(0, 0)).y()


def test_a_small_part_is_scrolled_to_as_far_as_is_needed(column, qtbot):
    column.parts[5].setFixedHeight(60)
    column.reveal(column.parts[5])
    qtbot.waitUntil(lambda: top_of(column, column.parts[5]) == 300 - 60 - 8)


def test_a_part_that_grows_after_it_was_revealed_is_seen_from_its_upper_edge(column, qtbot):
    part = column.parts[5]
    part.setFixedHeight(60)
    column.reveal(part)
    qtbot.waitUntil(lambda: top_of(column, part) == 300 - 60 - 8)
    part.setFixedHeight(250)
    qtbot.waitUntil(lambda: top_of(column, part) == 8)


def test_where_a_hand_has_scrolled_on_nothing_is_scrolled_back(column, qtbot):
    part = column.parts[5]
    part.setFixedHeight(60)
    column.reveal(part)
    qtbot.waitUntil(lambda: top_of(column, part) == 300 - 60 - 8)
    column.verticalScrollBar().setValue(10)
    part.setFixedHeight(250)
    qtbot.waitUntil(lambda: column.verticalScrollBar().maximum() == 850)
    qtbot.waitUntil(lambda: not column._soon.isActive())
    assert column.verticalScrollBar().value() == 10
