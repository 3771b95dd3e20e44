"""A histogram that is brushed: drag over it, and only what lies under the brush is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QKeyEvent, QPainter, QPen
from qtpy.QtWidgets import QSizePolicy, QWidget

from spotscope.widgets.dock._state import Mark
from spotscope.widgets.parts._theme import is_dark, mark_colour, muted, track_colour

if TYPE_CHECKING:
    import numpy.typing as npt
    from qtpy.QtGui import QMouseEvent, QPaintEvent

__all__ = ["BrushHistogram"]

BINS = 72
#: A brush narrower than this, in pixels, was a click: it shows everything again.
_LEAST_PX = 4


class BrushHistogram(QWidget):
    """Bars of values; ``brushed((low, high) or None)`` by the user's hand.

    Drag to brush, click to let go; Escape lets go too.
    """

    brushed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars = np.zeros(BINS)
        self._values: npt.NDArray[np.floating] = np.zeros(0)
        self._scale = (0.0, 1.0)
        self._unit = ""
        self._brush: tuple[float, float] | None = None
        self._from: float | None = None
        self._colours: list[QColor] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAccessibleName("Histogram: drag to show a part")
        self.setToolTip("Drag to show only these nuclei; click to show all again")

    def sizeHint(self) -> QSize:
        """Three lines of bars and one of numbers."""
        return QSize(120, 4 * self.fontMetrics().height())

    @property
    def brush(self) -> tuple[float, float] | None:
        """The range shown; None shows all."""
        return self._brush

    def show_values(
        self,
        values: npt.NDArray[np.floating],
        scale: tuple[float, float],
        unit: str = "",
        colours: npt.NDArray[np.floating] | None = None,
        brush: tuple[float, float] | None = None,
    ) -> None:
        """Count values into bars between the ends of a scale.

        Parameters
        ----------
        values
            Those that are no numbers are not counted.
        scale, unit
            Ends of the axis, and what is written after them.
        colours
            (BINS, 3 or 4) of the bars, 0 to 1: those of the nuclei on the canvas.
        brush
            The range that is shown, which stays; all by default.
        """
        known = self._values = values[np.isfinite(values)]
        counted, _ = np.histogram(np.clip(known, *scale), bins=BINS, range=scale)
        # square roots: few are seen beside many
        self._bars = np.sqrt(counted / max(1, counted.max()))
        self._scale, self._unit, self._brush = scale, unit, brush
        self._colours = None
        if colours is not None:
            self._colours = [QColor.fromRgbF(*map(float, rgb[:3])) for rgb in colours]
        self.update()

    @property
    def said(self) -> str:
        """What is under the brush, in words; empty where there is none."""
        if self._brush is None:
            return ""
        low, high = self._brush
        n = int(((self._values >= low) & (self._values <= high)).sum())
        ends = " – ".join(_spell(v) for v in np.clip(self._brush, *self._scale).tolist())
        return f"{ends} · {n:,}"

    def let_go(self) -> None:
        """Show everything again."""
        if self._brush is not None:
            self._brush = None
            self.update()
            self.brushed.emit(None)

    # the hand -------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begin a brush."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._from = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Widen the brush."""
        if event is not None and self._from is not None:
            self._drag(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End the brush; a click lets it go."""
        if event is not None and self._from is not None:
            if abs(event.position().x() - self._from) < _LEAST_PX:
                self.let_go()
            self._from = None

    def event(self, event: QEvent | None) -> bool:
        """Keep Escape while there is a brush: else it would be the dock's."""
        if event is not None and event.type() == QEvent.Type.ShortcutOverride:
            is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
            if is_escape and self._brush is not None:
                event.accept()
                return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let go by Escape."""
        if event is not None and event.key() == Qt.Key.Key_Escape and self._brush is not None:
            self.let_go()
            return
        super().keyPressEvent(event)

    def _drag(self, x: float) -> None:
        assert self._from is not None
        if abs(x - self._from) < _LEAST_PX:
            return
        low, high = sorted((self._value_at(self._from), self._value_at(x)))
        # at the ends of the scale everything beyond is meant too
        low = -np.inf if low <= self._scale[0] else low
        high = np.inf if high >= self._scale[1] else high
        self._brush = (float(low), float(high))
        self.update()
        self.brushed.emit(self._brush)

    def _value_at(self, x: float) -> float:
        low, high = self._scale
        return low + float(np.clip(x / max(1, self.width()), 0, 1)) * (high - low)

    # the picture ----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw bars, brush and the ends of the scale."""
        painter = QPainter(self)
        dark = is_dark(self)
        full, pale = mark_colour(Mark.RUNNING, dark), track_colour(dark)
        text = self.fontMetrics().height()
        floor = self.height() - text - 2
        width = self.width() / BINS
        low, high = self._scale
        for i, share in enumerate(self._bars):
            middle = low + (i + 0.5) / BINS * (high - low)
            kept = self._brush is None or self._brush[0] <= middle <= self._brush[1]
            height = share * floor
            bar = QRectF(i * width, floor - height, max(1.0, width - 1), height)
            colour = full if self._colours is None else self._colours[i]
            painter.fillRect(bar, colour if kept else pale)
        painter.setPen(QPen(pale, 1))
        painter.drawLine(QPointF(0, floor + 0.5), QPointF(self.width(), floor + 0.5))
        painter.setPen(muted(dark))
        line = QRectF(0, floor + 2, self.width(), text)
        painter.drawText(line, Qt.AlignmentFlag.AlignLeft, _spell(low) + self._unit)
        painter.drawText(line, Qt.AlignmentFlag.AlignRight, _spell(high) + self._unit)
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter, self.said)
        painter.end()


def _spell(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 10 else f"{value:.2f}"
