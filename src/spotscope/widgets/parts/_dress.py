"""Rank of words and buttons: what is said first, what only explains, and what starts the work.

A widget is given its rank; a sheet over the whole dock paints it by napari's theme, and is put
again when the theme changes. Words of every rank have at least 4.5 : 1 in both themes.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtCore import QObject
from qtpy.QtGui import QColor

from spotscope.widgets.parts._theme import muted

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QWidget

__all__ = ["Dress", "Rank", "dress_sheet", "give_rank"]


class Rank(StrEnum):
    """What a widget is to the reader."""

    #: words that explain what stands above them
    SECOND = "second"
    #: the button that starts the main job
    FIRST = "first"
    #: a tool button that looks like a button
    BUTTON = "button"


def give_rank(widget: QWidget, rank: Rank) -> None:
    """Give a widget its rank."""
    widget.setProperty("rank", str(rank))


def dress_sheet(theme: str) -> str:
    """Style sheet of the ranks in one of napari's themes."""
    look = get_theme(theme)
    ground, button, over, first, words = (
        colour.as_hex()
        for colour in (look.background, look.primary, look.secondary, look.current, look.text)
    )
    dark = QColor(ground).lightness() < 128
    quiet, hint = muted(dark).name(), "#c6cbd2" if dark else "#404347"
    return f"""
    QLabel[rank="second"] {{ color: {quiet}; }}
    QLineEdit, QComboBox {{ placeholder-text-color: {hint}; }}
    QPushButton[rank="first"] {{ background: {first}; color: {words}; padding: 5px 14px; }}
    QPushButton[rank="first"]:disabled {{ background: {button}; }}
    QToolButton[rank="button"] {{ background: {button}; border-radius: 2px; padding: 3px 8px; }}
    QToolButton[rank="button"]:hover {{ background: {over}; }}
    QToolButton[rank="button"]:checked {{ background: {first}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QCheckBox::indicator:unchecked {{ border: 1px solid {quiet}; }}
    """


class Dress(QObject):
    """Keeps the sheet of a dock in step with the viewer's theme."""

    def __init__(self, dock: QWidget, viewer: napari.viewer.Viewer) -> None:
        super().__init__(dock)
        self._dock, self._viewer = dock, viewer
        viewer.events.theme.connect(self._put)
        self._put()

    def close(self) -> None:
        """Let go of the viewer."""
        self._viewer.events.theme.disconnect(self._put)

    def _put(self, _event: Any = None) -> None:
        self._dock.setStyleSheet(dress_sheet(str(self._viewer.theme)))
