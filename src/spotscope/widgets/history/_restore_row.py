"""One line in the Sample card that offers work which was not saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from spotscope import pipeline
from spotscope.widgets.parts._card import line

if TYPE_CHECKING:
    from spotscope.pipeline import KeptWork

__all__ = ["RestoreRow"]

_WORDS = {
    "align": "alignment",
    "segment": "nuclei",
    "edit": "corrections",
    "type": "cell types",
    "decompose": "expression",
}


class RestoreRow(QWidget):
    """Says what was not saved; asks ``restore_requested`` or ``discard_requested``."""

    restore_requested = Signal()
    discard_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = line()
        self.restore = QPushButton("Restore")
        self.restore.setToolTip("Open it as it was left: results, corrections, regions and view")
        self.discard = QPushButton("Discard")
        self.discard.setToolTip("Throw it away for good")
        self.restore.clicked.connect(lambda: self.restore_requested.emit())
        self.discard.clicked.connect(lambda: self.discard_requested.emit())
        row = QHBoxLayout()
        row.addWidget(self.restore)
        row.addWidget(self.discard)
        row.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.words)
        layout.addLayout(row)
        self.hide()

    def show_work(self, work: KeptWork | None) -> None:
        """Offer this work; None offers nothing."""
        self.setVisible(work is not None)
        if work is None:
            return
        done = ", ".join(_WORDS.get(step, step) for step in work.steps)
        said = f"{work.name} was not saved ({pipeline.local_time(work.when)}"
        self.words.setText(f"▲ {said}{': ' if done else ''}{done}).")
        self.words.show()
