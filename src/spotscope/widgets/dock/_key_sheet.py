"""The sheet of keys: a small window that stays until it is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from spotscope.widgets.dock._key_map import KEYS
from spotscope.widgets.parts._card import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.widgets.dock._key_map import Key

__all__ = ["KeySheet"]

_WHERE = {
    "dock": "On the dock",
    "both": "On the dock and on the canvas",
    "review": "On the dock, and on the canvas while nuclei are corrected",
}
_MOUSE = (
    ("click a spot", "open it into its nuclei"),
    ("Alt-click a type", "show it alone"),
    ("double click a type", "rename it"),
    ("right click a type", "merge, paint, give back"),
)


class KeySheet(QWidget):
    """Keys and what they do, and what the mouse does beyond clicking."""

    def __init__(self, parent: QWidget, keys: Sequence[Key] = KEYS) -> None:
        super().__init__(parent, Qt.WindowType.Tool)
        self.setWindowTitle("Keys of spotscope")
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 12, 16, 14)
        grid.setHorizontalSpacing(18)
        grid.setColumnStretch(1, 1)
        row = 0
        for where, title in _WHERE.items():
            row = self._head(grid, row, title)
            for key in keys:
                if key.where == where:
                    row = self._row(grid, row, key.key, key.does)
        row = self._head(grid, row, "Mouse")
        for how, does in _MOUSE:
            row = self._row(grid, row, how, does)
        close = QShortcut(QKeySequence("Esc"), self)
        close.activated.connect(self.hide)

    def toggle(self) -> None:
        """Show the sheet beside the dock, or put it away."""
        if self.isVisible():
            self.hide()
            return
        self.adjustSize()
        dock = self.parentWidget()
        if dock is not None:
            corner = dock.mapToGlobal(dock.rect().topLeft())
            self.move(max(0, corner.x() - self.width() - 12), corner.y() + 24)
        self.show()
        self.raise_()

    @staticmethod
    def _head(grid: QGridLayout, row: int, title: str) -> int:
        label = QLabel(title)
        font = label.font()
        font.setBold(True)
        label.setFont(font)
        grid.setRowMinimumHeight(row, 8 if row else 0)
        grid.addWidget(label, row + 1, 0, 1, 2)
        return row + 2

    @staticmethod
    def _row(grid: QGridLayout, row: int, key: str, does: str) -> int:
        grid.addWidget(QLabel(key), row, 0)
        said = line(does)
        said.setMinimumWidth(290)
        grid.addWidget(said, row, 1)
        return row + 1
