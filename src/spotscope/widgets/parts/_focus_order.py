"""Tab goes through the dock in reading order."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from qtpy.QtWidgets import QLayout

__all__ = ["in_reading_order", "set_focus_order"]


def in_reading_order(root: QWidget) -> list[QWidget]:
    """Widgets that Tab reaches, as the layouts lay them out: from above, from the left."""
    found: list[QWidget] = []
    if root.focusPolicy() & Qt.FocusPolicy.TabFocus and root.focusProxy() is None:
        found.append(root)
    layout = root.layout()
    if layout is not None:
        for widget in _widgets_of(layout):
            found.extend(in_reading_order(widget))
    return found


def set_focus_order(root: QWidget) -> None:
    """Let Tab follow the layouts; what was built in another order falls into place."""
    order = in_reading_order(root)
    for before, after in pairwise(order):
        QWidget.setTabOrder(before, after)


def _widgets_of(layout: QLayout) -> list[QWidget]:
    found: list[QWidget] = []
    for at in range(layout.count()):
        item = layout.itemAt(at)
        widget, inner = (item.widget(), item.layout()) if item is not None else (None, None)
        if widget is not None:
            found.append(widget)
        elif inner is not None:
            found.extend(_widgets_of(inner))
    return found
