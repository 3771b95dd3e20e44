"""What an eye would find wrong with a widget: faint words, cut words, overlaps, no names."""

from __future__ import annotations

from functools import cache
from itertools import combinations, pairwise

import numpy as np
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor, QImage
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollBar,
    QWidget,
)
from superqt import QElidingLabel

from spotscope.widgets.parts._focus_order import in_reading_order
from spotscope.widgets.parts._focus_ring import FocusRing
from spotscope.widgets.parts._theme import contrast

ALL = Qt.FindChildOption.FindChildrenRecursively
AA = 4.5
#: WCAG's for large words
AA_LARGE = 3.0
CONTROLS = (
    QAbstractButton, QComboBox, QLineEdit, QAbstractSpinBox, QAbstractSlider, QAbstractItemView,
)  # fmt: skip


def seen(root: QWidget, how: Qt.FindChildOption = ALL) -> list[QWidget]:
    """Widgets in sight, without what Qt builds inside its own."""
    inside = (QAbstractSpinBox, QComboBox, QAbstractItemView, QLineEdit)
    found = []
    for widget in root.findChildren(QWidget, options=how):
        parents, parent = [], widget.parentWidget()
        while parent is not None and parent is not root:
            parents.append(parent)
            parent = parent.parentWidget()
        own = not any(isinstance(p, inside) for p in parents)
        if own and widget.isVisible() and not isinstance(widget, QScrollBar | FocusRing):
            found.append(widget)
    return found


def words_of(widget: QWidget) -> str:
    """What stands on a widget."""
    if isinstance(widget, QComboBox):
        line = widget.lineEdit()
        return widget.currentText() or (line.placeholderText() if line is not None else "")
    if isinstance(widget, QAbstractSpinBox | QLineEdit):
        return widget.text() or getattr(widget, "placeholderText", str)()
    return widget.text() if isinstance(widget, QLabel | QAbstractButton) else ""


def pixels(root: QWidget) -> np.ndarray:
    """(y, x, 3) colours of a widget as it is painted, in its own pixels."""
    image = root.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    image = image.scaled(root.size()) if image.width() != root.width() else image
    bits = image.constBits()
    if hasattr(bits, "setsize"):  # PyQt does not say how long they are
        bits.setsize(image.sizeInBytes())
    flat = np.frombuffer(bytes(bits), np.uint8)
    rows = flat.reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


@cache
def between(one: int, other: int) -> float:
    """Contrast of two colours, 0xRRGGBB; each pair is asked for again and again."""
    return contrast(*(QColor(c >> 16, c >> 8 & 255, c & 255) for c in (one, other)))


def contrast_of(part: np.ndarray) -> float:
    """Of the words in a picture against what lies behind them: the most that is painted often.

    A stroke may be too thin to be painted in its full colour, so this is never too much.
    """
    packed = part.reshape(-1, 3).astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    colours, often = np.unique(packed, return_counts=True)
    ground = int(colours[often.argmax()])
    ratios = (between(int(colour), ground) for colour in colours)
    told = sorted(zip(ratios, often.tolist(), strict=True))[::-1]
    total = np.cumsum([n for _, n in told])
    return told[int(np.searchsorted(total, 3))][0]


def faint(root: QWidget) -> list[str]:
    """Widgets whose words have less than 4.5 : 1, or 3 : 1 where they are large."""
    found, picture = [], pixels(root)
    for widget in seen(root):
        said = words_of(widget).strip()
        if not any(map(str.isalnum, said)):
            continue
        at = widget.mapTo(root, QPoint(0, 0))
        left, right = at.x(), at.x() + widget.width()
        if isinstance(widget, QCheckBox):
            left += 20  # the box has a tick of its own
        if isinstance(widget, QComboBox | QAbstractSpinBox):
            right -= 20  # arrows
        if isinstance(widget, QAbstractSpinBox):
            left += 20
        part = picture[max(at.y(), 0) : at.y() + widget.height(), max(left, 0) : right]
        large = widget.font().pointSizeF() >= 18
        if part.size and (ratio := contrast_of(part)) < (AA_LARGE if large else AA):
            found.append(f"{type(widget).__name__} {said[:40]!r} {ratio:.2f} : 1")
    return found


