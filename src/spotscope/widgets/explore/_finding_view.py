"""The table that answers a question, as wide as its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from spotscope.widgets.explore._analysis_table import FindingModel

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from spotscope.pipeline import Finding

__all__ = ["FindingView"]

_ROWS_SHOWN = 9
#: Beside the word over a column, and for the arrow over the one that rows are ordered by; pixels.
_HEAD, _ARROW = 14, 16


class FindingView(QTableView):
    """Shows a finding; heads sort it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSortingEnabled(True)
        self.setAccessibleName("Answers")
        self.verticalHeader().hide()
        self.setTabKeyNavigation(False)  # Tab leads out, arrows lead through
        self._fit_rows()
        self.horizontalHeader().sortIndicatorChanged.connect(lambda *_: self._fit_columns())

    def show_finding(self, finding: Finding) -> FindingModel:
        """Show a finding's rows in the order it has them in, until a head is clicked."""
        model = FindingModel(finding)
        self.setModel(model)
        head = self.horizontalHeader()
        head.setSortIndicator(*model.order)  # the arrow stands over what it goes by
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self._fit_columns()
        head.setStretchLastSection(True)
        return model

    def changeEvent(self, event: QEvent | None) -> None:
        """Keep rows as high as their words."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.FontChange:
            self._fit_rows()

    def _fit_rows(self) -> None:
        row = round(self.fontMetrics().height() * 1.5)
        self.verticalHeader().setDefaultSectionSize(row)
        self.setFixedHeight(row * (_ROWS_SHOWN + 1) + 8)

    def _fit_columns(self) -> None:
        """Make columns as wide as their words, with room for an arrow over one alone."""
        head = self.horizontalHeader()
        for column in range(head.count()):
            word = str(head.model().headerData(column, head.orientation()))
            arrow = _ARROW if column == head.sortIndicatorSection() else 0
            wide = head.fontMetrics().horizontalAdvance(word) + _HEAD + arrow
            self.setColumnWidth(column, max(wide, self.sizeHintForColumn(column)))
