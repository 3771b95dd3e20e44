"""The legend of the card, on the canvas too: the types that one sees there.

Where nuclei are coloured by anything else, the words in the other corner tell what, and no type is
to be seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, QObject

from spotscope.widgets.canvas._canvas_legend import CanvasLegend, Entry, canvas_around

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.layers import Layer
    from qtpy.QtWidgets import QWidget

    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.cell_typing._typing_card import TypingCard

__all__ = ["LegendOnCanvas"]


class LegendOnCanvas(QObject):
    """Shows on the canvas what the legend of the card shows, as long as nuclei have its colours."""

    def __init__(self, canvas: Canvas, card: TypingCard, dock: QWidget) -> None:
        super().__init__(dock)
        self._canvas, self._card, self._dock = canvas, card, dock
        self.legend = CanvasLegend(dock)
        self._layer: Layer | None = None
        self._placed = False
        types = card.legend.types
        types.modelReset.connect(self.show)
        types.dataChanged.connect(self.show)
        card.canvas_legend_toggled.connect(self.show)
        canvas.parts_changed.connect(self._on_parts_changed)
        canvas.viewer.events.theme.connect(self._dress)
        dock.installEventFilter(self)
        self._dress()

    def show(self, *_: Any) -> None:
        """Show the types that are seen now."""
        self.legend.show_types(self._seen())

    def close(self) -> None:
        """Take the legend off the canvas, and listen no more."""
        self._canvas.viewer.events.theme.disconnect(self._dress)
        self._watch(None)
        self._dock.removeEventFilter(self)
        try:
            self.legend.let_go()
            self.legend.setParent(self._dock)
        except RuntimeError:  # Qt has deleted it with the canvas
            return
        self.legend.hide()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Find the canvas as soon as the dock has come into a window."""
        if event is not None and event.type() == QEvent.Type.Show and not self._placed:
            canvas = canvas_around(self._dock)
            if canvas is not None:
                self._placed = True
                self.legend.put_on(canvas)
        return False

    def _seen(self) -> list[Entry]:
        layer, types = self._layer, self._card.legend.types
        other = self._canvas.nuclei.inferred is not None
        if layer is None or not layer.visible or other or not self._card.on_canvas.isChecked():
            return []
        return [
            Entry(row.name, row.colour, row.count)
            for row in types.rows
            if row.count and row.name not in types.hidden
        ]

    def _on_parts_changed(self, _seen: Mapping[str, bool]) -> None:
        self._watch(self._canvas.stack.get("nuclei"))
        self.show()

    def _watch(self, layer: Layer | None) -> None:
        """Follow the layer whose colours, when they change, may say something else."""
        if layer is not self._layer:
            if self._layer is not None:
                self._layer.events.colormap.disconnect(self.show)
            self._layer = layer
            if layer is not None:
                layer.events.colormap.connect(self.show)

    def _dress(self, _event: Any = None) -> None:
        self.legend.wear(str(self._canvas.viewer.theme))
