"""The dock: builds the cards, connects them to workbench and canvas, sets the first state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import notification_manager
from qtpy.QtCore import QEvent, QSize
from qtpy.QtWidgets import QVBoxLayout, QWidget

from spotscope.model import SpotscopeError
from spotscope.widgets.canvas._canvas import Canvas
from spotscope.widgets.cell_typing._types_desk import TypesDesk
from spotscope.widgets.cell_typing._typing_card import TypingCard, typing_headline
from spotscope.widgets.dock._arrivals import Arrivals
from spotscope.widgets.dock._drop import DropCatcher
from spotscope.widgets.dock._keys import DockKeys
from spotscope.widgets.dock._office import Office
from spotscope.widgets.dock._state import Step, resolve
from spotscope.widgets.dock._workbench import Workbench
from spotscope.widgets.explore._explore import Explorer
from spotscope.widgets.explore._explore_card import ExploreCard
from spotscope.widgets.expression._expression import ExpressionDesk
from spotscope.widgets.expression._expression_card import ExpressionCard, expression_headline
from spotscope.widgets.jobs._garbage import leave_out_libraries
from spotscope.widgets.nuclei._nuclei_card import NucleiCard, nuclei_headline
from spotscope.widgets.nuclei._qc_desk import CheckDesk
from spotscope.widgets.parts._column import Column
from spotscope.widgets.sample._sample_card import SampleCard, headline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import napari
    from qtpy.QtGui import QCloseEvent, QHideEvent, QShowEvent

    from spotscope.model import Reference, Session
    from spotscope.pipeline import Typed
    from spotscope.widgets.dock._state import Facts
    from spotscope.widgets.jobs._tasks import Recoloured
    from spotscope.widgets.parts._card import StepCard

__all__ = ["SpotscopeWidget"]


class SpotscopeWidget(QWidget):
    """The spotscope dock.

    Parameters
    ----------
    napari_viewer
        Filled in by napari.
    """

    def __init__(self, napari_viewer: napari.viewer.Viewer) -> None:
        super().__init__()
        self.workbench = Workbench(self)
        self.canvas = Canvas(napari_viewer, self)
        self._asked: tuple[tuple[Path, ...], Path | None] | None = None
        self._closed = False
        self._build()
        self._connect()
        self._show_facts(self.workbench.facts)
        self.canvas.find_samples()

    # build ----------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName("spotscope")
        self.sample_card = SampleCard()
        self.nuclei_card = NucleiCard()
        self.typing_card = TypingCard()
        self.expression_card = ExpressionCard()
        self.explore_card = ExploreCard()
        self.cards: dict[Step, StepCard] = {
            Step.SAMPLE: self.sample_card,
            Step.NUCLEI: self.nuclei_card,
            Step.TYPES: self.typing_card,
            Step.EXPRESSION: self.expression_card,
            Step.EXPLORE: self.explore_card,
        }
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.column = Column(self.cards.values())
        layout.addWidget(self.column)
        self.setAcceptDrops(True)
        self.explorer = Explorer(self.workbench, self.canvas, self.explore_card, self)
        self.keys = DockKeys(self)

    def sizeHint(self) -> QSize:
        """As wide as the cards are meant to be."""
        return QSize(390, 720)

    # connect --------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.catcher = DropCatcher(self)
        self.catcher.dropped.connect(self.open_paths)
        bench, canvas = self.workbench, self.canvas
        bench.facts_changed.connect(self._show_facts)
        bench.progressed.connect(lambda step, how: self.cards[step].show_progress(how))
        bench.failed.connect(self._on_bench_failed)
        bench.session_opened.connect(self._on_bench_session_opened)
        bench.nuclei_found.connect(self._on_bench_nuclei_found)
        bench.reference_opened.connect(self._on_bench_reference_opened)
        bench.typed.connect(self._on_bench_typed)
        bench.recoloured.connect(self._on_bench_recoloured)
        bench.retyped.connect(self._on_bench_retyped)
        bench.beside.warmed.connect(self._on_beside_warmed)
        for card in self.cards.values():
            card.cancel_requested.connect(self.cancel)
        self.sample_card.demo_requested.connect(bench.open_demo)
        self.sample_card.mpp_given.connect(self._on_mpp_given)
        self.nuclei_card.run_requested.connect(lambda: bench.find_nuclei(self.nuclei_card.params))
        self.typing_card.run_requested.connect(self._on_types_run_requested)
        self.typing_card.auto_requested.connect(bench.set_nu)
        self.typing_card.nu_changed.connect(bench.set_nu)
        self.types = TypesDesk(bench, canvas, self.explorer, self.typing_card, self)
        canvas.sample_found.connect(self._on_canvas_sample_found)
        # last: it shows genes on what the others have shown
        self.desk = ExpressionDesk(bench, canvas, self.explorer, self.expression_card, self)
        self.check = CheckDesk(bench, canvas, self.nuclei_card, self.explore_card, self)
        self.office = Office(self)
        self.arrivals = Arrivals(self)
        self._desks = (self.desk, self.check, self.explorer, self.office)

    @property
    def busy(self) -> bool:
        """Whether something runs, or is still to be shown."""
        canvas = self.canvas
        comes = canvas.turns.busy or canvas.stack.lull.waits or self.arrivals.waits
        return self.workbench.busy or comes or any(desk.busy for desk in self._desks)

    # requests of the cards ------------------------------------------------------------------

    def open_paths(self, paths: list[Path]) -> None:
        """Open what was dropped: spots, their image, their reference, nuclei, in any mixture."""
        self.arrivals.come(paths)

    def open_sample(
        self, *paths: Path, image: Path | None = None, mpp: float | None = None
    ) -> None:
        """Open a sample; the answer comes later, on the canvas and in the Sample card."""
        self._asked = paths, image
        self.workbench.open_sample(*paths, image=image, mpp=mpp)

    def cancel(self) -> None:
        """Stop what runs, and open nothing of what waits for it; what was there before stays."""
        self.arrivals.forget()
        self.workbench.cancel()

    def save(self, out: Path) -> None:
        """Write the output folder, with the view as it is now."""
        self.explorer.save(out)

    def _on_mpp_given(self, mpp: float) -> None:
        if self._asked is not None:
            self.open_sample(*self._asked[0], image=self._asked[1], mpp=mpp)

    def _on_types_run_requested(self) -> None:
        if resolve(self.workbench.facts)[Step.TYPES].can_run:
            self.workbench.type_cells(self.typing_card.params)

    # facts of the workbench -----------------------------------------------------------------

    def _show_facts(self, facts: Facts) -> None:
        session = self.workbench.session
        sample = session.sample if session is not None else None
        said = {
            Step.SAMPLE: headline(sample),
            Step.NUCLEI: nuclei_headline(session),
            Step.TYPES: typing_headline(session),
            Step.EXPRESSION: expression_headline(session),
            Step.EXPLORE: "",
        }
        for step, state in resolve(facts).items():
            self.cards[step].show_state(state, said[step])
            still = self.sample_card.still_of(sample) if step is Step.SAMPLE else ""
            self.cards[step].show_trouble(facts.errors.get(step, still))
        self.typing_card.show_fit(self.workbench.fitted)

    def _on_bench_failed(self, step: Step, error: Exception) -> None:
        if step is Step.SAMPLE:
            self.sample_card.ask_for_mpp("pixel size" in str(error))
        if not isinstance(error, SpotscopeError):
            # not meant for the user: the traceback goes where napari keeps them
            notification_manager.receive_error(type(error), error, error.__traceback__)

    def _on_bench_session_opened(self, session: Session) -> None:
        self.canvas.show_session(session, self.workbench.drawn)
        self.sample_card.show_sample(session.sample, can_add_image=bool(self.workbench.source))
        self.nuclei_card.show_nuclei(session)
        for step, card in (("segment", self.nuclei_card), ("type", self.typing_card)):
            if step in session.records:
                card.show_params(session.records[step].params)
        self.types.show_session(session)
        self.explorer.show_session(session)

    def _on_bench_nuclei_found(self, session: Session) -> None:
        self.canvas.show_nuclei(session, self.workbench.drawn)
        self.nuclei_card.show_nuclei(session)
        self.types.show_cells(session)
        self.explorer.show_session(session, opened=False)

    def _on_bench_reference_opened(self, reference: Reference) -> None:
        self.typing_card.show_reference(reference)

    def _on_bench_typed(self, typed: Typed) -> None:
        auto = typed.session.records["type"].params.get("nu") == "auto"
        self.typing_card.dial.show_nu(float(typed.typing.nu), auto=auto)
        self.canvas.nuclei.forget_changes()
        self._on_bench_retyped(typed)

    def _on_bench_retyped(self, typed: Typed) -> None:
        assert self.workbench.codes is not None
        self.canvas.colour_nuclei(typed.session, self.workbench.codes)
        self.types.show_cells(typed.session)
        self.typing_card.show_typing(typed.typing)
        self.explorer.show_typed(typed)

    def _on_bench_recoloured(self, again: Recoloured) -> None:
        self.canvas.recolour(again.codes, again.support)
        self.typing_card.show_typing(again.typing)
        self.typing_card.show_counts(again.counts)

    def _on_beside_warmed(self, what: str) -> None:
        """Libraries are there, and, in an empty window, nobody's data: then they stay."""
        bench = self.workbench
        empty = bench.session is None and bench.reference is None and bench.running is None
        if empty and not self.canvas.viewer.layers:
            leave_out_libraries(what)
            if what == "samples":  # a sample that is opened meanwhile is not kept waiting for more
                bench.beside.load_networks()

    def _on_canvas_sample_found(self, about: Mapping[str, Any]) -> None:
        if about.get("kept") is not None:
            self.workbench.come_back(about["kept"])
        else:
            self.workbench.adopt(about["sample"], about["reference"])

    # life -----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch drops on the whole window as soon as there is one."""
        super().showEvent(event)
        window = self.window()
        others = [w for w in window.findChildren(QWidget) if w.acceptDrops()]
        self.catcher.watch([window, self, *(w for w in others if not self.isAncestorOf(w))])

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Stop what runs when the whole window goes: nobody waits for it any more."""
        super().hideEvent(event)
        if event is not None and not event.spontaneous() and not self.window().isVisible():
            self.cancel()

    def closeEvent(self, event: QCloseEvent | None) -> None:
        """Stop what runs and let go of the viewer."""
        self.shut()
        super().closeEvent(event)

    def event(self, event: QEvent | None) -> bool:
        """Notice that napari has taken the dock out of its window."""
        taken_out = event is not None and event.type() == QEvent.Type.ParentChange
        if taken_out and self.parent() is None:
            self.shut()
        return bool(super().event(event))

    def shut(self) -> None:
        """Cancel, disconnect; the layers stay."""
        if not self._closed:
            self._closed = True
            kept = self.workbench.kept(self.explorer.view())
            if kept is not None:
                errors, asked = self.workbench.facts.errors, self.explorer.analysis.answers
                kept = replace(kept, errors=errors, asked=asked)
            for desk in (*self._desks, self.keys):
                desk.close()
            self.workbench.close()
            self.canvas.close(kept)
            self.catcher.release()
