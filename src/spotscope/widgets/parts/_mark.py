"""The sign before a step's title, painted: ● done, ◐ running, ○ waiting, ▲ look here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from qtpy.QtGui import QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QWidget

from spotscope.widgets.dock._state import Mark
from spotscope.widgets.parts._theme import is_dark, mark_colour

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

__all__ = ["MarkSign"]

_SAID = {
    Mark.DONE: "done",
    Mark.RUNNING: "running",
    Mark.WAITING: "waiting",
    Mark.LOOK: "look here",
}


class MarkSign(QWidget):
    """A sign as high as the text beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark = Mark.WAITING
        self.setFixedSize(self.sizeHint())
        self.show_mark(Mark.WAITING)

    @property
    def mark(self) -> Mark:
        """The sign shown."""
        return self._mark

    def show_mark(self, mark: Mark) -> None:
        """Change the sign."""
        self._mark = mark
        self.setToolTip(_SAID[mark])
        self.setAccessibleName(_SAID[mark])
        self.update()

    def changeEvent(self, event: QEvent | None) -> None:
        """Stay as high as the text."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self.setFixedSize(self.sizeHint())

    def sizeHint(self) -> QSize:
        """Of the font's height."""
        side = self.fontMetrics().height()
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the sign in its colour and its shape."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = mark_colour(self._mark, is_dark(self))
        inset = self.height() * 0.18
        box = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.setPen(QPen(colour, max(1.5, self.height() * 0.1)))
        painter.setBrush(colour)
        if self._mark is Mark.LOOK:
            corners = [
                QPointF(box.center().x(), box.top()),
                QPointF(box.right(), box.bottom()),
                QPointF(box.left(), box.bottom()),
            ]
            painter.drawPolygon(QPolygonF(corners))
        elif self._mark is Mark.DONE:
            painter.drawEllipse(box)
        else:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(box)
            if self._mark is Mark.RUNNING:
                painter.setBrush(colour)
                painter.drawPie(box, 90 * 16, 180 * 16)
        painter.end()
