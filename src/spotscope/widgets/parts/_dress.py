"""Rank of words and buttons: what is said first, what only explains, and what starts the work.

A widget is given its rank; a sheet over the whole dock paints it by napari's theme, and is put
again when the theme or the size of its words changes. Words of every rank, also those on what
cannot be used now, have at least 4.5 : 1 in both themes; handles and bars 3 : 1.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from napari.settings import get_settings
from napari.utils.theme import get_theme
from qtpy.QtCore import QObject
from qtpy.QtGui import QColor, QFontInfo
from qtpy.QtWidgets import QApplication

from spotscope.widgets.dock._state import Mark
from spotscope.widgets.parts._theme import mark_colour, muted

if TYPE_CHECKING:
    import napari
    from qtpy.QtWidgets import QWidget

__all__ = ["Dress", "Rank", "dress_sheet", "give_rank"]


#: Pixels the dock is wide at least; and where words are larger than usual, as much times that.
_NARROW, _WIDE = 360, 390


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
    strong, pale = mark_colour(Mark.RUNNING, dark).name(), _between(ground, button).name()
    return f"""
    QLabel[rank="second"] {{ color: {quiet}; }}
    QLineEdit, QComboBox {{ placeholder-text-color: {hint}; }}
    QPushButton[rank="first"] {{ background: {first}; color: {words}; padding: 5px 14px; }}
    QPushButton[rank="first"]:disabled {{ background: {button}; }}
    QToolButton[rank="button"] {{
        background: {button}; border-radius: 2px; padding: 3px 8px; min-height: 18px; }}
    QToolButton[rank="button"]:hover {{ background: {over}; }}
    QToolButton[rank="button"]:checked {{ background: {first}; }}
    QToolButton[rank="button"]:disabled {{ background: {pale}; }}
    QToolButton::menu-indicator {{ image: none; }}
    QCheckBox::indicator {{ border: 1px solid {quiet}; }}
    QCheckBox::indicator:checked {{ border: 1px solid {first}; }}
    QPushButton:disabled, QToolButton:disabled, QCheckBox:disabled {{ color: {quiet}; }}
    QLineEdit:disabled, QComboBox:disabled, QAbstractSpinBox:disabled {{
        background: {pale}; color: {quiet}; }}
    QSlider::handle:horizontal {{ background: {quiet}; }}
    QProgressBar::chunk {{ background: {strong}; }}
    QTableView::item:focus {{ background: {button}; }}
    QTableView::indicator {{ width: 13px; height: 13px; border: 1px solid {quiet}; }}
    QTableView::indicator:checked {{ image: url("theme_{theme}:/check.svg"); }}
    QListView::item:selected, QTableView::item:selected {{ background: {first}; color: {words}; }}
    """


def size_sheet(napari_pt: float, system_pt: float) -> str:
    """Style sheet that gives all words one size where napari's and the system's differ.

    napari's sheet sizes some kinds of widgets, a point larger than it is asked for, and leaves the
    others to the system: the larger of the two is what the reader needs.
    """
    if napari_pt == system_pt:
        return ""
    large, larger = max(napari_pt, system_pt), max(napari_pt + 1, system_pt)
    return f"""
    QWidget {{ font-size: {large:g}pt; }}
    QLabel, QPushButton, QComboBox, QCheckBox {{ font-size: {larger:g}pt; }}
    """


def _between(ground: str, button: str) -> QColor:
    """What napari paints a button with that cannot be used."""
    share = 75 / 255
    pairs = zip(QColor(ground).getRgb()[:3], QColor(button).getRgb()[:3], strict=True)
    return QColor(*(round(low + (high - low) * share) for low, high in pairs))


class Dress(QObject):
    """Keeps sheet and width of a dock in step with the viewer's theme and the size of its words."""

    def __init__(self, dock: QWidget, viewer: napari.viewer.Viewer) -> None:
        super().__init__(dock)
        self._dock, self._viewer = dock, viewer
        viewer.events.theme.connect(self._put)
        get_settings().appearance.events.font_size.connect(self._put)
        self._put()

    def close(self) -> None:
        """Let go of the viewer."""
        self._viewer.events.theme.disconnect(self._put)
        get_settings().appearance.events.font_size.disconnect(self._put)

    def _put(self, _event: Any = None) -> None:
        font = QApplication.font()
        system = font.pointSizeF() if font.pointSizeF() > 0 else QFontInfo(font).pointSizeF()
        wanted, theme = float(get_settings().appearance.font_size), str(self._viewer.theme)
        self._dock.setStyleSheet(size_sheet(wanted, system) + dress_sheet(theme))
        usual = float(get_theme(theme).font_size.removesuffix("pt"))
        larger = max(wanted + 1, system) / (usual + 1)
        self._dock.setMinimumWidth(_NARROW if larger <= 1 else round(_WIDE * larger))
