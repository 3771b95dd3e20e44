"""The legend has the height of its rows, whatever stands beside it in the card."""

import pytest
from qtpy.QtWidgets import QApplication, QPushButton

from spotscope.widgets.cell_typing._legend import LegendRow
from spotscope.widgets.cell_typing._typing_card import TypingCard
from spotscope.widgets.dock._state import Facts, Step, resolve
from spotscope.widgets.parts._card import say
from spotscope.widgets.parts._column import Column

pytestmark = pytest.mark.gui
FACTS = Facts(slide=True, spots=True, nuclei=True, reference=True)
WORDS = "A reference whose name is so long that it takes several lines beside its button. " * 3


@pytest.mark.parametrize("wide", [300, 450, 600, 1200])
def test_a_row_wider_than_the_dock_leaves_every_type_in_sight(qtbot, wide):
    card = TypingCard()
    column = Column([card])
    qtbot.addWidget(column)
    column.resize(390, 900)
    column.show()
    card.show_state(resolve(FACTS)[Step.TYPES])
    legend = card.legend
    legend.types.show_rows([LegendRow(f"type {i}", (9, 99, 199), i) for i in range(14)])
    legend.show()
    say(card.reference_line, WORDS)
    qtbot.waitUntil(lambda: legend.height() == legend.sizeHint().height())
    row = QPushButton("wide")
    row.setMinimumWidth(wide)
    card.body_layout.insertWidget(1, row)
    qtbot.waitUntil(lambda: row.y() > 0 and legend.y() > row.y())
    for _ in range(10):  # until all that was asked for is laid out
        QApplication.processEvents()
    assert legend.height() == legend.sizeHint().height()
    assert legend.rowViewportPosition(13) + legend.rowHeight(13) <= legend.viewport().height()
