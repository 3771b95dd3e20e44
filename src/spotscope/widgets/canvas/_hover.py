"""The card that follows the mouse: what is under it, told while it moves.

It is a tooltip of its own: it takes no key and no click, and needs nothing of napari but where the
mouse is. What is inferred has a dashed rim, what was measured a solid one.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QPoint, Qt
from qtpy.QtGui import QCursor, QGuiApplication
from qtpy.QtWidgets import QLabel, QWidget

from spotscope.widgets.canvas._hover_facts import SOURCES, Hovered, HoverIndex, index_task
from spotscope.widgets.canvas._layer_data import UNKNOWN
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.parts._theme import is_dark

if TYPE_CHECKING:
    from spotscope.model import Session
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench

__all__ = ["HoverCard", "HoverDesk", "hover_text"]

#: Text, background and rim, dark and light; text on background has 7 : 1 and more.
STYLE = {
    True: ("#f2f4f7", "#20242b", "#a9b0b9"),
    False: ("#15181c", "#fcfbfa", "#55595e"),
}
_OFF = QPoint(18, 20)


class HoverCard(QLabel):
    """Words at the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setTextFormat(Qt.TextFormat.RichText)
        self._look: tuple[bool, bool] | None = None

    def show_words(self, text: str, inferred: bool, dark: bool) -> None:
        """Say something at the mouse."""
        if self._look != (inferred, dark):
            self._look = inferred, dark
            words, back, rim = STYLE[dark]
            line = "dashed" if inferred else "solid"
            self.setStyleSheet(
                f"QLabel {{ color: {words}; background: {back}; padding: 5px 7px;"
                f" border: 1px {line} {rim}; }}"
            )
        self.setText(text)
        self.adjustSize()
        self.follow()
        self.show()

    def follow(self) -> None:
        """Stay beside the mouse, on its screen."""
        at = QCursor.pos() + _OFF
        screen = QGuiApplication.screenAt(QCursor.pos())
        if screen is not None:
            room = screen.availableGeometry()
            if at.x() + self.width() > room.right():
                at.setX(at.x() - self.width() - 2 * _OFF.x())
            if at.y() + self.height() > room.bottom():
                at.setY(at.y() - self.height() - 2 * _OFF.y())
        self.move(at)


class HoverDesk(QObject):
    """Follows the mouse over the canvas, and says what is there."""

    def __init__(self, workbench: Workbench, canvas: Canvas, parent: QWidget) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._dock = workbench, canvas, parent
        self.card = HoverCard(parent)
        self.on = True
        self._index: HoverIndex | None = None
        self._key: tuple[int, int] | None = None
        self._runner = Runner(self)
        self._runner.succeeded.connect(self._on_indexed)
        canvas.viewer.mouse_move_callbacks.append(self._on_mouse_moved)
        canvas.viewer.events.mouse_over_canvas.connect(self._on_over_canvas)
        workbench.session_opened.connect(self.watch)
        workbench.nuclei_found.connect(self.watch)
        workbench.typed.connect(lambda typed: self.watch(typed.session))
        workbench.retyped.connect(lambda typed: self.watch(typed.session))
        workbench.facts_changed.connect(lambda _: self._catch_up())

    @property
    def busy(self) -> bool:
        """Whether places are being sorted."""
        return self._runner.running is not None

    def watch(self, session: Session) -> None:
        """Tell of another session from now on."""
        self.hide()
        self._runner.latest("index", lambda: index_task(session))

    def turn(self, on: bool) -> None:
        """Follow the mouse, or not."""
        self.on = on
        if not on:
            self.hide()

    def hide(self) -> None:
        """Say nothing."""
        self._key = None
        self.card.hide()

    def close(self) -> None:
        """Let go of the mouse."""
        self._runner.close()
        self.hide()
        viewer = self._canvas.viewer
        viewer.events.mouse_over_canvas.disconnect(self._on_over_canvas)
        if self._on_mouse_moved in viewer.mouse_move_callbacks:
            viewer.mouse_move_callbacks.remove(self._on_mouse_moved)

    def tell(self, yx_um: tuple[float, float]) -> Hovered | None:
        """Say what is at a place."""
        found = self._index.at(yx_um) if self._index is not None else None
        if found is None or not self.on:
            self.hide()
            return None
        if found.key == self._key:
            self.card.follow()
            return found
        self._key = found.key
        looks = self._canvas.nuclei.looks
        assert self._index is not None
        colours = self._canvas.colours(self._index.session)
        name = looks.shown(found.type_name) if found.type_name else UNKNOWN
        text = hover_text(found, name, "#{:02x}{:02x}{:02x}".format(*colours[name]))
        self.card.show_words(text, bool(found.type_name) or found.inferred, is_dark(self._dock))
        return found

    def _catch_up(self) -> None:
        """Expression has come to a session that is known already."""
        session = self._bench.session
        if session is not None and self._index is not None and self._index.session is not session:
            self.watch(session)

    def _on_indexed(self, _name: str, index: HoverIndex) -> None:
        session = self._bench.session
        ours = session is not None and index.session.sample.same_as(session.sample)
        self._index = index if ours else None

    def _on_mouse_moved(self, _viewer: Any, event: Any) -> None:
        if self.on and self._canvas.viewer.dims.ndisplay == 2:
            y, x = (float(v) for v in tuple(event.position)[-2:])
            self.tell((y, x))

    def _on_over_canvas(self, _event: Any = None) -> None:
        if not self._canvas.viewer.mouse_over_canvas:
            self.hide()


def hover_text(found: Hovered, name: str, colour: str) -> str:
    """What the card says, in Qt's HTML."""
    lines = []
    if found.is_nucleus:
        head = f"<span style='color:{colour}'>■</span> <b>{escape(name)}</b>"
        if found.type_name:
            head += f" {found.support:.2f} {SOURCES.get(found.source, '')}"
        marked = f" · marked {escape(found.marked)}" if found.marked else ""
        seen = f"nucleus of {found.area_um2:.0f} µm²"
        lines += [head, f"{'estimated cell' if found.estimated else seen}{marked}"]
    if found.spot:
        lines.append(f"spot {escape(found.spot)} · {found.umis:,} UMI")
    if found.genes:
        how = "inferred" if found.inferred else "of the spot, measured"
        lines.append(f"{', '.join(map(escape, found.genes))} <i>{how}</i>")
    return "<br>".join(lines)
