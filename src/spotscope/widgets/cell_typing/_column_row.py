"""Which column of the reference names the cell types: shown where there is more than one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject
from qtpy.QtWidgets import QComboBox, QHBoxLayout, QLabel, QWidget

from spotscope.io import label_columns
from spotscope.model import Progress
from spotscope.widgets.jobs._runner import Runner

if TYPE_CHECKING:
    from spotscope.model import Reference, Task
    from spotscope.widgets.cell_typing._typing_card import TypingCard
    from spotscope.widgets.dock._workbench import Workbench

__all__ = ["ColumnDesk"]


class ColumnDesk(QObject):
    """Offers the columns of the reference that is open; another one is read from its file."""

    def __init__(self, workbench: Workbench, card: TypingCard) -> None:
        super().__init__(card)
        self._bench = workbench
        self._reference: Reference | None = None
        self.choice = QComboBox()
        self.choice.setAccessibleName("Column of the reference that names the cell types")
        self.choice.setToolTip("Another column of the reference gives other types; type again then")
        self.row = QWidget()
        layout = QHBoxLayout(self.row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(QLabel("Types from its column"))
        layout.addWidget(self.choice, 1)
        self.row.hide()
        card.body_layout.insertWidget(1, self.row)
        self._runner = Runner(self)
        self._runner.succeeded.connect(self._on_found)
        self.choice.activated.connect(lambda _: self._on_chosen(self.choice.currentText()))
        workbench.reference_opened.connect(self._on_opened)

    @property
    def busy(self) -> bool:
        """Whether columns are being looked for."""
        return self._runner.running is not None

    def close(self) -> None:
        """Stop, and never send anything again."""
        self._runner.close()

    def _on_opened(self, reference: Reference) -> None:
        self._reference = reference
        source = reference.source or {}
        self.row.hide()
        if "path" in source and "labels" not in source:
            path = Path(source["path"])
            self._runner.latest("columns", lambda: columns_task(path))

    def _on_found(self, _name: str, columns: tuple[str, ...]) -> None:
        if self._reference is None or self._reference.source is None:
            return
        now = self._reference.source["cell_type"]
        self.choice.clear()
        self.choice.addItems([*dict.fromkeys((now, *columns))])
        self.row.setVisible(self.choice.count() > 1)

    def _on_chosen(self, column: str) -> None:
        source = None if self._reference is None else self._reference.source
        if source is not None and column != source["cell_type"]:
            self._bench.open_reference(Path(source["path"]), column)


def columns_task(path: Path) -> Task[tuple[str, ...]]:
    """Look for columns on a thread."""
    yield Progress("looking at the reference", 0, 1)
    return label_columns(path)
