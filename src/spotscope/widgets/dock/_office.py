"""What goes on around the steps: the log, copying what was done, keeping it, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject

from spotscope.widgets.canvas._dim_image import ImageDim
from spotscope.widgets.cell_typing._column_row import ColumnDesk
from spotscope.widgets.cell_typing._legend_on_canvas import LegendOnCanvas
from spotscope.widgets.cell_typing._reference_desk import ReferenceDesk
from spotscope.widgets.dock._layer_panels import LayerPanels
from spotscope.widgets.dock._run_all import RunAll
from spotscope.widgets.explore._figure_desk import FigureDesk
from spotscope.widgets.expression._expression_shown import GeneSource
from spotscope.widgets.history._autosave import AutosaveDesk
from spotscope.widgets.history._history import HistoryDesk
from spotscope.widgets.history._restore_row import RestoreRow
from spotscope.widgets.history._step_deeds import StepDeeds
from spotscope.widgets.history._undo_row import UndoRow
from spotscope.widgets.jobs._compile_ahead import CompileAhead
from spotscope.widgets.nuclei._qc_look import Look
from spotscope.widgets.parts._card import say
from spotscope.widgets.parts._dress import Dress
from spotscope.widgets.sample._align_desk import AlignDesk
from spotscope.widgets.sample._async_image import offer_async
from spotscope.widgets.sample._lost_slide import SlideFinder
from spotscope.widgets.sample._not_applied import NotAppliedRow

if TYPE_CHECKING:
    from spotscope.model import Reference
    from spotscope.widgets.dock._dock import SpotscopeWidget

__all__ = ["Office"]


class Office(QObject):
    """Holds the desks that serve the session as a whole."""

    def __init__(self, dock: SpotscopeWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self.autosave = AutosaveDesk(
            dock.workbench, dock.explorer.view, lambda: dock.explorer.analysis.answers, self
        )
        self.restore = RestoreRow()
        self.dress = Dress(dock, dock.canvas.viewer)
        dock.workbench.reference_opened.connect(self._on_reference_opened)
        self.panels = LayerPanels(dock)
        self.dim = ImageDim(dock.canvas)
        self.legend = LegendOnCanvas(dock.canvas, dock.typing_card, dock)
        dock.explore_card.toggle_row.insertWidget(1, self.dim.button)
        card = dock.sample_card
        card.reference_requested.connect(dock.typing_card.reference_requested)
        dock.workbench.facts_changed.connect(card.offer_reference)
        view = dock.explore_card.view
        view.panels_toggled.connect(self.panels.show)
        self.panels.shown_changed.connect(view.panels.setChecked)
        dock.nuclei_card.check.look_requested.connect(self._on_look_requested)
        dock.desk.on_nuclei.changed.connect(dock.check.looks.show_gene)
        # in the order they stand in the Sample card
        self.align = AlignDesk(
            dock.workbench, dock.canvas, dock.sample_card, dock.explorer.view, dock
        )
        analysis = dock.explorer.analysis
        self.history = HistoryDesk(
            dock.workbench,
            dock.cards,
            dock,
            lambda: analysis.answers,
            dock.explorer.view,
        )
        self.slides = SlideFinder(dock.workbench, dock.explorer.view)
        self.history.offer(analysis.panel.menu, lambda: analysis.shown)
        offer_async(dock.sample_card.menu)
        self.figures = FigureDesk(dock)
        self.steps = StepDeeds(dock.workbench, dock.explorer.view)
        self.undo = UndoRow(dock.workbench.deeds)
        layout = dock.explore_card.body_layout
        layout.insertWidget(layout.count() - 1, self.undo)
        # under all cards: what is drawn and what is kept differ wherever one looks
        self.not_applied = NotAppliedRow(self.align.panel)
        dock.layout().addWidget(self.not_applied)
        # moving cancels what runs: not by a button that stands under everything
        dock.workbench.facts_changed.connect(
            lambda facts: self.not_applied.setEnabled(facts.running is None)
        )
        self.compiling = CompileAhead(self)
        self.run_all = RunAll(dock, self.compiling)
        # what went wrong is said where it is seen, also by a card that is folded or far below
        dock.workbench.failed.connect(lambda step, _: dock.column.reveal(dock.cards[step].trouble))
        others = dock.explorer.compare.others
        others.troubled.connect(
            lambda said: dock.column.reveal(dock.explore_card.compare.trouble) if said else None
        )
        # what a hand on the slide asks for is answered where it can be read
        dock.explorer.regions.told.connect(dock.column.reveal)
        dock.canvas.spot_clicked.connect(self._on_spot_clicked)
        self.run_all.done.connect(lambda: dock.column.reveal(dock.typing_card, grows=True))
        self.columns = ColumnDesk(dock.workbench, dock.typing_card)
        self.reference = ReferenceDesk(dock.workbench, dock.sample_card, dock.typing_card)
        self._desks = (
            self.columns,
            self.reference,
            self.history,
            self.autosave,
            self.align,
            self.figures,
            self.run_all,
        )
        dock.sample_card.body_layout.insertWidget(0, self.restore)
        dock.workbench.session_opened.connect(lambda _: self.restore.show_work(None))
        self.autosave.found.connect(self.restore.show_work)
        self.restore.restore_requested.connect(self.autosave.restore)
        self.restore.discard_requested.connect(self._on_discard_requested)
        extras = dock.explorer.extras
        extras["source"] = lambda: dock.desk.source.source.value, self._show_source
        extras["look"] = lambda: dock.check.looks.current.value, self._show_look
        on_canvas = dock.typing_card.on_canvas
        extras["legend_on_canvas"] = on_canvas.isChecked, on_canvas.setChecked
        self.autosave.look()

    @property
    def busy(self) -> bool:
        """Whether one of them is at work."""
        return any(desk.busy for desk in self._desks)

    def close(self) -> None:
        """Stop, and never send anything again."""
        for desk in (*self._desks, self.dress, self.panels, self.dim, self.legend, self.compiling):
            desk.close()

    def _show_source(self, name: str) -> None:
        source = self._dock.desk.source
        if name in {s.value for s in GeneSource} and source.buttons[GeneSource(name)].isVisibleTo(
            source
        ):
            source.show_source(GeneSource(name))
            self._dock.explorer.search(self._dock.explorer.gene)

    def _show_look(self, name: str) -> None:
        if name in {look.value for look in Look} and name != Look.TYPE.value:
            self._dock.check.looks.look(Look(name))

    def _on_look_requested(self, _look: Look) -> None:
        """Another look takes the place of a gene on the nuclei: its name goes too."""
        explorer, source = self._dock.explorer, self._dock.desk.source.source
        if explorer.gene and source is not GeneSource.MEASURED:
            explorer.search("")
            self._dock.check.looks.follow()

    def _on_reference_opened(self, reference: Reference) -> None:
        """Say so where nothing else is open yet: the card of types is folded then."""
        if self._dock.workbench.session is None:
            said = f"{reference.table.n_obs:,} cells of {reference.n_types} types"
            say(self._dock.sample_card.facts, f"Reference {reference.name}: {said}. Now the spots.")

    def _on_spot_clicked(self, index: int | None) -> None:
        if index is not None:
            self._dock.column.reveal(self._dock.explore_card.spot, grows=True)

    def _on_discard_requested(self) -> None:
        self.autosave.discard()
        self.restore.show_work(None)