def nameless(root: QWidget) -> list[str]:
    """Controls, and whatever else Tab stops at, without a name.

    That is words of their own and a tooltip, or, without words, a name for screen readers.

    What stands in a field is no name, and a tooltip is not read out as one.
    """
    found = []
    for widget in seen(root):
        if not isinstance(widget, CONTROLS) and not stops_at(widget):
            continue
        holders = [widget]
        while len(holders) < 3 and holders[-1].parentWidget() not in (None, root):
            holders.append(holders[-1].parentWidget())
        says = isinstance(widget, QAbstractButton) and any(map(str.isalpha, widget.text()))
        tip = any(holder.toolTip() for holder in holders)
        if not (widget.accessibleName() or (says and tip)):
            found.append(f"{type(widget).__name__} {words_of(widget)!r}")
    return found


def small(root: QWidget) -> list[str]:
    """Buttons of a sign alone that are hard to hit."""
    signs = (w for w in seen(root) if isinstance(w, QAbstractButton))
    return [
        f"{widget.accessibleName()!r} {widget.width()} × {widget.height()}"
        for widget in signs
        if not any(map(str.isalnum, widget.text())) and min(widget.width(), widget.height()) < 24
    ]


def stops_at(widget: QWidget) -> bool:
    """Whether Tab goes to it."""
    inner = widget.isVisible() and widget.focusProxy() is None
    return inner and bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)


def tab_order(root: QWidget) -> list[QWidget]:
    """Widgets in sight that Tab goes to, in its order, from the first to read."""
    there = [widget for widget in root.findChildren(QWidget) if stops_at(widget)]
    if not there:
        return []
    # never on to widgets of others: PySide would keep napari's alive
    widget = next(widget for widget in in_reading_order(root) if widget in there)
    stops = [widget]
    while len(stops) < len(there):
        widget = widget.nextInFocusChain()
        if widget is stops[0]:
            break
        if widget in there:
            stops.append(widget)
    return stops


def leaps(root: QWidget) -> list[str]:
    """Steps of Tab that go up, or to the left in a row."""
    found = []
    for one, other in pairwise(tab_order(root)):
        a, b = (w.rect().translated(w.mapTo(root, QPoint(0, 0))) for w in (one, other))
        below = b.center().y() > a.bottom() or b.top() >= a.center().y()
        right = b.left() >= a.center().x() and b.bottom() >= a.top()
        inside = one.isAncestorOf(other) or a.contains(b)
        if not (below or right or inside):
            found.append(f"{words_of(one) or one.accessibleName()!r} to {words_of(other)!r}")
    return found


def cut(root: QWidget) -> list[str]:
    """Words that do not fit where they stand, and widgets that lie over one another."""
    found = []
    for widget in seen(root):
        said = words_of(widget)
        room = widget.width() - (22 if isinstance(widget, QComboBox | QCheckBox) else 0)
        elides = isinstance(widget, QElidingLabel | QLineEdit | QAbstractSpinBox)
        if isinstance(widget, QLabel) and widget.wordWrap():
            if widget.height() < widget.heightForWidth(widget.width()):
                found.append(f"low {said[:40]!r}")
        elif said and not elides and "<" not in said:
            longest = max(map(widget.fontMetrics().horizontalAdvance, said.split("\n")))
            if longest > room:
                found.append(f"cut {type(widget).__name__} {said[:40]!r} {longest} > {room}")
    for widget in (root, *seen(root)):
        kids = seen(widget, Qt.FindChildOption.FindDirectChildrenOnly) if widget.layout() else []
        for one, other in combinations(kids, 2):
            both = one.geometry() & other.geometry()
            if both.width() > 1 and both.height() > 1:
                names = [words_of(w) or type(w).__name__ for w in (one, other)]
                found.append(f"overlap {names[0][:30]!r} and {names[1][:30]!r}")
    return found


def faults(root: QWidget) -> dict[str, list[str]]:
    """All of it, by kind; empty when nothing is wrong."""
    told = {
        "faint": faint(root),
        "nameless": nameless(root),
        "small": small(root),
        "leaps": leaps(root),
        "cut": cut(root),
    }
    return {kind: found for kind, found in told.items() if found}
