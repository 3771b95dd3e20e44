"""The legend: types with colour, number of nuclei and a tick that shows or hides them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QAbstractTableModel, QEvent, QModelIndex, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPainter, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QSizePolicy,
    QTableView,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from qtpy.QtGui import QContextMenuEvent, QMouseEvent

    from spotscope.layers import Colour

__all__ = ["Legend", "LegendModel", "LegendRow", "swatch"]

_ROOT = QModelIndex()
SWATCH = 14
HOW = "Click hides, Alt-click shows it alone, double click renames, right click does more."


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One type: its name, its colour and how many nuclei have it."""

    name: str
    colour: Colour
    count: int


def swatch(colour: Colour, side: int = SWATCH) -> QIcon:
    """A square of a colour with a rim that is seen on any background."""
    pixmap = QPixmap(side, side)
    pixmap.fill(QColor(*colour))
    painter = QPainter(pixmap)
    painter.setPen(QColor(128, 128, 128))
    painter.drawRect(0, 0, side - 1, side - 1)
    painter.end()
    icon = QIcon(pixmap)
    icon.addPixmap(pixmap, QIcon.Mode.Selected)  # else it takes on the colour of the selection
    return icon


class LegendModel(QAbstractTableModel):
    """Rows of the legend; column 0 is tick, colour and name, column 1 the number.

    ``hidden_changed(frozenset of names)`` when the user shows or hides types;
    ``rename_requested(name, new)``, where another row's name merges the two.
    """

    hidden_changed = Signal(object)
    rename_requested = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[LegendRow, ...] = ()
        self._icons: dict[str, QIcon] = {}
        self._hidden: frozenset[str] = frozenset()
        #: what is counted: nuclei, or cells where not all were seen
        self.called = "nuclei"

    @property
    def rows(self) -> tuple[LegendRow, ...]:
        """The rows shown."""
        return self._rows

    @property
    def hidden(self) -> frozenset[str]:
        """Names of the types not shown."""
        return self._hidden

    def show_rows(self, rows: Sequence[LegendRow]) -> None:
        """Show rows; where only numbers changed, the view keeps its place."""
        same = [(r.name, r.colour) for r in rows] == [(r.name, r.colour) for r in self._rows]
        if same:
            self._rows = tuple(rows)
            self._all_changed()
            return
        self.beginResetModel()
        self._rows = tuple(rows)
        self._icons = {row.name: swatch(row.colour) for row in rows}
        hidden, self._hidden = self._hidden, self._hidden & {row.name for row in rows}
        self.endResetModel()
        if hidden != self._hidden:
            self.hidden_changed.emit(self._hidden)

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """Change the numbers alone."""
        self.show_rows([LegendRow(r.name, r.colour, counts.get(r.name, 0)) for r in self._rows])

    def hide(self, names: frozenset[str]) -> None:
        """Hide exactly these types, and say so."""
        names = names & {row.name for row in self._rows}
        if names != self._hidden:
            self._hidden = names
            self._all_changed()
            self.hidden_changed.emit(names)

    def solo(self, name: str) -> None:
        """Show this type alone; if it already is alone, show all."""
        others = frozenset(row.name for row in self._rows) - {name}
        self.hide(frozenset() if self._hidden == others else others)

    def rowCount(self, parent: QModelIndex = _ROOT) -> int:
        """Number of types."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = _ROOT) -> int:
        """Name and number."""
        return 0 if parent.isValid() else 2

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words, colour and tick of a cell of the table."""
        if not index.isValid():
            return None
        row, first = self._rows[index.row()], index.column() == 0
        if role == Qt.ItemDataRole.DisplayRole:
            return row.name if first else f"{row.count:,}"
        if role == Qt.ItemDataRole.DecorationRole and first:
            return self._icons[row.name]
        if role == Qt.ItemDataRole.CheckStateRole and first:
            return Qt.CheckState.Unchecked if row.name in self._hidden else Qt.CheckState.Checked
        if role == Qt.ItemDataRole.TextAlignmentRole and not first:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{row.name}: {row.count:,} {self.called}. {HOW}"
        if role == Qt.ItemDataRole.EditRole and first:
            return row.name
        return None

    def setData(self, index: QModelIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick or untick a type, or ask for another name."""
        if role == Qt.ItemDataRole.EditRole and index.isValid():
            new, name = str(value).strip(), self._rows[index.row()].name
            if new and new != name:
                self.rename_requested.emit(name, new)
            return bool(new)
        if role != Qt.ItemDataRole.CheckStateRole or not index.isValid():
            return False
        name = self._rows[index.row()].name
        shown = Qt.CheckState(value) == Qt.CheckState.Checked
        self.hide(self._hidden - {name} if shown else self._hidden | {name})
        return True

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """The tick and the name can be changed."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        first = Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEditable
        return flags | first if index.column() == 0 else flags

    def _all_changed(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 1))


