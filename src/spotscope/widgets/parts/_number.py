"""A number to type, beside a slider; a plain field, as small as it can be."""

from __future__ import annotations

from qtpy.QtCore import QEvent, QLocale, Qt, Signal
from qtpy.QtGui import QDoubleValidator
from qtpy.QtWidgets import QLineEdit, QWidget

__all__ = ["NumberEdit"]


class NumberEdit(QLineEdit):
    """Shows a number; ``number_changed(value)`` when the user has typed another one.

    Parameters
    ----------
    low, high
        Limits; what is typed beyond them is pulled in.
    decimals
        Digits after the point.
    """

    number_changed = Signal(float)

    def __init__(
        self, low: float, high: float, decimals: int = 2, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._low, self._high, self._decimals = low, high, decimals
        self._shown = low
        validator = QDoubleValidator(self)
        validator.setLocale(QLocale.c())
        self.setValidator(validator)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._fit()
        self.editingFinished.connect(self._on_editing_finished)
        self.show_number(low)

    @property
    def number(self) -> float:
        """The number shown."""
        return self._shown

    def show_number(self, number: float) -> None:
        """Show a number without sending it."""
        self._shown = min(max(number, self._low), self._high)
        self.setText(f"{self._shown:.{self._decimals}f}")

    def show_none(self) -> None:
        """Show that there is no number yet."""
        self.setText("")
        self.setPlaceholderText("–")

    def changeEvent(self, event: QEvent | None) -> None:
        """Keep the room that the widest number needs."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        widest = f"{self._high:.{self._decimals}f}"
        self.setFixedWidth(self.fontMetrics().horizontalAdvance(widest) + 18)

    def _on_editing_finished(self) -> None:
        typed = float(self.text() or self._shown)
        if typed != round(self._shown, self._decimals):
            self.show_number(typed)
            self.number_changed.emit(self._shown)
