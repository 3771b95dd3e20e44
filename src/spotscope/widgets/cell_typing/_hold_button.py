"""A button whose menu offers the types that nuclei can be held to."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QMenu, QToolButton, QWidget

from spotscope.widgets.cell_typing._legend import swatch
from spotscope.widgets.parts._dress import Rank, give_rank

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spotscope.layers import Colour

__all__ = ["HoldButton"]


class HoldButton(QToolButton):
    """``asked(type or None)``: to be held to a type, or let go."""

    asked = Signal(object)

    def __init__(self, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText("Hold as ▾")
        self.setToolTip(tip)
        give_rank(self, Rank.BUTTON)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.types = QMenu(self)
        self.setMenu(self.types)

    def offer(self, types: Sequence[tuple[str, str]], colours: Mapping[str, Colour]) -> None:
        """Offer types: (type, shown name)."""
        self.types.clear()
        for name, shown in types:
            action = self.types.addAction(swatch(colours[shown]), shown)
            action.triggered.connect(partial(self._ask, name))
        self.types.addSeparator()
        self.types.addAction("Let go").triggered.connect(partial(self._ask, None))

    def _ask(self, name: str | None, _checked: bool = False) -> None:
        self.asked.emit(name)
