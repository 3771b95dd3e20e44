"""A scroll area that scrolls up and down only: what is in it is as wide as it is.

The room of the bar is kept free where it is not needed, so that nothing moves when it comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QElapsedTimer, QPoint, Qt, QTimer
from qtpy.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from qtpy.QtGui import QResizeEvent

__all__ = ["Column"]

#: Left free beside what is scrolled to.
_EDGE = 8
#: What has been shown grows to its height within this time, on a busy machine too.
_GROWING_MS = 2000


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
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # keys that scroll come from what is in it
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setWidget(inner)
        self._wanted: QWidget | None = None
        self._grows = False
        # what has just been shown has its place and its height only when it is laid out
        self._soon = QTimer(self, singleShot=True, interval=30)
        self._soon.timeout.connect(self._reveal)
        self._asked = QElapsedTimer()
        self._left_at: int | None = None
        self.verticalScrollBar().rangeChanged.connect(self._on_grown)

    def reveal(self, widget: QWidget, *, grows: bool = False) -> None:
        """Scroll to a part that has just been shown, unless all of it is seen.

        ``grows``: more of it is still to come.
        """
        self._wanted, self._grows, self._left_at = widget, grows, None
        self._asked.start()
        self._soon.start()

    def _on_grown(self) -> None:
        """Look again where the part lies: it had not its height yet."""
        if self._wanted is not None and self._asked.elapsed() < _GROWING_MS:
            self._soon.start()

    def _reveal(self) -> None:
        widget, inner, bar = self._wanted, self.widget(), self.verticalScrollBar()
        if widget is None or inner is None or bar is None or not inner.isAncestorOf(widget):
            return
        if self._left_at is not None and self._left_at != bar.value():
            return  # a hand has scrolled on
        top, room = widget.mapTo(inner, QPoint(0, 0)).y(), self.height()
        if top < bar.value() or top + widget.height() > bar.value() + room:
            # a small part as far as is needed; a large one from its upper edge on
            large = self._grows or widget.height() > room // 3
            bar.setValue(top - _EDGE if large else top + widget.height() + _EDGE - room)
        self._left_at = bar.value()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the column as wide as the view is beside a bar."""
        super().resizeEvent(event)
        inner, bar = self.widget(), self.verticalScrollBar()
        if inner is not None and bar is not None:
            inner.setFixedWidth(self.width() - bar.sizeHint().width())
