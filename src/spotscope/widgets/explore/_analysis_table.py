"""A finding as a table that is sorted and searched at once, however long it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from spotscope.pipeline import in_words, shown_columns, tip_of

if TYPE_CHECKING:
    from spotscope.pipeline import Finding

__all__ = ["FindingModel"]

_Index: TypeAlias = QModelIndex | QPersistentModelIndex
_NONE = QModelIndex()
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class FindingModel(QAbstractTableModel):
    """The columns of a finding that are shown, and those of its rows that are searched for."""

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.finding = finding
        columns = shown_columns(finding)
        self._names, self._words = list(columns), list(columns.values())
        self._rows = np.arange(len(finding.table))
        self._sorted: tuple[int, bool] | None = None
        self._sought = ""
        self._text = pd.Series("", index=finding.table.index)
        for name in filter(self._is_text, self._names):
            self._text += " " + finding.table[name].astype(str).str.upper()

    @property
    def order(self) -> tuple[int, Qt.SortOrder]:
        """The column that the finding's rows are ordered by, -1 for none, and which way."""
        order = self.finding.order
        if order is None:
            return -1, Qt.SortOrder.AscendingOrder
        rising = Qt.SortOrder.AscendingOrder
        return self._names.index(order[0]), rising if order[1] else Qt.SortOrder.DescendingOrder

    def rowCount(self, parent: _Index = _NONE) -> int:
        """Rows that are searched for."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NONE) -> int:
        """Columns that are shown."""
        return 0 if parent.isValid() else len(self._names)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The words of a cell."""
        if not index.isValid():
            return None
        name = self._names[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return in_words(self.finding.table[name].iloc[self._rows[index.row()]])
        if role == Qt.ItemDataRole.TextAlignmentRole and not self._is_text(name):
            return _RIGHT
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Words over the columns, and what they leave unsaid."""
        if role == Qt.ItemDataRole.ToolTipRole and orientation == Qt.Orientation.Horizontal:
            return tip_of(self._names[section]) or None
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._words[section]
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order the rows by a column; what is no number comes last."""
        self._sorted = None if column < 0 else (column, order == Qt.SortOrder.AscendingOrder)
        self._arrange()

    def search(self, text: str) -> None:
        """Show the rows that have this text in one of their words."""
        self._sought = text.strip().upper()
        self._arrange()

    def row(self, index: _Index) -> int:
        """Row of the finding's table."""
        return int(self._rows[index.row()])

    def _arrange(self) -> None:
        self.beginResetModel()
        found = self._text.str.contains(self._sought, regex=False).to_numpy(bool)
        rows = np.flatnonzero(found)
        if self._sorted is not None:
            column, up = self._sorted
            values = self.finding.table[self._names[column]].iloc[rows].reset_index(drop=True)
            rows = rows[values.sort_values(ascending=up, kind="stable").index.to_numpy()]
        self._rows = rows
        self.endResetModel()

    def _is_text(self, name: str) -> bool:
        return not pd.api.types.is_numeric_dtype(self.finding.table[name])
