"""What the Cell types card asks of the canvas: names, colours, what fades, what has changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject

from spotscope.widgets.canvas._layer_data import UNKNOWN, cell_types
from spotscope.widgets.cell_typing._legend_menu import legend_menu

if TYPE_CHECKING:
    from qtpy.QtCore import QPoint
    from qtpy.QtWidgets import QWidget

    from spotscope.layers import Colour, Eyes, TypeLooks
    from spotscope.model import Session
    from spotscope.pipeline import Typed
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.cell_typing._typing_card import TypingCard
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.explore._explore import Explorer
    from spotscope.widgets.jobs._tasks import Recoloured

__all__ = ["TypesDesk"]


class TypesDesk(QObject):
    """Coordinates the legend and the looks of types with the workbench and the canvas."""

    def __init__(
        self,
        workbench: Workbench,
        canvas: Canvas,
        explorer: Explorer,
        card: TypingCard,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._explorer, self._card = workbench, canvas, explorer, card
        self._nu = 0.0
        self._since: float | None = None
        card.hidden_changed.connect(canvas.hide_types)
        explorer.analysis.types_hidden.connect(card.hide_types)
        card.fading_toggled.connect(self._on_fading_toggled)
        card.changes_toggled.connect(canvas.nuclei.show_changes)
        card.legend.types.rename_requested.connect(self._on_rename_requested)
        card.legend.menu_requested.connect(self._on_menu_requested)
        workbench.facts_changed.connect(lambda _facts: card.show_sample(workbench.session))
        workbench.typed.connect(self._on_typed)
        workbench.recoloured.connect(self._on_recoloured)
        workbench.retyped.connect(self._on_retyped)

    @property
    def looks(self) -> TypeLooks:
        """Names and colours given by hand."""
        return self._canvas.nuclei.looks

    def see_with(self, eyes: Eyes) -> None:
        """Show colours as other eyes see them, on the canvas and in the cards."""
        self._canvas.nuclei.see_with(eyes)
        self._canvas.spots.see_with(eyes)
        if self._bench.session is not None:
            hidden = self._canvas.nuclei.hidden
            self.show_cells(self._bench.session)
            self._card.hide_types(hidden)
            self._explorer.show_looks()

    def show_session(self, session: Session) -> None:
        """Show how a session that was opened looks, and its legend."""
        self.show_cells(session)
        self._card.fading.setChecked(self._canvas.nuclei.fades)
        self._card.hide_types(frozenset(session.view.get("hidden_types", ())))
        self._nu = float(session.records["type"].params.get("nu_used", 0)) if session.cells else 0.0
        self._since = None
        self._card.show_changes(0, 0, 0.0)

    def show_cells(self, session: Session) -> None:
        """Show the legend of a session's cells."""
        self._card.looks = self.looks
        self._card.show_cells(session, self._canvas.colours(session))

    def rename(self, name: str, new: str) -> None:
        """Call a row of the legend by another name; another row's name merges the two."""
        if name != UNKNOWN and new != UNKNOWN:
            new = new.strip()
            there = {self.looks.shown(one) for one in self._types}
            said = f"{name} merged into {new}" if new in there else f"{name} called {new}"
            self._do(said, self.looks.renamed(name, new, self._types))

    def part(self, name: str) -> None:
        """Give the types under one name their own back."""
        self._do(f"{name} given back its name and colour", self.looks.parted(name, self._types))

    def recolour(self, name: str, colour: Colour) -> None:
        """Paint a row of the legend in another colour."""
        if name != UNKNOWN:
            self._do(f"{name} painted", self.looks.recoloured(name, colour))

    @property
    def _types(self) -> tuple[str, ...]:
        session = self._bench.session
        return cell_types(session) if session is not None else ()

    def _do(self, said: str, looks: TypeLooks) -> None:
        """Show other names and colours, and let it be taken back."""
        before = self.looks
        if self._bench.session is not None and looks != before:
            self._show(looks)
            self._bench.deeds.did(said, partial(self._show, before), partial(self._show, looks))

    def _show(self, looks: TypeLooks) -> None:
        session = self._bench.session
        if session is None:
            return
        hidden = self._canvas.nuclei.hidden
        self._canvas.nuclei.show_looks(looks)
        self.show_cells(session)
        self._card.hide_types(hidden)
        self._explorer.show_looks()

    def _on_fading_toggled(self, on: bool) -> None:
        self._canvas.nuclei.show_fading(on)

    def _on_rename_requested(self, name: str, new: str) -> None:
        self.rename(name, new)

    def _on_menu_requested(self, name: str, place: QPoint) -> None:
        if name != UNKNOWN:
            names = [row.name for row in self._card.legend.types.rows if row.name != UNKNOWN]
            merged = len(self.looks.members(name, self._types)) > 1 or name not in self._types
            changed = merged or name in self.looks.colours
            legend_menu(self._card.legend, self, name, names, changed).popup(place)

    # what ν does ----------------------------------------------------------------------------

    def _on_typed(self, typed: Typed) -> None:
        self._nu, self._since = float(typed.typing.nu), None
        self._card.show_changes(0, 0, 0.0)

    def _on_recoloured(self, again: Recoloured) -> None:
        if self._since is None:
            self._since = self._nu
        self._nu = float(again.typing.nu)
        changed = self._canvas.nuclei.changes.changed(self._canvas.codes)
        if changed is not None:
            typed = int(np.count_nonzero(again.codes))
            self._card.show_changes(int(np.count_nonzero(changed)), typed, self._since)

    def _on_retyped(self, typed: Typed) -> None:
        self._nu, self._since = float(typed.typing.nu), None
