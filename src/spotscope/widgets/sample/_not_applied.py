"""The line under the cards while spots are drawn elsewhere than the session has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from spotscope.widgets.parts._card import line

if TYPE_CHECKING:
    from spotscope.widgets.sample._align_panel import AlignPanel

__all__ = ["NotAppliedRow"]

_SAID = "▲ Spots moved, not applied: what is saved or typed has their old place."


class NotAppliedRow(QWidget):
    """Says that what is drawn is not what is kept, with both ways out.

    Parameters
    ----------
    panel
        That moves the spots: it says whether any move waits, and is asked to end it.
    """

    def __init__(self, panel: AlignPanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = line(_SAID)
        self.apply = QPushButton("Apply")
        self.apply.setToolTip(panel.apply.toolTip())
        self.put_back = QPushButton("Put back")
        self.put_back.setToolTip("Draw the spots where they are; landmarks are forgotten")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 5, 10, 7)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.put_back)
        layout.addWidget(self.apply)
        self.hide()
        panel.move_waits.connect(self.setVisible)
        self.apply.clicked.connect(lambda: panel.apply_requested.emit())
        self.put_back.clicked.connect(lambda: panel.forget_requested.emit())
