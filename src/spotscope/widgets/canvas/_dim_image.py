"""The image stands back, so that the colours of nuclei and spots upon it are seen from afar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QPushButton

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.widgets.canvas._canvas import Canvas

__all__ = ["DIMMED", "ImageDim"]

#: How much of the image stays.
DIMMED = 0.3
#: Of which less the black canvas behind it makes dark rims hard to see.
_DARK = 0.6


class ImageDim(QObject):
    """A button that is down while the image is dimmed, by it or by napari's own slider."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._watched: Any = None
        self.button = QPushButton("Dim")
        self.button.setCheckable(True)
        self.button.setToolTip("Let the image stand back, to see the colours upon it from afar")
        self.button.hide()
        self.button.clicked.connect(self.turn)
        canvas.parts_changed.connect(self._on_parts_changed)

    def turn(self, on: bool) -> None:
        """Dim the image, or show it as it is."""
        if "slide" in self._canvas.stack:
            self._canvas.stack["slide"].opacity = DIMMED if on else 1.0

    def close(self) -> None:
        """Let go of the layer."""
        if self._watched is not None:
            self._watched.events.opacity.disconnect(self._show)
        self._watched = None

    def _on_parts_changed(self, seen: Mapping[str, bool]) -> None:
        self.button.setVisible("slide" in seen)
        layer = self._canvas.stack.get("slide")
        if layer is not self._watched:
            self.close()
            self._watched = layer
            if layer is not None:
                layer.events.opacity.connect(self._show)
        self._show()

    def _show(self, _event: Any = None) -> None:
        opacity = 1.0 if self._watched is None else float(self._watched.opacity)
        self.button.setChecked(opacity < 1)
        self._canvas.spots.stand_on(dimmed=opacity < _DARK)
