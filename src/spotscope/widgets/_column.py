"""A scroll area that scrolls up and down only: what is in it is as wide as it is.

The room of the bar is kept free where it is not needed, so that nothing moves when it comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qtpy.QtGui import QResizeEvent

__all__ = ["Column"]


class Column(QScrollArea):
    """Widgets one under the other."""

    def __init__(self, widgets: Iterable[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        inner = QWidget()
        stack = QVBoxLayout(inner)
        stack.setContentsMargins(0, 0, 0, 0)
        stack.setSpacing(0)
        for widget in widgets:
            stack.addWidget(widget)
        stack.addStretch()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setWidget(inner)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the column as wide as the view is beside a bar."""
        super().resizeEvent(event)
        inner, bar = self.widget(), self.verticalScrollBar()
        if inner is not None and bar is not None:
            inner.setFixedWidth(self.width() - bar.sizeHint().width())
