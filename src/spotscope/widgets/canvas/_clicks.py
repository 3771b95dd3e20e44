"""The next clicks on the canvas, for somebody who asked for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from spotscope.widgets.canvas._picking import STILL_PX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spotscope.widgets.canvas._canvas import Canvas

__all__ = ["ClickCatcher"]


class ClickCatcher(QObject):
    """``clicked(y, x)`` in µm of clicks, while it is on; drags still move the canvas."""

    clicked = Signal(float, float)

    def __init__(self, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._on = False

    @property
    def active(self) -> bool:
        """Whether clicks are caught."""
        return self._on

    def begin(self) -> None:
        """Take the clicks from now on."""
        if not self._on:
            self._on = True
            self._canvas.let_pick(False)
            self._canvas.viewer.mouse_drag_callbacks.append(self)

    def end(self) -> None:
        """Give them back."""
        if self._on:
            self._on = False
            self._canvas.let_pick(True)
            if self in self._canvas.viewer.mouse_drag_callbacks:
                self._canvas.viewer.mouse_drag_callbacks.remove(self)

    def __call__(self, _viewer: Any, event: Any) -> Iterator[None]:
        """Follow a press to its release, as napari asks of a drag callback."""
        if event.button != 1 or event.modifiers:
            return
        start, moved = np.asarray(event.pos, dtype=float), 0.0
        yield
        while event.type == "mouse_move":
            moved = max(moved, float(np.hypot(*(np.asarray(event.pos, dtype=float) - start))))
            yield
        if moved <= STILL_PX:
            y, x = (float(v) for v in tuple(event.position)[-2:])
            self.clicked.emit(y, x)
