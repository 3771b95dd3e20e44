"""What a gene's colours come from: the spots' counts, the split of them, or what is inferred."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from spotscope.widgets.expression._expression_shown import GeneSource

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["SourceChoice"]

_WORDS = {
    GeneSource.MEASURED: ("Spots, measured", "Fill the spots by their counts of the gene"),
    GeneSource.SPLIT: (
        "Cells, split",
        "Colour the cells by the spot's counts, shared out as the mean cells of their types say",
    ),
    GeneSource.INFERRED: (
        "Cells, inferred",
        "Colour the cells by what is inferred of them; the fainter, the less sure",
    ),
}


class SourceChoice(QWidget):
    """Three buttons of which one is down; ``source_changed(GeneSource)`` when the user chooses."""

    source_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.buttons: dict[GeneSource, QPushButton] = {}
        self._group = QButtonGroup(self)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(4)
        layout = QHBoxLayout()
        layout.setSpacing(4)
        self._rows.addLayout(layout)
        for source, (word, tip) in _WORDS.items():
            button = QPushButton(word)
            button.setCheckable(True)
            button.setToolTip(tip)
            button.clicked.connect(lambda _on, source=source: self.source_changed.emit(source))
            self._group.addButton(button)
            self.buttons[source] = button
            layout.addWidget(button, 1)
        self.buttons[GeneSource.MEASURED].setChecked(True)
        self.hide()

    def add_below(self, button: QPushButton) -> None:
        """Add a button in a row of its own: the three fill theirs."""
        self._rows.addWidget(button, alignment=Qt.AlignmentFlag.AlignLeft)

    @property
    def source(self) -> GeneSource:
        """The one that is down."""
        return next(source for source, button in self.buttons.items() if button.isChecked())

    def show_source(self, source: GeneSource) -> None:
        """Press a button, without saying so."""
        self.buttons[source].setChecked(True)

    def offer(self, sources: Collection[GeneSource]) -> None:
        """Offer these; with nothing but what was measured there is nothing to choose."""
        for source, button in self.buttons.items():
            button.setVisible(source in sources)
        if self.source not in sources:
            self.show_source(GeneSource.MEASURED)
        self.setVisible(len(sources) > 1)
