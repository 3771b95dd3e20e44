"""A threshold slider whose track is the histogram of what it cuts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QGridLayout, QLabel, QSizePolicy, QSlider, QWidget

from spotscope.widgets.dock._state import Mark
from spotscope.widgets.parts._number import NumberEdit
from spotscope.widgets.parts._theme import is_dark, mark_colour, track_colour

if TYPE_CHECKING:
    import numpy.typing as npt
    from qtpy.QtGui import QPaintEvent, QShowEvent

__all__ = ["Histogram", "ThresholdSlider"]

BINS = 60
TICKS = 100
#: Half of a slider handle (napari draws it 16 px wide): the bars begin where the handle can be.
INSET = 8
#: Sliders under one another begin at one line: their names have room for this.
_WIDEST = "Probability"


class Histogram(QWidget):
    """Bars of values between 0 and 1; those left of the threshold are pale."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._bars = np.zeros(BINS)
        self._threshold = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Two lines of text high."""
        return QSize(120, 2 * self.fontMetrics().height())

    def show_values(self, values: npt.NDArray[np.floating]) -> None:
        """Count values into bars; heights are square roots, so that few are seen beside many."""
        counted, _ = np.histogram(values, bins=BINS, range=(0.0, 1.0))
        self._bars = np.sqrt(counted / max(1, counted.max()))
        self.update()

    def show_threshold(self, threshold: float) -> None:
        """Move the line between pale and full."""
        self._threshold = threshold
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the bars."""
        painter = QPainter(self)
        dark = is_dark(self)
        full, pale = mark_colour(Mark.RUNNING, dark), track_colour(dark)
        width = (self.width() - 2 * INSET) / BINS
        for i, share in enumerate(self._bars):
            height = share * (self.height() - 1)
            kept = (i + 0.5) / BINS >= self._threshold
            box = QRectF(INSET + i * width, self.height() - height, max(1.0, width - 1), height)
            painter.fillRect(box, full if kept else pale)
        painter.end()


class ThresholdSlider(QWidget):
    """A title, a slider from 0 to 1 under its histogram, and the number.

    ``changed(value)`` by the user's hand only.
    """

    changed = Signal(float)

    def __init__(
        self, title: str, tooltip: str, parent: QWidget | None = None, *, most: float = 1.0
    ) -> None:
        super().__init__(parent)
        name = self._name = QLabel(title)
        name.setToolTip(tooltip)
        self.histogram = Histogram()
        self.histogram.hide()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, round(most * TICKS))
        self.slider.setToolTip(tooltip)
        self.slider.setAccessibleName(title)
        self.number = NumberEdit(0.0, most)
        self.number.setAccessibleName(title)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(0)
        layout.addWidget(self.histogram, 0, 1)
        layout.addWidget(name, 1, 0)
        layout.addWidget(self.slider, 1, 1)
        layout.addWidget(self.number, 1, 2)
        layout.setColumnStretch(1, 1)
        self.slider.valueChanged.connect(lambda tick: self._on_changed(tick / TICKS))
        self.number.number_changed.connect(self._on_changed)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Take the room of the widest name, in the font that the window gives."""
        super().showEvent(event)
        metrics = self._name.fontMetrics()
        # as labels reckon: another way of rounding would set sliders apart by a pixel
        widest, own = (metrics.size(0, text).width() for text in (_WIDEST, self._name.text()))
        lacks = widest - own
        self._name.setMinimumWidth(self._name.sizeHint().width() + max(lacks, 0))

    @property
    def value(self) -> float:
        """The value shown."""
        return self.number.number

    def show_value(self, value: float) -> None:
        """Show a value without sending it."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(value * TICKS))
        self.slider.blockSignals(False)
        self.number.show_number(value)
        self.histogram.show_threshold(value)

    def show_values(self, values: npt.NDArray[np.floating]) -> None:
        """Show what is cut."""
        self.histogram.setVisible(len(values) > 0)
        self.histogram.show_values(values)

    def _on_changed(self, value: float) -> None:
        self.show_value(value)
        self.changed.emit(value)
