"""The track over the ν dial: how well each ν predicts counts that were held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPointF, QSize, Qt
from qtpy.QtGui import QPainter, QPen, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QWidget

from spotscope.widgets.dock._state import Mark
from spotscope.widgets.parts._theme import is_dark, mark_colour, muted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from qtpy.QtGui import QPaintEvent

__all__ = ["ScoreTrack"]

#: Half of a slider handle: the line begins where the handle can be.
INSET = 8


class ScoreTrack(QWidget):
    """A line, higher where held-out counts are predicted better, and a dot on what *auto* takes.

    That is the largest ν which predicts them as well as the best one does, within its error.

    Parameters
    ----------
    to_position
        Place of a ν on the dial, 0 to 1.
    """

    def __init__(
        self, to_position: Callable[[float], float], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._to_position = to_position
        self._points: list[tuple[float, float]] = []
        self._chosen = QPointF()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    @property
    def points(self) -> list[tuple[float, float]]:
        """(place along the dial, height) of every ν tried, both 0 to 1."""
        return self._points

    def sizeHint(self) -> QSize:
        """A line and a half of text high."""
        return QSize(80, round(1.5 * self.fontMetrics().height()))

    @property
    def chosen(self) -> tuple[float, float]:
        """(place along the dial, height) of the dot."""
        return self._chosen.x(), self._chosen.y()

    def show_scores(
        self, grid: Sequence[float], losses: Sequence[float], auto_nu: float = 0.0
    ) -> None:
        """Show the loss (lower is better) of every ν tried; nothing for fewer than two."""
        self.setVisible(len(grid) > 1)
        if len(grid) < 2:
            self._points = []
            return
        order = np.argsort(grid)
        loss = np.asarray(losses, dtype=float)[order]
        height = (loss.max() - loss) / max(float(np.ptp(loss)), 1e-12)
        places = [self._to_position(float(grid[i])) for i in order]
        self._points = list(zip(places, map(float, height), strict=True))
        dot = self._to_position(auto_nu)
        self._chosen = QPointF(dot, float(np.interp(dot, places, height)))
        best = float(np.asarray(grid)[order][height.argmax()])
        said = (
            f"How well each ν predicts counts held out of the fit: best at {best:.2g}. The dot is "
            f"what auto takes, {auto_nu:.2g}: the largest that does as well within chance."
        )
        self.setToolTip(said)
        self.setAccessibleDescription(said)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the line and the dot."""
        if not self._points:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        dark, radius = is_dark(self), 3.0
        wide, high = self.width() - 2 * INSET, self.height() - 2 * radius - 1

        def place(x: float, y: float) -> QPointF:
            return QPointF(INSET + x * wide, radius + (1 - y) * high)

        line = QPolygonF([place(x, y) for x, y in self._points])
        painter.setPen(QPen(muted(dark), 1.4))
        painter.drawPolyline(line)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(mark_colour(Mark.RUNNING, dark))
        painter.drawEllipse(place(*self.chosen), radius, radius)
        painter.end()
