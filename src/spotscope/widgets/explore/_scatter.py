"""A scatter of many points: painted into an image at once, selected by a drag.

Axes and colours are named in the plot itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QPointF, QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from spotscope.layers import SELECTION
from spotscope.widgets.explore._plot_key import PlotKey, draw_key, key_font, room_of
from spotscope.widgets.parts._theme import is_dark, muted, track_colour

if TYPE_CHECKING:
    from qtpy.QtGui import QMouseEvent, QPaintEvent

__all__ = ["Scatter"]

MARGIN = 8
#: Pixels of the plot itself, without names and legend.
_HIGH = 280
#: A drag shorter than this is a click: it selects nothing.
_STILL_PX = 4
#: Side of a point in pixels where there are fewer than so many.
_SIZES = ((500, 6), (5000, 4), (float("inf"), 2))


class Scatter(QWidget):
    """Points of a plane; ``selected((point,) bool or None)`` when a drag has gone around some."""

    selected = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._xy: npt.NDArray[np.float32] = np.zeros((0, 2), np.float32)
        self.rgb: npt.NDArray[np.uint8] = np.zeros((0, 3), np.uint8)
        self.key = PlotKey()
        self.chosen: npt.NDArray[np.bool_] | None = None
        self._picture: QImage | None = None
        self._path: list[QPointF] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Plot of spots or cells")
        self.setToolTip("Drag around points to mark them on the slide; click beside to let go")
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:
        """About a square as wide as the dock, and what names and legend take."""
        return QSize(320, _HIGH + round(self._room()[1]))

    def show_points(
        self,
        xy: npt.NDArray[np.float32],
        rgb: npt.NDArray[np.uint8],
        key: PlotKey | None = None,
        *,
        keep: bool = False,
    ) -> None:
        """Show points in their colours, and what these are; ``keep``: those chosen stay so."""
        self._xy, self.rgb, self.key = xy, rgb, key or PlotKey()
        self.setAccessibleDescription(", ".join(name for name, _ in self.key.names))
        if not keep:
            self.chosen = None
        self._draw_anew()

    def show_chosen(self, chosen: npt.NDArray[np.bool_] | None) -> None:
        """Mark points."""
        self.chosen = chosen if chosen is not None and len(chosen) == len(self._xy) else None
        self._draw_anew()

    def places(self) -> npt.NDArray[np.float64]:
        """(point, 2) x and y in pixels of the widget."""
        box = self.box
        corner = np.array([box.left(), box.top()])
        return self._scaled(box.width(), box.height(), MARGIN) + corner

    @property
    def box(self) -> QRectF:
        """Where the points are, in pixels of the widget: left of it and under it is the key."""
        left, below = self._room()
        return QRectF(left, 0, max(self.width() - left, 1), max(self.height() - below, 1))

    def _room(self) -> tuple[float, float]:
        return room_of(self.key, QFontMetrics(key_font(self)), self.width())

    def inside(self, polygon: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """(point,) which lie in a polygon in pixels of the widget, by the even-odd rule."""
        at, found = self.places(), np.zeros(len(self._xy), bool)
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            if y0 != y1:
                crosses = (y0 > at[:, 1]) != (y1 > at[:, 1])
                found ^= crosses & (at[:, 0] < x0 + (at[:, 1] - y0) * (x1 - x0) / (y1 - y0))
        return found

    def _scaled(self, width: int, height: int, margin: float) -> npt.NDArray[np.float64]:
        if not len(self._xy):
            return np.zeros((0, 2))
        low, high = self._xy.min(axis=0), self._xy.max(axis=0)
        span = np.maximum(high - low, 1e-9)
        room = np.array([width, height], float) - 2 * margin
        share = (self._xy - low) / span
        share[:, 1] = 1 - share[:, 1]
        return np.asarray(margin + share * room)

    def _draw_anew(self) -> None:
        self._picture = None
        self.updateGeometry()
        self.update()

    def _paint_points(self) -> QImage:
        ratio = self.devicePixelRatioF()
        box = self.box
        width, height = (max(1, round(n * ratio)) for n in (box.width(), box.height()))
        canvas = np.zeros((height, width, 4), np.uint8)
        at = np.rint(self._scaled(width, height, MARGIN * ratio)).astype(int)
        size = max(2, round(next(px for n, px in _SIZES if len(at) < n) * ratio))
        fade = 255 if self.chosen is None else 120
        colours = np.column_stack([self.rgb, np.full(len(at), fade, np.uint8)])
        _stamp(canvas, at, colours, size)
        if self.chosen is not None and self.chosen.any():
            some = np.tile(np.array([*SELECTION, 255], np.uint8), (int(self.chosen.sum()), 1))
            _stamp(canvas, at[self.chosen], some, size + 2)
            _stamp(
                canvas,
                at[self.chosen],
                np.maximum(colours[self.chosen], np.array([0, 0, 0, 255], np.uint8)),
                size,
            )
        image = QImage(canvas.tobytes(), width, height, QImage.Format.Format_RGBA8888).copy()
        image.setDevicePixelRatio(ratio)
        return image

    def resizeEvent(self, event: object) -> None:
        """Paint anew at the new size."""
        self._draw_anew()  # a legend has other rows in another width

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Lay the points, and the line that is being drawn, on the card."""
        if self._picture is None:
            self._picture = self._paint_points()
        painter = QPainter(self)
        painter.setPen(track_colour(is_dark(self)))
        box = self.box
        painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.drawImage(box.topLeft(), self._picture)
        draw_key(painter, self, self.key, box)
        if len(self._path) > 1:
            painter.setPen(QPen(muted(is_dark(self)), 1.2, Qt.PenStyle.DashLine))
            painter.setBrush(QColor(*SELECTION, 30))
            painter.drawPolygon(QPolygonF(self._path))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begin to go around points."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            self._path = [event.position()]

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Go on."""
        if event is not None and self._path:
            self._path.append(event.position())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Choose what lies inside."""
        if event is None or not self._path:
            return
        corners = np.array([(p.x(), p.y()) for p in self._path])
        self._path = []
        far = np.ptp(corners, axis=0).max() >= _STILL_PX and len(corners) > 2
        chosen = self.inside(corners) if far else None
        self.show_chosen(chosen)
        self.selected.emit(chosen)


def _stamp(
    canvas: npt.NDArray[np.uint8],
    at: npt.NDArray[np.int_],
    colours: npt.NDArray[np.uint8],
    size: int,
) -> None:
    """Paint squares around places, the later ones on top."""
    height, width = canvas.shape[:2]
    low = -(size // 2)
    for dy in range(low, low + size):
        for dx in range(low, low + size):
            x, y = at[:, 0] + dx, at[:, 1] + dy
            seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            canvas[y[seen], x[seen]] = colours[seen]
