"""Lens and swipe: the line between two looks follows the mouse; any two, on either side.

Only the nuclei's layer is drawn anew, and only where one looks: a move costs a slice of the view.
Moves that come faster than the canvas paints are passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer

from spotscope.layers import Disc, RightOf
from spotscope.widgets.canvas._two_looks import TwoLooks, Whole
from spotscope.widgets.compare._compare_row import Beside
from spotscope.widgets.compare._other_sides import OtherSides
from spotscope.widgets.compare._side_by_side import SideBySide

if TYPE_CHECKING:
    from spotscope.layers import Stencil
    from spotscope.model import Session
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.canvas._layer_data import Pinned
    from spotscope.widgets.canvas._two_looks import Look
    from spotscope.widgets.compare._compare_row import CompareRow
    from spotscope.widgets.dock._workbench import Workbench

__all__ = ["CompareDesk"]

#: Of the lens, in pixels of the screen.
LENS_PX = 130.0


class CompareDesk(QObject):
    """Coordinates the row of lens and swipe with the canvas."""

    def __init__(
        self, workbench: Workbench, canvas: Canvas, row: CompareRow, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._row = workbench, canvas, row
        self._viewer = canvas.viewer
        #: "lens", "swipe" or ""
        self.mode = ""
        self._kept: tuple[Pinned, str] | None = None
        self._at: tuple[float, float] | None = None
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._move)
        row.lens_toggled.connect(lambda on: self.turn("lens" if on else ""))
        row.swipe_toggled.connect(lambda on: self.turn("swipe" if on else ""))
        row.pin_requested.connect(self.pin)
        row.sides_chosen.connect(lambda: self.turn(self.mode))
        self.others = OtherSides(canvas, self)
        self.others.troubled.connect(row.show_trouble)
        self.beside = SideBySide(canvas, self)
        self.beside.ended.connect(lambda: row.two.setChecked(False))
        row.beside_toggled.connect(self.show_beside)
        self._offer_soon = QTimer(self, singleShot=True, interval=0)
        self._offer_soon.timeout.connect(self._offer)
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.reordered, events.renamed):
            event.connect(self._on_layers)
        workbench.session_opened.connect(self._on_session)
        workbench.nuclei_found.connect(self._on_session)

    def toggle(self, mode: str) -> None:
        """Turn lens or swipe on, or off if it is on."""
        self.turn("" if self.mode == mode else mode)

    def turn(self, mode: str) -> None:
        """Show through a lens, along a line, or plainly."""
        session = self._bench.session
        if session is None or session.nuclei is None:
            mode = ""
        self._follow(bool(mode))
        self.mode = mode
        if self._at is None and mode:
            self._at = self._middle()
        outside, inside = (self._look(side) for side in self._row.sides)
        self._canvas.nuclei.show_two(TwoLooks(self._stencil(), outside, inside))
        self._show_spots()
        self.others.show(self._row.sides, self._line(1.0))
        self._row.show_mode(mode == "lens", mode == "swipe", self._said())

    def pin(self) -> None:
        """Keep how the nuclei look now, as the look beside."""
        look = self._canvas.nuclei.pin()
        if look is not None:
            said = self._look_now()
            self._kept = look, said
            self._row.show_pinned(said)
            if self.beside.shown:
                self.beside.show(look)
            else:
                self.turn(self.mode or "swipe")

    def show_beside(self, on: bool) -> None:
        """Show the pinned look beside the one of now, or one side again."""
        if not on:
            self.beside.hide()
            return
        if self._kept is None:
            self.pin()
            self.turn("")
        if self._kept is not None:
            self.beside.show(self._kept[0])
        self._row.two.setChecked(self.beside.shown)

    def close(self) -> None:
        """Let go of the mouse."""
        self._offer_soon.stop()
        events = self._viewer.layers.events
        for event in (events.inserted, events.removed, events.reordered, events.renamed):
            event.disconnect(self._on_layers)
        self.others.close()
        self.beside.close()
        self._soon.stop()
        self._follow(False)

    def _on_session(self, _session: Session) -> None:
        self._kept, self._at = None, None
        self.beside.hide()
        self._row.show_pinned("")
        # when the layers are there
        self._canvas.turns.then(lambda: self.turn(self.mode))

    def _follow(self, on: bool) -> None:
        callbacks = self._viewer.mouse_move_callbacks
        if on and self._on_mouse_moved not in callbacks:
            callbacks.append(self._on_mouse_moved)
        elif not on and self._on_mouse_moved in callbacks:
            callbacks.remove(self._on_mouse_moved)

    def _on_mouse_moved(self, _viewer: Any, event: Any) -> None:
        y, x = (float(v) for v in tuple(event.position)[-2:])
        self._at = y, x
        self._soon.start()

    def _move(self) -> None:
        stencil = self._stencil()
        if stencil is not None:
            self._canvas.nuclei.move_stencil(stencil)
            self._show_spots()
            self.others.move(self._line(1.0))

    def _stencil(self) -> Stencil | None:
        """The line in pixels of level 0."""
        session = self._bench.session
        if session is None or session.labels is None:
            return None
        return self._line(session.labels.mpp)

    def _line(self, unit_um: float) -> Stencil | None:
        """The line in units of so many µm; None where there is none."""
        if not self.mode or self._at is None:
            return None
        y, x = self._at[0] / unit_um, self._at[1] / unit_um
        if self.mode == "swipe":
            return RightOf(x)
        zoom = max(float(self._viewer.scene.camera.zoom), 1e-9)
        return Disc(y, x, LENS_PX / zoom / unit_um)

    def _on_layers(self, _event: Any = None) -> None:
        self._offer_soon.start()

    def _offer(self) -> None:
        """Offer the layers that somebody has added; one that is gone is on no side."""
        before = self._row.sides
        self._row.show_others(self.others.offered())
        if self.mode and self._row.sides != before:
            self.turn(self.mode)

    def _look(self, side: str) -> Look:
        if side is Beside.PINNED and self._kept is not None:
            return self._kept[0]
        return Whole.NOW if side is Beside.NUCLEI else Whole.BARE

    def _show_spots(self) -> None:
        """Spots stand on the side that was given to them alone, or everywhere."""
        sides = self._row.sides
        one = (sides[0] is Beside.SPOTS) != (sides[1] is Beside.SPOTS)
        line = self._line(1.0) if one else None
        self._canvas.spots.show_beside(line, inside=sides[1] is Beside.SPOTS)

    def _middle(self) -> tuple[float, float]:
        y, x = (float(v) for v in tuple(self._viewer.scene.camera.center)[-2:])
        return y, x

    def _look_now(self) -> str:
        said = self._canvas.title.of("nuclei")
        if self._canvas.nuclei.inferred is not None and said:
            return said
        session = self._bench.session
        record = session.records.get("type") if session is not None else None
        if record is None or session is None or session.cells is None:
            return "nuclei as found" if session is None else f"{session.called} as found"
        nu = float(record.params.get("nu_used", 0))
        return f"cell types at ν = {nu:.3g}"

    def _said(self) -> str:
        if not self.mode:
            return ""
        first, second = (
            self._kept[1] if side is Beside.PINNED and self._kept is not None else said
            for side, said in zip(self._row.sides, self._row.said_sides, strict=True)
        )
        if self._row.sides[0] == self._row.sides[1]:
            return f"Both sides show {first}: choose another for one of them"
        where = ("around the lens", "inside") if self.mode == "lens" else ("left", "right")
        return f"{where[0].capitalize()}: {first}; {where[1]}: {second}"
