"""Lens and swipe: the line between two looks follows the mouse.

Only the nuclei's layer is drawn anew, and only where one looks: a move costs a slice of the view.
Moves that come faster than the canvas paints are passed over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer

from spotscope.layers import Disc, RightOf
from spotscope.widgets._compare_row import Beside

if TYPE_CHECKING:
    from spotscope.layers import Stencil
    from spotscope.model import Session
    from spotscope.widgets._canvas import Canvas
    from spotscope.widgets._compare_row import CompareRow
    from spotscope.widgets._layer_data import Pinned
    from spotscope.widgets._workbench import Workbench

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
        row.beside_chosen.connect(lambda _: self.turn(self.mode))
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
        chosen = self._row.chosen
        pinned = self._kept[0] if self._kept is not None and chosen is Beside.PINNED else None
        if self._at is None and mode:
            self._at = self._middle()
        self._canvas.nuclei.show_beside(self._stencil(), pinned)
        self._canvas.spots.show_left_of(self._line())
        self._row.show_mode(mode == "lens", mode == "swipe", self._said())

    def pin(self) -> None:
        """Keep how the nuclei look now, as the look beside."""
        look = self._canvas.nuclei.pin()
        if look is not None:
            said = self._look_now()
            self._kept = look, said
            self._row.show_pinned(said)
            self.turn(self.mode or "swipe")

    def close(self) -> None:
        """Let go of the mouse."""
        self._soon.stop()
        self._follow(False)

    def _on_session(self, _session: Session) -> None:
        self._kept, self._at = None, None
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
            self._canvas.spots.show_left_of(self._line())

    def _stencil(self) -> Stencil | None:
        session = self._bench.session
        if not self.mode or self._at is None or session is None or session.labels is None:
            return None
        mpp = session.labels.mpp
        y, x = self._at[0] / mpp, self._at[1] / mpp
        if self.mode == "swipe":
            return RightOf(x)
        zoom = max(float(self._viewer.scene.camera.zoom), 1e-9)
        return Disc(y, x, LENS_PX / zoom / mpp)

    def _line(self) -> float | None:
        """Where spots end, in µm; None where they are shown everywhere."""
        spots = self.mode == "swipe" and self._row.chosen is Beside.SPOTS
        return self._at[1] if spots and self._at is not None else None

    def _middle(self) -> tuple[float, float]:
        y, x = (float(v) for v in tuple(self._viewer.scene.camera.center)[-2:])
        return y, x

    def _look_now(self) -> str:
        said = str(self._canvas.viewer.canvas.overlays.text.text)
        if self._canvas.nuclei.inferred is not None and said:
            return said
        session = self._bench.session
        record = session.records.get("type") if session is not None else None
        if record is None or session is None or session.cells is None:
            return "nuclei as found"
        nu = float(record.params.get("nu_used", 0))
        return f"cell types at ν = {nu:.3g}"

    def _said(self) -> str:
        if not self.mode:
            return ""
        chosen = self._row.chosen
        other = self._kept[1] if self._kept and chosen is Beside.PINNED else str(chosen)
        where = ("around the lens", "inside") if self.mode == "lens" else ("left", "right")
        return f"{where[0].capitalize()}: {other}; {where[1]}: what is shown now"
