"""What the colours of a gene say: the strip from none to the most, with numbers under it.

place of a value = log(1 + value) / log(1 + top)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import ensure_colormap
from qtpy.QtCore import QPointF, QRectF, QSize
from qtpy.QtGui import QColor, QLinearGradient, QPainter, QPalette
from qtpy.QtWidgets import QSizePolicy, QWidget

from spotscope import layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent

__all__ = ["ColourScale", "amount", "ticks_of"]

STRIP_PX = 8
_STOPS = 17


def amount(value: float) -> str:
    """A count as it is read: whole from ten on, two digits below."""
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def ticks_of(top: float) -> list[float]:
    """Values that get a number: none, the powers of ten, and the end of the scale."""
    tens = [10.0**power for power in range(max(0, math.ceil(math.log10(max(top, 1.0)))))]
    return [0.0, *(ten for ten in tens if ten < top), top]


class ColourScale(QWidget):
    """The colours of a gene on spots or nuclei; hidden while none is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.top = 0.0
        self._colours: list[QColor] = []
        self.see_with(layers.Eyes.ALL)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Colours go by the logarithm of the counts; faint nuclei are unsure")
        self.hide()

    def show_top(self, top: float | None) -> None:
        """Show what the colours are up to this value; None shows nothing."""
        self.setVisible(top is not None)
        self.top = 0.0 if top is None else float(top)
        said = f"Colours from 0 to {amount(self.top)} counts"
        self.setAccessibleName(said if top is not None else "")
        self.update()

    def see_with(self, eyes: layers.Eyes) -> None:
        """Show the colours as other eyes see them."""
        steps = np.asarray(ensure_colormap("viridis").map(np.linspace(0, 1, _STOPS)), float)
        seen = layers.as_seen(steps[:, :3], eyes) if eyes is not layers.Eyes.ALL else steps[:, :3]
        self._colours = [QColor.fromRgbF(*map(float, rgb)) for rgb in np.clip(seen, 0, 1)]
        self.update()

    def sizeHint(self) -> QSize:
        """A strip and a line of numbers."""
        return QSize(120, STRIP_PX + 2 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the strip, and as many numbers as have room."""
        painter = QPainter(self)
        strip = QLinearGradient(QPointF(0, 0), QPointF(self.width(), 0))
        for place, colour in enumerate(self._colours):
            strip.setColorAt(place / (len(self._colours) - 1), colour)
        painter.fillRect(QRectF(0, 0, self.width(), STRIP_PX), strip)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        base = STRIP_PX + 2 + self.fontMetrics().ascent()
        for left, words in self.places(ticks_of(self.top)):
            painter.drawText(QPointF(left, base), words)
        painter.end()

    def places(self, ticks: Sequence[float]) -> list[tuple[float, str]]:
        """Left end and words of the numbers that have room: the ends first, then from the left."""
        metrics, end = self.fontMetrics(), math.log1p(max(self.top, 1e-9))

        def lay(value: float) -> tuple[float, float, str]:
            words = amount(value)
            wide = float(metrics.horizontalAdvance(words))
            middle = math.log1p(value) / end * self.width()
            return min(max(middle - wide / 2, 0.0), self.width() - wide), wide, words

        laid = [lay(ticks[0]), lay(ticks[-1])]
        gap = float(metrics.horizontalAdvance("00"))
        for value in ticks[1:-1]:
            left, wide, words = lay(value)
            if all(left + wide + gap < at or at + other + gap < left for at, other, _ in laid):
                laid.append((left, wide, words))
        return [(left, words) for left, _, words in sorted(laid)]
