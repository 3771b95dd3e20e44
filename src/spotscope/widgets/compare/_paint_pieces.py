"""Outlines painted into a picture by Qt, with smooth edges; on any thread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QPointF, Qt
from qtpy.QtGui import QColor, QImage, QPainter, QPen, QPolygonF, QTransform
from superqt.utils import qimage_to_array

from spotscope.model import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from spotscope.model import Task
    from spotscope.widgets.compare._other_plane import Grid, Plane

    Floats = npt.NDArray[np.float64]

__all__ = ["Pieces", "paint_task"]

#: Pieces between two places where a task can be stopped.
_AT_ONCE = 1000
#: Corners of an edge are cut beyond so many widths.
_MITER = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Outlines in places of their layer, the last one on top.

    ``outlines`` are (corner, 2), ``faces`` and ``edges`` (piece, 4) colours of 0 to 1, ``widths``
    (piece,) in units of the layer or of the screen, ``closed`` (piece,): one that is open has no
    face.
    """

    outlines: Sequence[npt.NDArray[Any]]
    faces: npt.NDArray[Any]
    edges: npt.NDArray[Any]
    widths: npt.NDArray[Any]
    closed: npt.NDArray[np.bool_]
    on_screen: bool = False


def paint_task(pieces: Pieces, plane: Plane, grid: Grid) -> Task[npt.NDArray[np.uint8]]:
    """(y, x, 4) colours; clear where no piece is. A line is a pixel wide at least."""
    turn, start = plane.to_pixels(grid)
    size = float(np.sqrt(abs(np.linalg.det(turn))))
    widths = np.asarray(pieces.widths, float)
    widths = np.where(widths > 0, np.maximum(widths, 1.0 if pieces.on_screen else 1 / size), 0)
    reach = widths * _MITER * (1.0 if pieces.on_screen else np.linalg.norm(turn, 2))
    seen = _in_view(pieces.outlines, turn, start, reach, grid)
    faces, edges = _codes(pieces.faces), _codes(pieces.edges)
    picture = QImage(grid.shape[1], grid.shape[0], QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(0)
    painter = QPainter(picture)
    look = (-1, 0.0, -1)
    try:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # the middle of a pixel is a whole number here and a half for Qt
        (yy, yx), (xy, xx) = turn
        painter.setTransform(QTransform(xx, yx, xy, yy, start[1] + 0.5, start[0] + 0.5))
        for done, i in enumerate(seen):
            if done % _AT_ONCE == 0:
                yield Progress("reading a layer", done, len(seen))
            look, before = (edges[i], float(widths[i]), faces[i]), look
            if look[:2] != before[:2]:
                _set_pen(painter, *look[:2], pieces.on_screen)
            outline = QPolygonF([QPointF(x, y) for y, x in pieces.outlines[i].tolist()])
            if pieces.closed[i]:
                if look[2] != before[2]:
                    painter.setBrush(QColor.fromRgba(look[2]))
                painter.drawPolygon(outline)
            else:
                painter.drawPolyline(outline)
    finally:
        painter.end()
    return np.asarray(qimage_to_array(picture), np.uint8)


def _set_pen(painter: QPainter, edge: int, width: float, on_screen: bool) -> None:
    if width <= 0 or edge >> 24 == 0:
        painter.setPen(Qt.PenStyle.NoPen)
        return
    pen = QPen(QColor.fromRgba(edge), width)
    pen.setCosmetic(on_screen)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    pen.setMiterLimit(_MITER)
    painter.setPen(pen)


def _codes(colours: npt.NDArray[Any]) -> list[int]:
    """Colours as Qt writes them into one number."""
    r, g, b, a = np.round(255 * np.clip(colours, 0, 1)).astype(np.int64).reshape(-1, 4).T
    return [int(code) for code in (a << 24 | r << 16 | g << 8 | b)]


def _in_view(
    outlines: Sequence[npt.NDArray[Any]], turn: Floats, start: Floats, reach: Floats, grid: Grid
) -> list[int]:
    """Which outlines, with so many pixels around them, come into the view."""
    counts = np.array([len(one) for one in outlines], np.int64)
    some = np.flatnonzero(counts)
    if not len(some):
        return []
    places = np.concatenate([outlines[int(k)] for k in some]).astype(float) @ turn.T + start
    first = np.concatenate([[0], np.cumsum(counts[some])[:-1]])
    low = np.minimum.reduceat(places, first) - reach[some, None]
    high = np.maximum.reduceat(places, first) + reach[some, None]
    # a place that is no number is in no view
    inside = (high >= 0).all(axis=1) & (low < np.array(grid.shape)).all(axis=1)
    return [int(k) for k in some[inside]]
