"""Undo and redo of everything done by hand, and what was done last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget
from superqt import QElidingLabel

if TYPE_CHECKING:
    from spotscope.widgets.history._deeds import Deeds

__all__ = ["UndoRow"]


class UndoRow(QWidget):
    """Shows a history and moves it; hidden while nothing was done."""

    def __init__(self, deeds: Deeds, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._deeds = deeds
        self.undo, self.redo = QPushButton("Undo"), QPushButton("Redo")
        self.said = QElidingLabel()
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.undo.clicked.connect(lambda: deeds.undo())
        self.redo.clicked.connect(lambda: deeds.redo())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.undo)
        layout.addWidget(self.redo)
        layout.addWidget(self.said, 1)
        deeds.changed.connect(self.show_deeds)
        self.show_deeds()

    def show_deeds(self) -> None:
        """Show what can be taken back and done again."""
        last, following = self._deeds.last, self._deeds.next
        self.setVisible(bool(last or following))
        self.undo.setEnabled(bool(last))
        self.redo.setEnabled(bool(following))
        self.undo.setToolTip(tip("Take back", last, "Ctrl+Z"))
        self.redo.setToolTip(tip("Do again", following, "Ctrl+Shift+Z"))
        self.said.setText(f"last: {last}" if last else f"taken back: {following}")


def tip(does: str, what: str, key: str) -> str:
    """What a button of the history does, and its key."""
    return f"{does}: {what} ({key})" if what else f"Nothing to {does.lower()} ({key})"
