"""Two looks at once: a lens at the mouse, or a line that is swiped; beside what."""

from __future__ import annotations

from enum import StrEnum

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from spotscope.widgets._card import line, say

__all__ = ["Beside", "CompareRow"]


class Beside(StrEnum):
    """What is shown outside the lens, or left of the line."""

    IMAGE = "the bare image"
    SPOTS = "spots, as they are filled"
    PINNED = "the pinned look"


class CompareRow(QWidget):
    """Buttons of lens and swipe.

    ``lens_toggled(on)``, ``swipe_toggled(on)``, ``pin_requested()``, ``beside_chosen(Beside)``.
    """

    lens_toggled = Signal(bool)
    swipe_toggled = Signal(bool)
    pin_requested = Signal()
    beside_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lens = QPushButton("Lens")
        self.lens.setToolTip("Nuclei under the mouse, and around it the other look (L)")
        self.swipe = QPushButton("Swipe")
        self.swipe.setToolTip("A line that follows the mouse: left of it the other look (S)")
        for button in (self.lens, self.swipe):
            button.setCheckable(True)
        self.pin = QPushButton("Pin")
        self.pin.setToolTip(
            "Keep how the nuclei look now, to compare it with another ν, gene or source (P)"
        )
        self.beside = QComboBox()
        self.beside.setAccessibleName("The other look")
        self.beside.setToolTip("Shown outside the lens, and left of the line")
        for what in (Beside.IMAGE, Beside.SPOTS):
            self.beside.addItem(str(what), what)
        self.said = line()
        row = QHBoxLayout()
        for widget in (self.lens, self.swipe, self.pin):
            row.addWidget(widget)
        row.addWidget(self.beside, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        layout.addWidget(self.said)
        self.lens.clicked.connect(self.lens_toggled)
        self.swipe.clicked.connect(self.swipe_toggled)
        self.pin.clicked.connect(lambda: self.pin_requested.emit())
        self.beside.activated.connect(self._on_activated)

    @property
    def chosen(self) -> Beside:
        """The other look."""
        return Beside(self.beside.currentData())

    def show_pinned(self, said: str) -> None:
        """Offer the look that was pinned, and choose it; nothing offers none."""
        at = self.beside.findData(Beside.PINNED)
        if not said and at >= 0:
            self.beside.removeItem(at)
        elif said:
            if at < 0:
                self.beside.addItem("", Beside.PINNED)
                at = self.beside.count() - 1
            self.beside.setItemText(at, f"pinned: {said}")
            self.beside.setCurrentIndex(at)

    def show_mode(self, lens: bool, swipe: bool, said: str) -> None:
        """Press the button of what is on, and say what is seen."""
        self.lens.setChecked(lens)
        self.swipe.setChecked(swipe)
        say(self.said, said)

    def _on_activated(self, _at: int) -> None:
        self.beside_chosen.emit(self.chosen)