class Legend(QTableView):
    """The legend's table, as high as its rows; a click on a row is a click on its tick.

    ``menu_requested(name, place on the screen)`` by a right click or the menu key. With the
    keyboard: arrows go through the rows, space shows or hides, F2 renames.
    """

    menu_requested = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.types = LegendModel(self)
        self.setModel(self.types)
        self.setShowGrid(False)
        self.setAccessibleName("Legend of cell types")
        self.horizontalHeader().hide()
        self.verticalHeader().hide()
        self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._fit()
        self.setIconSize(QSize(SWATCH, SWATCH))
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setTabKeyNavigation(False)  # Tab leads out, arrows lead through
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.types.modelReset.connect(self.updateGeometry)

    def changeEvent(self, event: QEvent | None) -> None:
        """Keep rows as high as their words."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """High enough for every row."""
        row = self.verticalHeader().defaultSectionSize()
        return QSize(240, row * self.types.rowCount() + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:
        """The same: the dock scrolls, not the legend."""
        return QSize(160, self.sizeHint().height())

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Show or hide a type; with Alt held, show it alone."""
        if event is None:
            return
        index = self.indexAt(event.position().toPoint())
        if not index.isValid() or event.button() != Qt.MouseButton.LeftButton:
            return
        name = self.types.rows[index.row()].name
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            self.types.solo(name)
        else:
            hidden = self.types.hidden
            self.types.hide(hidden - {name} if name in hidden else hidden | {name})
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """Nothing: the press did it, and the tick must not be turned back."""

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Rename; what the first of the two clicks hid or showed is taken back."""
        if event is None or event.button() != Qt.MouseButton.LeftButton:
            return
        index = self.indexAt(event.position().toPoint())
        if index.isValid():
            self.mousePressEvent(event)
            if not event.modifiers():
                self.rename(self.types.rows[index.row()].name)

    def rename(self, name: str) -> None:
        """Let the user type another name in the row's place."""
        self._end_edit()
        names = [row.name for row in self.types.rows]
        if name in names:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
            self.edit(self.types.index(names.index(name), 0))

    def _end_edit(self) -> None:
        """Take what is being written elsewhere: in a window that is not active no focus leaves."""
        if self.state() == QAbstractItemView.State.EditingState:
            for editor in self.viewport().findChildren(QLineEdit):
                if editor.isVisibleTo(self):
                    self.commitData(editor)
                    self.closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Ask for the menu of a row, at the mouse or, by the keyboard, of the current row."""
        if event is None:
            return
        by_key = event.reason() == event.Reason.Keyboard
        index = self.currentIndex() if by_key else self.indexAt(event.pos())
        if index.isValid():
            at = self.visualRect(index).bottomLeft() if by_key else event.pos()
            place = self.viewport().mapToGlobal(at)
            self.menu_requested.emit(self.types.rows[index.row()].name, place)
            event.accept()
