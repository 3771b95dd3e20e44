"""A ring around what has the keyboard, where it was given by the keyboard: napari draws none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent, QObject, QPoint, QRectF, Qt, QTimer
from qtpy.QtGui import QKeyEvent, QPainter, QPen
from qtpy.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QWidget

from spotscope.widgets.dock._state import Mark
from spotscope.widgets.parts._theme import is_dark, mark_colour

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent

    from spotscope.widgets.parts._column import Column

__all__ = ["FocusRing"]

#: Pixels it stands out, and those it is wide.
_OUT, _WIDE = 3, 2
_MOVES = (QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Show, QEvent.Type.Hide)
_HELD = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class FocusRing(QWidget):
    """Goes around the part of a dock that has the keyboard; a click takes it away.

    Parameters
    ----------
    dock
        What it belongs to.
    column
        What scrolls in it: as far as all of the part is seen.
    """

    def __init__(self, dock: QWidget, column: Column) -> None:
        super().__init__(dock)
        self._dock, self._column = dock, column
        self._inner = column.widget()
        self._keys = self._inside = False
        #: runs while what a key has called for is done
        self._struck = QTimer(self)
        self._struck.setSingleShot(True)
        self._struck.setInterval(0)
        self._last: QWidget | None = None
        self._around: QWidget | None = None
        self._followed: list[QWidget] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        dock.installEventFilter(self)
        QApplication.instance().focusChanged.connect(self._on_focus_changed)

    @property
    def around(self) -> QWidget | None:
        """What it is drawn around; None while it is not seen."""
        return self._around

    def let_go(self) -> None:
        """Go, and hear of nothing any more."""
        QApplication.instance().focusChanged.disconnect(self._on_focus_changed)
        self._dock.removeEventFilter(self)
        self._last = None
        self._go_around(None)

    # without arguments: PySide would keep widgets of napari's alive that it hands over
    def _on_focus_changed(self) -> None:
        now = self._focused()
        if now is not None and now is not self._last:
            if self._struck.isActive():
                self._keys = True
            elif QApplication.mouseButtons() != Qt.MouseButton.NoButton:
                self._keys = False
            elif not self._inside:  # Tab, or a key on the slide, has led here
                self._keys = True
            self._last = now
        self._inside = now is not None
        self._go_around(now if self._keys else None)

    def _focused(self) -> QWidget | None:
        """What Tab stops at in the dock, if it has the keyboard."""
        widget = self._dock.focusWidget()
        if widget is None or not widget.hasFocus():
            return None
        holder = widget.parentWidget()
        if isinstance(holder, QComboBox | QAbstractSpinBox):
            widget = holder
        return widget if widget.focusPolicy() & Qt.FocusPolicy.TabFocus else None

    def _go_around(self, widget: QWidget | None) -> None:
        if widget is self._around:
            return
        for before in self._followed:
            before.removeEventFilter(self)
        self._around, self._followed = widget, []
        if widget is not None:
            holder = self._inner if self._inner.isAncestorOf(widget) else self._dock
            self.setParent(holder)
            part: QWidget | None = widget
            while part is not None and part is not holder:
                part.installEventFilter(self)
                self._followed.append(part)
                part = part.parentWidget()
            if holder is self._inner:  # Qt itself shows no more than where letters would go
                self._column.reveal(widget)
        self._place()

    def _place(self) -> None:
        widget, holder = self._around, self.parentWidget()
        if widget is None or holder is None or not widget.isVisible():
            self.hide()
            return
        box = widget.rect().translated(widget.mapTo(holder, QPoint(0, 0)))
        self.setGeometry(box.adjusted(-_OUT, -_OUT, _OUT, _OUT))
        self.show()
        self.raise_()

    def eventFilter(self, thing: QObject | None, event: QEvent | None) -> bool:
        """See that keys are used, and stay where it is while the dock is laid out anew."""
        if event is None:
            return False
        # what no field has taken for a letter, Tab among it
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            if event.key() not in _HELD:
                self._keys = True
                self._struck.start()
                self._on_focus_changed()
        elif thing is not self._dock and event.type() == QEvent.Type.MouseButtonPress:
            self._keys = False
            self._go_around(None)
        elif thing is not self._dock and event.type() in _MOVES:
            self._place()
        return False

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(mark_colour(Mark.RUNNING, is_dark(self)), _WIDE))
        half = _WIDE / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(half, half, -half, -half), 3, 3)
        painter.end()
