"""What the colours of a gene say: the strip from none to the most, with numbers under it.

place of a value = log(1 + value) / log(1 + top)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from napari.utils.colormaps import ensure_colormap
from qtpy.QtCore import QPointF, QRectF, QSize, QSizeF
from qtpy.QtGui import QColor, QFontMetrics, QLinearGradient, QPainter, QPalette
from qtpy.QtWidgets import QSizePolicy, QWidget

from spotscope import layers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent

__all__ = ["ColourScale", "amount", "draw_scale", "seen_steps", "ticks_of"]

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
        self._colours = seen_steps(eyes)
        self.update()

    def sizeHint(self) -> QSize:
        """A strip and a line of numbers."""
        return QSize(120, STRIP_PX + 2 + self.fontMetrics().height())

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the strip, and as many numbers as have room."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        draw_scale(painter, QRectF(self.rect()), self._colours, self.top)
        painter.end()

    def places(self, ticks: Sequence[float]) -> list[tuple[float, str]]:
        """Left end and words of the numbers that have room: the ends first, then from the left."""
        return _places(ticks, self.width(), self.fontMetrics())


def seen_steps(eyes: layers.Eyes) -> list[QColor]:
    """The colours of a gene from none to the most, as these eyes see them."""
    steps = np.asarray(ensure_colormap("viridis").map(np.linspace(0, 1, _STOPS)), float)
    seen = layers.as_seen(steps[:, :3], eyes) if eyes is not layers.Eyes.ALL else steps[:, :3]
    return [QColor.fromRgbF(*map(float, rgb)) for rgb in np.clip(seen, 0, 1)]


def draw_scale(
    painter: QPainter, box: QRectF, colours: Sequence[QColor], top: float | None
) -> None:
    """Draw the strip along the upper edge of a box, and as many numbers as have room under it.

    In the painter's pen and font; ``top`` is the value at the strip's right end, None where it
    has no number.
    """
    strip = QLinearGradient(box.topLeft(), box.topRight())
    for place, colour in enumerate(colours):
        strip.setColorAt(place / (len(colours) - 1), colour)
    painter.fillRect(QRectF(box.topLeft(), QSizeF(box.width(), STRIP_PX)), strip)
    metrics = painter.fontMetrics()
    base = box.top() + STRIP_PX + 2 + metrics.ascent()
    if top is None:
        places = [(0.0, "low"), (box.width() - metrics.horizontalAdvance("high"), "high")]
    else:
        places = _places(ticks_of(top), box.width(), metrics)
    for left, words in places:
        painter.drawText(QPointF(box.left() + left, base), words)


def _places(ticks: Sequence[float], width: float, metrics: QFontMetrics) -> list[tuple[float, str]]:
    end = math.log1p(max(ticks[-1], 1e-9))

    def lay(value: float) -> tuple[float, float, str]:
        words = amount(value)
        wide = float(metrics.horizontalAdvance(words))
        middle = math.log1p(value) / end * width
        return min(max(middle - wide / 2, 0.0), width - wide), wide, words

    laid = [lay(ticks[0]), lay(ticks[-1])]
    gap = float(metrics.horizontalAdvance("00"))
    for value in ticks[1:-1]:
        left, wide, words = lay(value)
        if all(left + wide + gap < at or at + other + gap < left for at, other, _ in laid):
            laid.append((left, wide, words))
    return [(left, words) for left, _, words in sorted(laid)]
