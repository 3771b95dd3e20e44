"""The legend over the canvas: colour and name of the types that are seen there.

A widget of its own over napari's, in the lower left corner: no layer, no click and no key is taken
by it, and it is laid out anew only where what it says has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from napari.qt import QtViewer
from napari.utils.theme import get_theme
from qtpy.QtCore import QEvent, QObject, QRect, Qt
from qtpy.QtGui import QColor, QPainter
from qtpy.QtWidgets import QMainWindow, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtGui import QPaintEvent

    from spotscope.layers import Colour

__all__ = ["MOST", "CanvasLegend", "Entry", "canvas_around", "most_frequent"]

#: Types that are named; of more, those that most nuclei are of.
MOST = 12
#: Pixels: a square, between lines, around all, and from the corner.
_SWATCH, _GAP, _PAD, _EDGE = 12, 3, 6, 8
#: Of a name, and of the canvas' height, that is taken at most.
_WIDEST_PX, _TALLEST = 220, 0.6
#: How much of the canvas shows through the ground, of 255.
_GROUND = 215
_RIM = QColor(128, 128, 128)


class Entry(NamedTuple):
    """A type that is seen: its name, its colour, and how many nuclei there are."""

    name: str
    colour: Colour
    nuclei: int


def most_frequent(entries: Sequence[Entry], most: int) -> list[Entry]:
    """The most frequent of some types, in the order they came in."""
    if len(entries) <= most:
        return list(entries)
    ranked = sorted(range(len(entries)), key=lambda at: (-entries[at].nuclei, at))
    return [entries[at] for at in sorted(ranked[:most])]


def canvas_around(widget: QWidget) -> QWidget | None:
    """The canvas of the napari window that a widget has been docked in, floating or not."""
    top = widget
    while (above := top.parentWidget()) is not None:
        top = above
    middle = top.centralWidget() if isinstance(top, QMainWindow) else None
    found = middle.findChild(QtViewer) if middle is not None else None
    return found.canvas.native if found is not None else None


class CanvasLegend(QWidget):
    """Squares and names over a canvas; without one, and without types, nothing is shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Legend of cell types on the canvas")
        self._canvas: QWidget | None = None
        self._seen: tuple[Entry, ...] = ()
        self._said: tuple[tuple[str, Colour | None], ...] = ()
        self._ground, self._ink = QColor(), QColor()
        self.hide()

    @property
    def said(self) -> tuple[tuple[str, Colour | None], ...]:
        """The lines: words, and the colour they are for."""
        return self._said

    @property
    def colours(self) -> tuple[QColor, QColor]:
        """Of the ground, through which some of the slide is seen, and of the words."""
        return self._ground, self._ink

    def put_on(self, canvas: QWidget) -> None:
        """Lie over a canvas from now on, and keep to its corner."""
        self.let_go()
        self._canvas = canvas
        self.setParent(canvas)
        canvas.installEventFilter(self)
        self._say()

    def let_go(self) -> None:
        """Leave the canvas alone."""
        if self._canvas is not None:
            self._canvas.removeEventFilter(self)
            self._canvas = None

    def wear(self, theme: str) -> None:
        """Take on the colours of one of napari's themes, those of its scale bar."""
        look = get_theme(theme)
        self._ground, self._ink = QColor(look.canvas.as_hex()), QColor(look.text.as_hex())
        self._ground.setAlpha(_GROUND)
        self.update()

    def show_types(self, seen: Sequence[Entry]) -> None:
        """Show these types; none: nothing."""
        self._seen = tuple(seen)
        self._say()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Keep to the corner of a canvas that grows or shrinks."""
        if event is not None and event.type() == QEvent.Type.Resize and watched is self._canvas:
            self._say()
            self._keep_corner()
        return False

    def changeEvent(self, event: QEvent | None) -> None:
        """Make room for another font."""
        super().changeEvent(event)
        kind = None if event is None else event.type()
        if kind in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and self._said:
            self._lay_out()

    def paintEvent(self, _event: QPaintEvent | None) -> None:
        """Draw the lines."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._ground)
        high = self.fontMetrics().height()
        for number, (words, colour) in enumerate(self._said):
            top = _PAD + number * self._line()
            if colour is not None:
                square = QRect(_PAD, top + (high - _SWATCH) // 2, _SWATCH, _SWATCH)
                painter.fillRect(square, QColor(*colour))
                painter.setPen(_RIM)
                painter.drawRect(square.adjusted(0, 0, -1, -1))
            painter.setPen(self._ink)
            left = _PAD + (_SWATCH + _PAD if colour is not None else 0)
            room = QRect(left, top, self.width() - left, high)
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, self._short(words))
        painter.end()

    def _line(self) -> int:
        return int(max(self.fontMetrics().height(), _SWATCH)) + _GAP

    def _short(self, words: str) -> str:
        return str(self.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, _WIDEST_PX))

    def _say(self) -> None:
        """Choose what is said; nothing is laid out where it is what was said before."""
        said: list[tuple[str, Colour | None]] = []
        if self._canvas is not None:
            room = int(self._canvas.height() * _TALLEST) // self._line()
            named = most_frequent(self._seen, max(1, min(MOST, room)))
            said = [(entry.name, entry.colour) for entry in named]
            if len(named) < len(self._seen):
                said.append((f"and {len(self._seen) - len(named)} more", None))
        if tuple(said) != self._said:
            self._said = tuple(said)
            self.setAccessibleDescription(", ".join(words for words, _ in said))
            self._lay_out()
        self.setVisible(bool(said))

    def _lay_out(self) -> None:
        wide = max(
            (self.fontMetrics().horizontalAdvance(self._short(w)) for w, _ in self._said), default=0
        )
        self.resize(wide + _SWATCH + 3 * _PAD, len(self._said) * self._line() - _GAP + 2 * _PAD)
        self._keep_corner()
        self.update()

    def _keep_corner(self) -> None:
        if self._canvas is not None:
            self.move(_EDGE, self._canvas.height() - self.height() - _EDGE)
