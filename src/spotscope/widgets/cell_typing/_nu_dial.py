"""The ν dial: a slider that is fine near 0, where it matters, and coarse near 100.

Position t in [0, 1] is ν = 100 (e^(kt) - 1) / (e^k - 1): a step at the left is k times finer
than one of a plain slider, and 0 (no smoothing) is reached, which a logarithm would not.
"""

from __future__ import annotations

import math

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QCheckBox, QGridLayout, QLabel, QSlider, QWidget

from spotscope.widgets.cell_typing._score_track import ScoreTrack
from spotscope.widgets.parts._number import NumberEdit

__all__ = ["NU_MAX", "NuDial", "from_position", "to_position"]

NU_MAX = 100.0
BEND = 6.0
TICKS = 1000


def from_position(t: float) -> float:
    """ν at position t, 0 to 1."""
    return NU_MAX * math.expm1(BEND * t) / math.expm1(BEND)


def to_position(nu: float) -> float:
    """Position, 0 to 1, of ν; the inverse of :func:`from_position`."""
    return math.log1p(min(max(nu, 0.0), NU_MAX) / NU_MAX * math.expm1(BEND)) / BEND


class NuDial(QWidget):
    """Slider, number and ``auto`` tick for ν.

    ``nu_changed(ν)`` while it is dragged or typed; ``auto_changed(ticked)`` by the user's hand
    only. Showing a value sends nothing.
    """

    nu_changed = Signal(float)
    auto_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, TICKS)
        self.slider.setAccessibleName("Smoothness ν")
        self.number = NumberEdit(0.0, NU_MAX)
        self.number.setAccessibleName("Smoothness ν")
        self.auto = QCheckBox("auto")
        self.auto.setChecked(True)
        self.auto.setToolTip("Choose ν by how well it predicts counts held out of the fit.")
        name = QLabel("ν")
        name.setToolTip(
            "Smoothness: 0 types every cell by its spot alone; turning it up makes "
            "neighbouring cells agree more."
        )
        self.scores = ScoreTrack(to_position)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setVerticalSpacing(0)
        layout.addWidget(self.scores, 0, 1)
        for column, widget in enumerate((name, self.slider, self.number, self.auto)):
            layout.addWidget(widget, 1, column)
        layout.setColumnStretch(1, 1)
        self._missed = False
        self.slider.sliderReleased.connect(self._on_slider_released)
        self.slider.valueChanged.connect(self._on_slider_changed)
        self.number.number_changed.connect(self._on_number_changed)
        self.auto.clicked.connect(self.auto_changed)

    @property
    def nu(self) -> float:
        """The value shown."""
        return self.number.number

    @property
    def is_auto(self) -> bool:
        """Whether ``auto`` is ticked."""
        return bool(self.auto.isChecked())

    def show_nu(self, nu: float, *, auto: bool | None = None) -> None:
        """Show a value without asking for it; a slider in the user's hand is left there."""
        if not self.slider.isSliderDown():
            self._set(nu)
        else:
            self._missed = True
        if auto is not None:
            self.auto.setChecked(auto)

    def show_unknown(self) -> None:
        """Show no value: what ``auto`` will take is told by the fit."""
        self._set(0.0)
        self.number.show_none()

    def _set(self, nu: float) -> None:
        self.slider.blockSignals(True)
        self.slider.setValue(round(TICKS * to_position(nu)))
        self.slider.blockSignals(False)
        self.number.show_number(nu)

    def _on_slider_changed(self, position: int) -> None:
        nu = from_position(position / TICKS)
        self.number.show_number(nu)
        self._ask(nu)

    def _on_slider_released(self) -> None:
        if self._missed:  # another answer came meanwhile: what the hand shows is asked for again
            self._missed = False
            self._on_slider_changed(self.slider.value())

    def _on_number_changed(self, nu: float) -> None:
        self._set(nu)
        self._ask(nu)

    def _ask(self, nu: float) -> None:
        self.auto.setChecked(False)
        self.nu_changed.emit(nu)
