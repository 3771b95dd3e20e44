"""Completion of the last of several words; beside a name how well its genes are told."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QSize, QStringListModel, Qt
from qtpy.QtGui import QPainter, QPen
from qtpy.QtWidgets import QCompleter, QStyledItemDelegate, QStyleOptionViewItem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtCore import QObject

__all__ = ["GeneCompleter"]


class _NameAndWorth(QStyledItemDelegate):
    """A gene's name and, over a dashed line as all that is inferred, how well it is told."""

    def __init__(self, completer: GeneCompleter) -> None:
        super().__init__(completer)
        self._completer = completer

    def worth(self, index: QModelIndex) -> str:
        """What stands beside the name."""
        name = str(index.data())
        genes = self._completer.sets.get(name, ())
        found = [self._completer.told[gene] for gene in genes or (name,) if self._knows(gene)]
        if not found:
            return ""
        agrees = f"agreement {median(found):.2f}".replace("-", "−")
        return f"{len(genes)} genes · inferred, median {agrees}" if genes else f"inferred, {agrees}"

    def _knows(self, gene: str) -> bool:
        return gene in self._completer.told

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw the name as lists do, and what it is worth."""
        super().paint(painter, option, index)
        words = self.worth(index)
        if not words:
            return
        room = option.rect.adjusted(4, 0, -8, -2)
        painter.save()
        colour = option.palette.text().color()
        colour.setAlpha(170)
        painter.setPen(QPen(colour, 1))
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, words)
        painter.setPen(QPen(colour, 1, Qt.PenStyle.DashLine))
        left = room.right() - option.fontMetrics.horizontalAdvance(words)
        painter.drawLine(left, room.bottom(), room.right(), room.bottom())
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Room for both."""
        size = super().sizeHint(option, index)
        words = self.worth(index)
        if words:
            size.setWidth(size.width() + option.fontMetrics.horizontalAdvance(words) + 24)
        return size


class GeneCompleter(QCompleter):
    """Completes the word after the last space; what is before it stays."""

    def __init__(self, names: QStringListModel, parent: QObject | None = None) -> None:
        super().__init__(names, parent)
        self._before = ""
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModelSorting(QCompleter.ModelSorting.CaseInsensitivelySortedModel)
        self.setMaxVisibleItems(8)
        #: by gene: correlation of what was measured with what was told while it was hidden
        self.told: Mapping[str, float] = {}
        #: genes of named sets, by name
        self.sets: Mapping[str, Sequence[str]] = {}
        # after the first popup(), which sets a delegate of its own
        self.popup().setItemDelegate(_NameAndWorth(self))

    def splitPath(self, path: str | None) -> list[str]:
        """The word that is being typed."""
        words = path or ""
        at = max(words.rfind(apart) for apart in " ,;") + 1
        self._before = words[:at]
        return [words[at:]]

    def pathFromIndex(self, index: QModelIndex) -> str:
        """All words, the last one completed."""
        return self._before + str(super().pathFromIndex(index))
