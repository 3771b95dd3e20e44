"""Completion of the last of several words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QStringListModel, Qt
from qtpy.QtWidgets import QCompleter

if TYPE_CHECKING:
    from qtpy.QtCore import QObject

__all__ = ["GeneCompleter"]


class GeneCompleter(QCompleter):
    """Completes the word after the last space; what is before it stays."""

    def __init__(self, names: QStringListModel, parent: QObject | None = None) -> None:
        super().__init__(names, parent)
        self._before = ""
        self.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setModelSorting(QCompleter.ModelSorting.CaseInsensitivelySortedModel)
        self.setMaxVisibleItems(8)

    def splitPath(self, path: str | None) -> list[str]:
        """The word that is being typed."""
        words = path or ""
        at = max(words.rfind(apart) for apart in " ,;") + 1
        self._before = words[:at]
        return [words[at:]]

    def pathFromIndex(self, index: QModelIndex) -> str:
        """All words, the last one completed."""
        return self._before + str(super().pathFromIndex(index))
