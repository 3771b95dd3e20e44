"""Saving a figure: which part, how fine, and where to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from spotscope.widgets.parts._card import line, say

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FigurePanel"]

_AREAS = ("What is seen", "Whole section")
_SHOWN = {"What the colours say": "", "How sure types are": "confidence", "The image": "image"}


class FigurePanel(QWidget):
    """Asks ``save_requested`` and ``report_requested``.

    :attr:`area`, :attr:`shown` and :attr:`dpi` say which figure.
    """

    save_requested = Signal()
    report_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice = QComboBox()
        self.choice.setAccessibleName("Part of the section")
        self.choice.addItems(_AREAS)
        self.colours = QComboBox()
        self.colours.setAccessibleName("What the figure shows")
        self.colours.addItems(list(_SHOWN))
        self.dots = QSpinBox()
        self.dots.setRange(36, 1200)
        self.dots.setSingleStep(50)
        self.dots.setValue(300)
        self.dots.setSuffix(" dpi")
        self.dots.setAccessibleName("Dots an inch")
        self.button = QPushButton("Save figure…")
        self.button.setToolTip("PNG, SVG or PDF with legend and scale bar; words stay words")
        self.button.clicked.connect(lambda: self.save_requested.emit())
        self.report = QPushButton("Report…")
        self.report.setToolTip("One HTML page: pictures, numbers, regions, settings, versions")
        self.report.clicked.connect(lambda: self.report_requested.emit())
        self.said = line()
        row, below = QHBoxLayout(), QHBoxLayout()
        row.addWidget(self.choice, 1)
        row.addWidget(self.colours, 1)
        below.addWidget(self.dots)
        below.addStretch()
        below.addWidget(self.report)
        below.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(row)
        layout.addLayout(below)
        layout.addWidget(self.said)

    @property
    def area(self) -> int | None:
        """Index of a region; -1 for the whole section, None for what is seen."""
        at = self.choice.currentIndex()
        return None if at <= 0 else at - len(_AREAS)

    @property
    def shown(self) -> str:
        """``confidence``, ``image``, or "" for what the colours say."""
        return _SHOWN[self.colours.currentText()]

    @property
    def dpi(self) -> float:
        """Dots an inch."""
        return float(self.dots.value())

    def offer(self, regions: Sequence[str]) -> None:
        """Offer these regions, and keep what was chosen if it is still there."""
        names = [*_AREAS, *regions]
        if [self.choice.itemText(i) for i in range(self.choice.count())] == names:
            return
        chosen = self.choice.currentText()
        self.choice.clear()
        self.choice.addItems(names)
        self.choice.setCurrentIndex(max(self.choice.findText(chosen), 0))

    def say(self, text: str) -> None:
        """Say where the figure went, or why there is none."""
        say(self.said, text)
