"""napari's asynchronous slicing, offered where a slide is looked at.

With it the window pans on while parts of the image are still being read. It is napari's setting,
kept by napari for all its windows: offered here, never set unasked.

Under PySide6 a window can stop for good with it. The thread that reads lets go of a future that is
connected to a signal, so it disconnects with Qt's lock and waits for Python's, while the window
has Python's and waits for Qt's. It was met once, in a long run of random actions, and never
with PyQt6; it is said where it is offered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import qtpy
from napari.settings import get_settings
from qtpy.QtGui import QAction

if TYPE_CHECKING:
    from qtpy.QtWidgets import QMenu

__all__ = ["offer_async"]

WORDS = "Read the image in the background"
_HINT = (
    "The window moves on while parts of a large slide are being read (napari's asynchronous "
    "slicing). napari keeps this for all its windows."
)
RISK = "With PySide6 it has stopped a window for good once; with PyQt6 it was not seen to."


def offer_async(menu: QMenu) -> QAction:
    """Put a tick for napari's asynchronous slicing into a menu; it says what napari says."""
    act = QAction(WORDS, menu)
    act.setCheckable(True)
    act.setToolTip(f"{_HINT} {RISK}" if qtpy.PYSIDE6 else _HINT)
    menu.setToolTipsVisible(True)
    menu.aboutToShow.connect(lambda: act.setChecked(bool(get_settings().experimental.async_)))
    act.triggered.connect(_turn)
    menu.addSeparator()
    menu.addAction(act)
    return act


def _turn(on: bool) -> None:
    get_settings().experimental.async_ = on
