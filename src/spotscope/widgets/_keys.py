"""Keys of the dock: they act while it has the keyboard, so none of napari's own is taken.

1-5 go to a step, R runs it, Esc cancels, G goes to the gene search. In a field that takes
letters they are letters.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Qt
from qtpy.QtGui import QKeySequence, QShortcut

from spotscope.widgets._state import Step

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.widgets._dock import SpotscopeWidget

__all__ = ["DockKeys"]


class DockKeys(QObject):
    """Binds the keys to a dock."""

    def __init__(self, dock: SpotscopeWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        for number, step in enumerate(Step, start=1):
            self._bind(str(number), partial(self.go_to, step))
        self._bind("R", self.run_step)
        self._bind("Esc", dock.workbench.cancel)
        self._bind("G", self.search_gene)

    def go_to(self, step: Step) -> None:
        """Show a step and give it the keyboard."""
        card = self._dock.cards[step]
        self._dock.column.ensureWidgetVisible(card)
        card.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def run_step(self) -> None:
        """Press the button of the step that has the keyboard; never the one that cancels."""
        focused = self._dock.focusWidget()
        for card in self._dock.cards.values():
            inside = focused is not None and (card is focused or card.isAncestorOf(focused))
            if inside and card.button.isEnabled() and not card.can_cancel:
                card.button.click()

    def search_gene(self) -> None:
        """Go to the gene search."""
        card = self._dock.explore_card
        self._dock.column.ensureWidgetVisible(card.gene)
        card.gene.setFocus(Qt.FocusReason.ShortcutFocusReason)
        card.gene.selectAll()

    def _bind(self, key: str, act: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(key), self._dock)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(act)
