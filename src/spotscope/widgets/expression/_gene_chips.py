"""Genes worth a look on the nuclei, a click each, and the way back to the cell types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOST_GENES", "GeneChips"]

MOST_GENES = 3
TYPES = "Types"


class GeneChips(QWidget):
    """Buttons of which one is down: the cell types, or a gene; ``chosen(gene or "")``."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._genes: tuple[str, ...] = ()
        self.types = self._button()
        self.types.setText(TYPES)
        self.buttons = [self._button() for _ in range(MOST_GENES)]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.on = QLabel()
        layout.addWidget(self.on)
        for button in (self.types, *self.buttons):
            layout.addWidget(button, 1)
        self.types.clicked.connect(lambda: self.chosen.emit(""))
        for place, button in enumerate(self.buttons):
            button.clicked.connect(lambda _=False, place=place: self._on_gene(place))
        self.hide()

    def offer(self, genes: Sequence[str], called: str = "nuclei") -> None:
        """Offer these genes on what is ``called`` so; none hides the row."""
        self._genes = tuple(genes[:MOST_GENES])
        self.on.setText(f"On the {called}")
        self.types.setToolTip(f"Colour the {called} by their cell type again")
        for button, gene in zip(self.buttons, self._genes, strict=False):
            button.setText(gene)
            button.setToolTip(f"Colour the {called} by {gene}, as it is inferred of them")
        for button in self.buttons[len(self._genes) :]:
            button.hide()
        for button in self.buttons[: len(self._genes)]:
            button.show()
        self.setVisible(bool(self._genes))

    def show_gene(self, gene: str) -> None:
        """Press the button of what is shown; another gene than these presses none."""
        self.types.setChecked(not gene)
        for place, button in enumerate(self.buttons):
            button.setChecked(bool(gene) and self._genes[place : place + 1] == (gene,))

    def _on_gene(self, place: int) -> None:
        if place < len(self._genes):
            self.chosen.emit(self._genes[place])

    @staticmethod
    def _button() -> QPushButton:
        button = QPushButton()
        button.setCheckable(True)
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        return button
