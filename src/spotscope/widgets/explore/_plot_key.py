"""What a plot's axes and colours are: names along two edges, a legend under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetrics, QPalette

from spotscope.widgets.canvas._colour_scale import STRIP_PX, draw_scale
from spotscope.widgets.parts._theme import is_dark, muted

if TYPE_CHECKING:
    from qtpy.QtGui import QPainter
    from qtpy.QtWidgets import QWidget

    from spotscope.layers import Colour

__all__ = ["KEY_ROWS", "PlotKey", "draw_key", "key_font", "laid_names", "room_of"]

#: Of a legend of names; what has no room in them is counted.
KEY_ROWS = 3
_GAP = 10
_SWATCH = 9
#: Of the window's own letters.
_SMALL = 0.9


@dataclass(frozen=True, slots=True)
class PlotKey:
    """What is to be said of a plot.

    Parameters
    ----------
    axes
        Names of the axis to the right and of the one upwards.
    names
        (name, colour) of kinds of points, the most frequent first.
    gene
        What the colours are of, where they are of an amount.
    top
        Amount at the end of the strip; None where it is no count.
    strip
        Colours from none to the most.
    """

    axes: tuple[str, str] = ("", "")
    names: tuple[tuple[str, Colour], ...] = ()
    gene: str = ""
    top: float | None = None
    strip: tuple[QColor, ...] = ()


def key_font(widget: QWidget) -> QFont:
    """Letters a little smaller than a widget's own."""
    font = QFont(widget.font())
    if font.pointSizeF() > 0:
        font.setPointSizeF(font.pointSizeF() * _SMALL)
    else:
        font.setPixelSize(round(font.pixelSize() * _SMALL))
    return font


def room_of(key: PlotKey, metrics: QFontMetrics, width: float) -> tuple[float, float]:
    """Pixels left of the plot, and under it, that a key takes in so wide a widget."""
    line = float(metrics.height())
    left, below = (line * bool(key.axes[1]), line * bool(key.axes[0]))
    if key.strip:
        below += STRIP_PX + 2 * line + 6
    elif key.names:
        below += line * (1 + max(row for _, row, _, _ in laid_names(key, metrics, width))) + 4
    return left, below


def laid_names(
    key: PlotKey, metrics: QFontMetrics, width: float
) -> list[tuple[float, int, str, Colour | None]]:
    """Left end, row, name and colour of the names that have room; the last counts the others."""
    laid: list[tuple[float, int, str, Colour | None]] = []
    x, row = 0.0, 0
    for at, (name, colour) in enumerate(key.names):
        rest = f"+ {len(key.names) - at} more"
        wide = _SWATCH + 4 + metrics.horizontalAdvance(name)
        after = metrics.horizontalAdvance(rest) + _GAP if at + 1 < len(key.names) else 0
        if x and x + wide > width:
            x, row = 0.0, row + 1
        last = row == KEY_ROWS - 1
        if row == KEY_ROWS or (last and x and x + wide + _GAP + after > width):
            return [*laid, (x, min(row, KEY_ROWS - 1), rest, None)]
        laid.append((x, row, name, colour))
        x += wide + _GAP
    return laid


def draw_key(painter: QPainter, widget: QWidget, key: PlotKey, box: QRectF) -> None:
    """Name the axes of the plot that fills ``box``, and show under it what its colours are."""
    painter.setFont(key_font(widget))
    metrics = painter.fontMetrics()
    quiet = muted(is_dark(widget))
    line = metrics.height()
    painter.setPen(quiet)
    across = QRectF(box.left(), box.bottom(), box.width(), line)
    _name_axis(painter, key.axes[0], across)
    painter.save()
    painter.translate(0, box.bottom())
    painter.rotate(-90)
    _name_axis(painter, key.axes[1], QRectF(0, 0, box.height(), line))
    painter.restore()
    painter.setPen(widget.palette().color(QPalette.ColorRole.WindowText))
    top = box.bottom() + line * bool(key.axes[0]) + 4
    if key.strip:
        _draw_strip(painter, key, QRectF(0, top, widget.width(), STRIP_PX + 2 * line))
        return
    for x, row, name, colour in laid_names(key, metrics, widget.width()):
        y = top + row * line
        if colour is None:
            painter.setPen(quiet)
            painter.drawText(QPointF(x, y + metrics.ascent()), name)
            continue
        swatch = QRectF(x, y + (line - _SWATCH) / 2, _SWATCH, _SWATCH)
        painter.fillRect(swatch, QColor(*colour))
        painter.drawText(QPointF(x + _SWATCH + 4, y + metrics.ascent()), name)


def _name_axis(painter: QPainter, name: str, box: QRectF) -> None:
    shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(box.width()))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)


def _draw_strip(painter: QPainter, key: PlotKey, box: QRectF) -> None:
    line = painter.fontMetrics().height()
    painter.drawText(QRectF(0, box.top(), box.width(), line), key.gene)
    draw_scale(painter, box.adjusted(0, line, -1, 0), key.strip, key.top)
