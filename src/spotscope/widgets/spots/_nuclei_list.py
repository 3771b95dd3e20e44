"""The nuclei of a spot: what each may be, and holding some to a type."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QFontMetricsF
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from spotscope.widgets.cell_typing._hold_button import HoldButton
from spotscope.widgets.cell_typing._legend import swatch
from spotscope.widgets.parts._card import line, say
from spotscope.widgets.parts._room import cut_names

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtCore import QModelIndex, QPersistentModelIndex
    from qtpy.QtGui import QFontMetrics

    from spotscope.layers import Colour

__all__ = ["NucleiList", "NucleusRow"]

_MOST_ROWS = 6
#: Other types less likely than this are not named.
_LEAST = 0.02
_BETWEEN = " · "
_FIRST = (
    "Each cell's type first, then the likeliest others. A type need not be its cell's likeliest: "
    "types are given so that a spot keeps as many cells of each as its counts ask for"
)
#: Under which an item keeps its :class:`NucleusRow`.
_ROW = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class NucleusRow:
    """One nucleus.

    Parameters
    ----------
    label
        In the label image.
    chances
        (shown name, probability), its label's first, then the most likely first; one alone where
        no more is known.
    held
        Whether its type was given.
    """

    label: int
    chances: tuple[tuple[str, float], ...]
    held: bool = False

    def said(self, number: int) -> str:
        """The row in words."""
        return f"{number}  " + _BETWEEN.join(name + after for name, after in self._parts())

    def fitted(self, number: int, metrics: QFontMetrics, room: int) -> str:
        """The row in words, of which names are cut where it is wider than ``room`` pixels."""
        first = f"{number}  "
        left = room - ceil(QFontMetricsF(metrics).horizontalAdvance(first))
        return first + cut_names(self._parts(), _BETWEEN, metrics, left)

    def _parts(self) -> list[tuple[str, str]]:
        """Each name, and what stands after it."""
        if self.held:
            return [(self.chances[0][0], " · held")]
        if not self.chances:
            return [("no type", "")]
        others = [(name, p) for name, p in self.chances[1:3] if p >= _LEAST]
        return [(name, f" {p:.2f}") for name, p in (self.chances[0], *others)]


class _Fitted(QStyledItemDelegate):
    """Draws a row so that every probability is seen, whatever becomes of the names."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Put words there that fit."""
        super().initStyleOption(option, index)
        row, rows = index.data(_ROW), option.widget
        if rows is None or row is None or option.rect.width() <= 0:
            return
        style = rows.style()
        box = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, rows)
        margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, rows) + 1
        room = box.width() - 2 * margin
        option.text = row.fitted(index.row() + 1, option.fontMetrics, room)


class NucleiList(QWidget):
    """Rows of nuclei; ``hold_requested(labels, type or None)`` for those selected."""

    hold_requested = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[NucleusRow, ...] = ()
        self._called = "nuclei"
        self.title = line()
        self.title.setToolTip(_FIRST)
        self.rows = QListWidget()
        self.rows.setItemDelegate(_Fitted(self.rows))
        self.rows.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.rows.setAccessibleName("Cells of the spot")
        self.rows.setToolTip("Select those whose type you know, and hold them to it")
        self.rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.rows.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.hold = HoldButton("The section is typed anew around those whose type is held")
        self.menu = self.hold.types
        self.hold.asked.connect(self._ask)
        self.said = line(quiet=True)
        foot = QHBoxLayout()
        foot.addWidget(self.hold)
        foot.addWidget(self.said, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.title)
        layout.addWidget(self.rows)
        layout.addLayout(foot)
        self.rows.itemSelectionChanged.connect(self._on_selected)
        self.hide()

    def show_nuclei(
        self,
        rows: Sequence[NucleusRow],
        colours: Mapping[str, Colour],
        can_hold: bool,
        called: str = "nuclei",
    ) -> None:
        """Show nuclei, or what else they are called; none hides the list."""
        self._called = called
        chosen = set(self.selected)
        self._rows = tuple(rows)
        self.setVisible(bool(rows))
        self.rows.blockSignals(True)
        self.rows.clear()
        for number, row in enumerate(rows, start=1):
            item = QListWidgetItem(row.said(number))
            item.setToolTip(row.said(number))  # where the dock is too narrow for it
            item.setData(_ROW, row)
            if row.chances and row.chances[0][0] in colours:
                item.setIcon(swatch(colours[row.chances[0][0]], 12))
            self.rows.addItem(item)
            item.setSelected(row.label in chosen)
        self.rows.blockSignals(False)
        height = self.rows.sizeHintForRow(0) if rows else 0
        shown = min(len(rows), _MOST_ROWS)
        self.rows.setFixedHeight(shown * max(height, 1) + 2 * self.rows.frameWidth() + 2)
        said = f"{called.capitalize()} · inferred · probability of each type"
        say(self.title, said if rows else "")
        self.hold.setVisible(can_hold)
        self._on_selected()

    def offer(self, types: Sequence[tuple[str, str]], colours: Mapping[str, Colour]) -> None:
        """Offer types to hold nuclei to: (type, shown name)."""
        self.hold.offer(types, colours)

    @property
    def selected(self) -> tuple[int, ...]:
        """Labels of the selected nuclei."""
        chosen = sorted(index.row() for index in self.rows.selectedIndexes())
        return tuple(self._rows[at].label for at in chosen if at < len(self._rows))

    def minimumSizeHint(self) -> QSize:
        """As narrow as the dock."""
        return QSize(160, super().minimumSizeHint().height())

    def _ask(self, name: str | None) -> None:
        if self.selected:
            self.hold_requested.emit(self.selected, name)

    def _on_selected(self) -> None:
        n = len(self.selected)
        self.hold.setEnabled(n > 0)
        hint = f"Select {self._called} to hold" if self._rows else ""
        say(self.said, f"{n} selected" if n else hint)
