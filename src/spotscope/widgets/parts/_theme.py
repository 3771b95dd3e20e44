"""Colours of signs and bars on napari's dark and light backgrounds.

Text keeps napari's own colours. Signs have at least 3 : 1, words in a colour at least 4.5 : 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtGui import QColor, QPalette

from spotscope.widgets.dock._state import Mark

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

__all__ = ["contrast", "is_dark", "mark_colour", "muted", "track_colour", "warning_colour"]

_DARK = {
    Mark.DONE: "#5ec98f",
    Mark.RUNNING: "#7fb2ff",
    Mark.WAITING: "#a9b0b9",
    Mark.LOOK: "#ffb547",
}
_LIGHT = {
    Mark.DONE: "#17693d",
    Mark.RUNNING: "#1c4fae",
    Mark.WAITING: "#55595e",
    Mark.LOOK: "#8a4b00",
}


def is_dark(widget: QWidget) -> bool:
    """Whether the widget stands on a dark background."""
    return bool(widget.palette().color(QPalette.ColorRole.Window).lightness() < 128)


def mark_colour(mark: Mark, dark: bool) -> QColor:
    """Colour of a step's sign."""
    return QColor((_DARK if dark else _LIGHT)[mark])


def warning_colour(dark: bool) -> QColor:
    """Colour of words that ask to be looked at."""
    return mark_colour(Mark.LOOK, dark)


def muted(dark: bool) -> QColor:
    """Colour of words of second rank."""
    return mark_colour(Mark.WAITING, dark)


def track_colour(dark: bool) -> QColor:
    """Colour of what lies behind a bar, and of hairlines."""
    return QColor("#3d444f" if dark else "#c9c5c2")


def contrast(one: QColor, other: QColor) -> float:
    """Contrast ratio of two colours after WCAG 2, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: QColor) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
