"""A table of spots or cells: sorted by any column, cut to what is chosen, choosing in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from qtpy.QtCore import QAbstractTableModel, QEvent, QModelIndex, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from spotscope.widgets.parts._room import shared_out

if TYPE_CHECKING:
    from collections.abc import Mapping

    from qtpy.QtGui import QResizeEvent

__all__ = ["LinkTable", "TableModel"]

_ROOT = QModelIndex()
#: Beside the words of a cell, and beside a name that an arrow may follow; pixels.
_CELL, _HEAD = 12, 28
#: Numbers that are looked at to tell how long they are.
_SOME = 500


class TableModel(QAbstractTableModel):
    """Columns of equal length, of which some rows are shown in some order."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names: list[str] = []
        self._columns: list[npt.NDArray[Any]] = []
        #: rows that are shown, in the order they are shown in
        self.order: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._sorted: tuple[int, bool] | None = None
        self._chosen: npt.NDArray[np.bool_] | None = None
        #: (column,) its longest value, in words
        self.longest: list[str] = []

    @property
    def n(self) -> int:
        """Rows there are."""
        return len(self._columns[0]) if self._columns else 0

    def show_columns(self, columns: Mapping[str, npt.NDArray[Any]]) -> None:
        """Show columns, all rows of them."""
        self._names, self._columns = list(columns), list(columns.values())
        self.longest = [_longest(values) for values in self._columns]
        self._chosen = None
        self._arrange()

    def show_chosen(self, chosen: npt.NDArray[np.bool_] | None) -> None:
        """Show these rows alone; None shows all."""
        self._chosen = chosen if chosen is not None and len(chosen) == self.n else None
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; rows that are equal there keep their order."""
        self._sorted = column, order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def rowCount(self, parent: QModelIndex = _ROOT) -> int:
        """Rows shown."""
        return 0 if parent.isValid() else len(self.order)

    def columnCount(self, parent: QModelIndex = _ROOT) -> int:
        """Columns."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A value in words."""
        if not index.isValid():
            return None
        value = self._columns[index.column()][self.order[index.row()]]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return _spell(value)
        if role == Qt.ItemDataRole.TextAlignmentRole and isinstance(value, np.number):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Names of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._names[section]
        return None

    def _arrange(self) -> None:
        self.beginResetModel()
        rows = np.arange(self.n) if self._chosen is None else np.flatnonzero(self._chosen)
        if self._sorted is not None and 0 <= self._sorted[0] < len(self._columns):
            values = self._columns[self._sorted[0]][rows]
            if self._sorted[1]:  # the last among equals stays the last
                by = len(rows) - 1 - np.argsort(values[::-1], kind="stable")[::-1]
            else:
                by = np.argsort(values, kind="stable")
            rows = rows[by]
        self.order = np.asarray(rows, np.intp)
        self.endResetModel()


def _spell(value: Any) -> str:
    """A value in words."""
    if not isinstance(value, np.number):
        return str(value)
    return f"{value:,}" if isinstance(value, np.integer) else f"{value:.3g}"


def _longest(values: npt.NDArray[Any]) -> str:
    """The longest value in words; of numbers, of the ends and of some between."""
    if not len(values):
        return ""
    if np.issubdtype(values.dtype, np.number):
        some = values[:: max(1, len(values) // _SOME)]
        values = np.concatenate([some, [values.min(), values.max()]]).astype(values.dtype)
    return max(map(_spell, values), key=len)


class LinkTable(QTableView):
    """The table; ``rows_chosen((row,) int)`` when the user selects some."""

    rows_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = TableModel(self)
        self.setModel(self.table)
        self.setSortingEnabled(True)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.modelReset.connect(self._share_out)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAccessibleName("Table of spots or cells")
        self.verticalHeader().hide()
        self.setTabKeyNavigation(False)
        self._fit()
        selection = self.selectionModel()
        assert selection is not None
        selection.selectionChanged.connect(self._on_selected)

    def changeEvent(self, event: QEvent | None) -> None:
        """Keep rows as high as their words."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        row = self.fontMetrics().height() + 6
        self.verticalHeader().setDefaultSectionSize(row)
        self.setFixedHeight(9 * row)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give every column the width its words need."""
        super().resizeEvent(event)
        self._share_out()

    def _share_out(self) -> None:
        metrics, head = self.fontMetrics(), self.horizontalHeader().fontMetrics()
        needs = []
        for column, longest in enumerate(self.table.longest):
            name = self.table.headerData(column, Qt.Orientation.Horizontal)
            title = head.horizontalAdvance(name) + _HEAD
            needs.append(max(metrics.horizontalAdvance(longest) + _CELL, title))
        for column, width in enumerate(shared_out(needs, self.viewport().width())):
            self.setColumnWidth(column, width)

    def _on_selected(self, *_: object) -> None:
        selection = self.selectionModel()
        if selection is None or not selection.hasSelection():
            return
        shown = sorted(index.row() for index in selection.selectedRows())
        self.rows_chosen.emit(self.table.order[shown])
