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
        self.types.setToolTip("Colour the nuclei by their cell type again")
        self.buttons = [self._button() for _ in range(MOST_GENES)]
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(QLabel("On the nuclei"))
        for button in (self.types, *self.buttons):
            layout.addWidget(button, 1)
        self.types.clicked.connect(lambda: self.chosen.emit(""))
        for place, button in enumerate(self.buttons):
            button.clicked.connect(lambda _=False, place=place: self._on_gene(place))
        self.hide()

    def offer(self, genes: Sequence[str]) -> None:
        """Offer these genes; none hides the row."""
        self._genes = tuple(genes[:MOST_GENES])
        for button, gene in zip(self.buttons, self._genes, strict=False):
            button.setText(gene)
            button.setToolTip(f"Colour the nuclei by {gene}, as it is inferred of them")
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
