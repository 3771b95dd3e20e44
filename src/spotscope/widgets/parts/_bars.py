"""Horizontal bars with a colour, a name and a number: the composition of a spot, its top genes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, QSize, Qt
from qtpy.QtGui import QColor, QPainter, QPalette, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from spotscope.widgets.parts._theme import is_dark, track_colour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent

    from spotscope.layers import Colour

__all__ = ["Bar", "Bars", "told_apart"]

GAP = 8
#: Names begin where the words of a label above them do.
_INSET = 5
#: Pixels of a bar that has room for dashes; a shorter one is paler instead.
_DASHED = 9.0
#: Lengths that differ by less, of the longest, look alike; and digits after the point at most.
_ALIKE, _DIGITS = 0.01, 4


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Parameters
    ----------
    name
        Left of it.
    share
        Its length, 0 to 1.
    said
        Right of it.
    colour
        (red, green, blue), 0-255; None takes the text's.
    inferred
        Whether the number is inferred: such bars have a dashed rim.
    """

    name: str
    share: float
    said: str
    colour: Colour | None = None
    inferred: bool = False


def told_apart(values: Sequence[float]) -> list[str]:
    """Signed values in words, with as few digits as tell bars apart that differ in length."""
    sizes = sorted(map(abs, values))
    least = _ALIKE * max(sizes, default=0.0)
    pairs = [(a, b) for a, b in pairwise(sizes) if b - a > least]

    def tell(digits: int) -> bool:
        return all(round(a, digits) != round(b, digits) for a, b in pairs)

    digits = next((n for n in range(1, _DIGITS) if tell(n)), _DIGITS)
    return [f"{value:+.{digits}f}".replace("-", "−") for value in values]


class Bars(QWidget):
    """Bars one under the other, names and numbers in columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars: tuple[Bar, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def bars(self) -> tuple[Bar, ...]:
        """The bars shown."""
        return self._bars

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Change the bars."""
        self._bars = tuple(bars)
        self.setAccessibleDescription("; ".join(f"{bar.name} {bar.said}" for bar in bars))
        self.setVisible(bool(bars))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """One row a bar."""
        return QSize(240, self._row() * len(self._bars))

    def _row(self) -> int:
        return int(self.fontMetrics().height()) + 6

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, row = self.fontMetrics(), self._row()
        text = self.palette().color(QPalette.ColorRole.WindowText)
        names = [metrics.horizontalAdvance(bar.name) + 1 for bar in self._bars]  # parts of a pixel
        said = [metrics.horizontalAdvance(bar.said) for bar in self._bars]
        left = min(max(names, default=0), int(self.width() * 0.45)) + _INSET + GAP
        right = max(said, default=0) + GAP
        room = max(10, self.width() - left - right)
        for i, bar in enumerate(self._bars):
            top = i * row
            name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, left - _INSET - GAP)
            painter.setPen(text)
            middle = Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(_INSET, top, left - _INSET - GAP, row), middle, name)
            box = QRectF(self.width() - right, top, right, row)
            painter.drawText(box, middle | Qt.AlignmentFlag.AlignRight, bar.said)
            track = QRectF(left, top + row * 0.28, room, row * 0.44)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(track_colour(is_dark(self)))
            painter.drawRoundedRect(track, 2, 2)
            track.setWidth(max(0.0, min(1.0, bar.share)) * room)
            colour = QColor(text) if bar.colour is None else QColor(*bar.colour)
            dashed = bar.inferred and track.width() >= _DASHED
            if bar.inferred and not dashed:
                colour.setAlphaF(0.65)
            painter.setBrush(colour)
            painter.drawRoundedRect(track, 2, 2)
            if dashed:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(text, 1.0, Qt.PenStyle.DashLine))
                painter.drawRect(track.adjusted(-0.5, -0.5, 0.5, 0.5))
        painter.end()
