"""What goes on around the steps: the log, and copying what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject

from spotscope.widgets._history import HistoryDesk

if TYPE_CHECKING:
    from spotscope.widgets._dock import SpotscopeWidget

__all__ = ["Office"]


class Office(QObject):
    """Holds the desks that serve the session as a whole."""

    def __init__(self, dock: SpotscopeWidget) -> None:
        super().__init__(dock)
        self.history = HistoryDesk(dock.workbench, dock.cards, dock)
        self._desks = (self.history,)

    @property
    def busy(self) -> bool:
        """Whether one of them is at work."""
        return any(desk.busy for desk in self._desks)

    def close(self) -> None:
        """Stop, and never send anything again."""
        for desk in self._desks:
            desk.close()
