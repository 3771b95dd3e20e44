"""Classes that nuclei came with, taken for their types: one button, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from spotscope import pipeline
from spotscope.model import SpotscopeError
from spotscope.widgets.cell_typing._held_deeds import hold_by_hand
from spotscope.widgets.parts._card import line, say

if TYPE_CHECKING:
    from spotscope.widgets.dock._workbench import Workbench

__all__ = ["ClassesAsTypes", "ClassesRow"]


class ClassesRow(QWidget):
    """Asks ``hold_requested``; shown where nuclei with classes are typed."""

    hold_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.hold = QPushButton("Hold as classified")
        self.hold.setToolTip(
            "Nuclei whose class, such as one of QuPath's, is called like a type of the reference "
            "are that type and stay it; all others are typed anew around them. Undo lets them go."
        )
        self.hold.clicked.connect(lambda: self.hold_requested.emit())
        self.said = line()
        row = QHBoxLayout()
        row.addWidget(self.hold)
        row.addStretch()
        layout.addLayout(row)
        layout.addWidget(self.said)
        self.hide()

    def say(self, text: str) -> None:
        """Say how many are held, and which classes are no type's."""
        say(self.said, text)


class ClassesAsTypes(QObject):
    """Holds nuclei to the types that their classes name, when the row asks for it."""

    def __init__(self, workbench: Workbench, row: ClassesRow, parent: QObject) -> None:
        super().__init__(parent)
        self._bench, self._row = workbench, row
        row.hold_requested.connect(self.hold)

    def reset(self) -> None:
        """Another sample: nothing has been said of it."""
        self._row.say("")

    def follow(self) -> None:
        """Offer it where it can be done."""
        session, fitted = self._bench.session, self._bench.fitted
        nuclei = session.nuclei if session is not None else None
        typed = session is not None and session.cells is not None and fitted is not None
        self._row.setVisible(typed and nuclei is not None and nuclei.classes is not None)

    def hold(self) -> None:
        """Hold them; the section is typed anew around them."""
        session = self._bench.session
        if session is None or self._bench.fitted is None:
            return
        try:
            named = pipeline.classes_as_types(session)
            held = pipeline.hold(session, named.types)
        except SpotscopeError as error:
            self._row.say(f"▲ {error}")
            return
        hold_by_hand(self._bench, held, f"{len(named.types):,} nuclei held as their classes say")
        self._row.say(named.said)
