"""A gene in the place of what else the nuclei are coloured by, and the place given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from spotscope.widgets.expression._expression_shown import gene_colormap

if TYPE_CHECKING:
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.expression._expression_shown import GeneOnCells

__all__ = ["GeneOnNuclei"]


class GeneOnNuclei(QObject):
    """Colours nuclei by a gene, and takes no colours away but its own.

    ``changed(name)`` when a gene colours them, ``""`` when it does no more.
    """

    changed = Signal(str)

    def __init__(self, canvas: Canvas, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._shown = canvas, False

    def show(self, found: GeneOnCells, sample: str, said: str) -> None:
        """Colour the nuclei of a sample; ``said`` is what the colours span."""
        self._shown = True
        self._canvas.show_inferred(found.codes, gene_colormap(sample), said)
        self.changed.emit(found.name)

    def give_back(self) -> None:
        """Let them have their other colours."""
        if self._shown:
            self._shown = False
            self._canvas.show_inferred(None, None, "")
            self.changed.emit("")
