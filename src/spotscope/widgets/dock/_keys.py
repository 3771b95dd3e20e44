"""Keys of the dock, and the few that act on the canvas too; none of napari's own is taken."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Qt, QTimer
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit

from spotscope.widgets.dock._key_map import KEYS, on_canvas
from spotscope.widgets.dock._key_sheet import KeySheet
from spotscope.widgets.dock._state import Step
from spotscope.widgets.parts._focus_order import set_focus_order
from spotscope.widgets.parts._focus_ring import FocusRing

if TYPE_CHECKING:
    from collections.abc import Callable

    from qtpy.QtWidgets import QAbstractButton, QWidget

    from spotscope.widgets.dock._dock import SpotscopeWidget

__all__ = ["DockKeys"]

_FIELDS = (QLineEdit, QAbstractSpinBox, QComboBox)


class DockKeys(QObject):
    """Binds the keys to a dock, and some to its viewer until :meth:`close`."""

    def __init__(self, dock: SpotscopeWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self.sheet = KeySheet(dock)
        self.ring = FocusRing(dock, dock.column)
        compare = dock.explorer.compare
        self._acts: dict[str, Callable[[], object]] = {
            **{str(n): partial(self.go_to, step) for n, step in enumerate(Step, start=1)},
            "R": self.run_step,
            "Esc": self.stop,
            "G": self.search_gene,
            "L": partial(compare.toggle, "lens"),
            "S": partial(compare.toggle, "swipe"),
            "P": compare.pin,
            "Ctrl+Z": dock.workbench.deeds.undo,
            "Ctrl+Shift+Z": dock.workbench.deeds.redo,
            "?": self.sheet.toggle,
            "F1": self.sheet.toggle,
        }
        view = dock.explore_card.view
        view.keys_requested.connect(self.sheet.toggle)
        view.eyes_chosen.connect(lambda eyes: dock.types.see_with(eyes))
        # when all cards are built
        self._order = QTimer(self, singleShot=True, interval=0)
        self._order.timeout.connect(lambda: set_focus_order(dock.column.widget()))
        self._order.start()
        self._on_canvas: list[str] = []
        for key in KEYS:
            if key.key in self._acts:
                self._bind(key.key, self._acts[key.key])
            if key.where == "both":
                self._bind_canvas(key.key, self._acts[key.key])

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

    def stop(self) -> None:
        """Leave one thing: a list that is open, the sheet, a field, what is in hand, what runs."""
        open_list, held = QApplication.activePopupWidget(), self._held()
        if open_list is not None:
            open_list.hide()
        elif self.sheet.isVisible():
            self.sheet.hide()
        elif (card := self._card_around_field()) is not None:
            card.setFocus(Qt.FocusReason.ShortcutFocusReason)
        elif held:
            for button in held:
                button.click()
        else:
            self._dock.cancel()

    def _held(self) -> list[QAbstractButton]:
        """Buttons of what the mouse does on the slide, while they are pressed."""
        dock = self._dock
        regions, compare = dock.explore_card.regions, dock.explore_card.compare
        buttons = (
            compare.lens,
            compare.swipe,
            regions.draw_button,
            regions.move_button,
            dock.expression_card.lasso_button,
            *dock.nuclei_card.check.tools.values(),
            dock.office.align.panel.landmarks,
        )
        return [button for button in buttons if button.isChecked()]

    def _card_around_field(self) -> QWidget | None:
        """The card in which letters are typed; None where none are."""
        field = self._dock.focusWidget()
        if field is None or not field.hasFocus() or not isinstance(field, _FIELDS):
            return None
        if isinstance(field, QComboBox) and not field.isEditable():
            return None
        return next((c for c in self._dock.cards.values() if c.isAncestorOf(field)), None)

    def search_gene(self) -> None:
        """Go to the gene search."""
        card = self._dock.explore_card
        self._dock.column.ensureWidgetVisible(card.gene)
        card.gene.setFocus(Qt.FocusReason.ShortcutFocusReason)
        card.gene.selectAll()

    def close(self) -> None:
        """Give the viewer its keys back."""
        self._order.stop()
        self.ring.let_go()
        viewer = self._dock.canvas.viewer
        for key in self._on_canvas:
            viewer.bind_key(on_canvas(key), None, overwrite=True)
        self._on_canvas = []
        self.sheet.hide()

    def _bind(self, key: str, act: Callable[[], object]) -> None:
        shortcut = QShortcut(QKeySequence(key), self._dock)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(act)

    def _bind_canvas(self, key: str, act: Callable[[], object]) -> None:
        def on_key(_viewer: Any) -> None:
            act()

        try:
            self._dock.canvas.viewer.bind_key(on_canvas(key), on_key)
        except ValueError:  # somebody else has it: theirs
            return
        self._on_canvas.append(key)
