"""Two looks at once: a lens at the mouse, or a line that is swiped; beside what."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from spotscope.widgets.parts._card import line, say

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Beside", "CompareRow"]


class Beside(StrEnum):
    """What is shown on one side of the line: each of the layers, or nuclei as they were."""

    IMAGE = "bare image"
    NUCLEI = "nuclei, as now"
    SPOTS = "spots, filled"
    PINNED = "the pinned look"


class CompareRow(QWidget):
    """Buttons of lens and swipe, and what is on the two sides.

    ``lens_toggled(on)``, ``swipe_toggled(on)``, ``pin_requested()``, ``sides_chosen()``,
    ``beside_toggled(on)``.
    """

    lens_toggled = Signal(bool)
    swipe_toggled = Signal(bool)
    pin_requested = Signal()
    sides_chosen = Signal()
    beside_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lens = QPushButton("Lens")
        self.lens.setToolTip("One look under the mouse, and around it the other (L)")
        self.swipe = QPushButton("Swipe")
        self.swipe.setToolTip("A line that follows the mouse: left of it the other look (S)")
        for button in (self.lens, self.swipe):
            button.setCheckable(True)
        self.pin = QPushButton("Pin")
        self.pin.setToolTip(
            "Keep how the cells look now, to compare it with another ν, gene or source (P)"
        )
        self.two = QPushButton("Side by side")
        self.two.setCheckable(True)
        self.two.setToolTip(
            "The pinned look on the right, what is shown now on the left, always of one place; "
            "without a pinned look this one is pinned"
        )
        self.beside = self._side("Left of the line, around the lens", Beside.IMAGE)
        self.inside = self._side("Right of the line, inside the lens", Beside.NUCLEI)
        self.said = line()
        self.trouble = line()
        self._others: list[tuple[str, str]] = []
        row, sides = QHBoxLayout(), QHBoxLayout()
        for widget in (self.lens, self.swipe, self.pin, self.two):
            row.addWidget(widget)
        row.addStretch()
        sides.addWidget(self.beside, 1)
        sides.addWidget(self.inside, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        layout.addLayout(sides)
        layout.addWidget(self.said)
        layout.addWidget(self.trouble)
        self.lens.clicked.connect(self.lens_toggled)
        self.swipe.clicked.connect(self.swipe_toggled)
        self.pin.clicked.connect(lambda: self.pin_requested.emit())
        self.two.clicked.connect(self.beside_toggled)

    def _side(self, name: str, first: Beside) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setToolTip(name)
        box.setMinimumContentsLength(8)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for what in (Beside.IMAGE, Beside.NUCLEI, Beside.SPOTS):
            box.addItem(str(what), what)
        box.setCurrentIndex(box.findData(first))
        box.activated.connect(lambda _: self.sides_chosen.emit())
        return box

    @property
    def sides(self) -> tuple[str, str]:
        """What is left of the line or around the lens, and what is on the other side.

        One of :class:`Beside`, or the key of somebody else's layer.
        """
        return _what(self.beside), _what(self.inside)

    @property
    def said_sides(self) -> tuple[str, str]:
        """The same in words."""
        return self.beside.currentText(), self.inside.currentText()

    def show_others(self, layers: Sequence[tuple[str, str]]) -> None:
        """Offer layers of others too, by key and name; one that is gone is chosen no more."""
        if self._others == list(layers):
            return
        self._others = list(layers)
        for box, first in ((self.beside, Beside.IMAGE), (self.inside, Beside.NUCLEI)):
            chosen = _what(box)
            for at in range(box.count() - 1, -1, -1):
                if box.itemData(at) not in list(Beside):
                    box.removeItem(at)
            for key, name in layers:
                box.addItem(name, key)
            at = box.findData(chosen)
            box.setCurrentIndex(at if at >= 0 else box.findData(first))

    def show_sides(self, beside: Beside, inside: Beside) -> None:
        """Choose what is on the two sides, without saying so."""
        for box, what in ((self.beside, beside), (self.inside, inside)):
            box.setCurrentIndex(max(box.findData(what), 0))

    def show_pinned(self, said: str) -> None:
        """Offer the look that was pinned, and choose it on the left; nothing offers none."""
        for box, first in ((self.beside, Beside.IMAGE), (self.inside, Beside.NUCLEI)):
            at = box.findData(Beside.PINNED)
            if not said and at >= 0:
                gone = box.currentIndex() == at
                box.removeItem(at)
                if gone:
                    box.setCurrentIndex(box.findData(first))
            elif said:
                if at < 0:
                    box.addItem("", Beside.PINNED)
                    at = box.count() - 1
                box.setItemText(at, "pinned: " + said.replace("cell types at ", ""))
        if said:
            self.beside.setCurrentIndex(self.beside.findData(Beside.PINNED))
            if self.sides[1] is Beside.PINNED:
                self.inside.setCurrentIndex(self.inside.findData(Beside.NUCLEI))

    def call(self, called: str) -> None:
        """Name what is drawn: nuclei, or cells where not all were seen."""
        for box in (self.beside, self.inside):
            box.setItemText(box.findData(Beside.NUCLEI), f"{called}, as now")

    def show_mode(self, lens: bool, swipe: bool, said: str) -> None:
        """Press the button of what is on, and say what is seen."""
        self.lens.setChecked(lens)
        self.swipe.setChecked(swipe)
        say(self.said, said)

    def show_trouble(self, said: str) -> None:
        """Say why a side does not show what was chosen for it; empty when it does."""
        say(self.trouble, f"▲ {said}" if said else "")


def _what(box: QComboBox) -> str:
    """What is chosen in a box; Qt hands a word back as a plain string."""
    data = str(box.currentData())
    return Beside(data) if data in list(Beside) else data
