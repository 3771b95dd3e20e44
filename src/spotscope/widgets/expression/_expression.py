"""What the Expression card asks, answered: regions, runs, and genes on the nuclei."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer

from spotscope.model import Region, SpotscopeError
from spotscope.pipeline import has_expression, spots_in, told_spots
from spotscope.widgets.dock._state import Step
from spotscope.widgets.expression._expression_shown import ExpressionShown, GeneSource
from spotscope.widgets.expression._expression_tasks import cost_task, infer_task
from spotscope.widgets.expression._gene_chips import MOST_GENES
from spotscope.widgets.expression._gene_on_nuclei import GeneOnNuclei
from spotscope.widgets.expression._gene_source import SourceChoice
from spotscope.widgets.expression._gene_wanted import GeneWanted
from spotscope.widgets.expression._gene_words import gene_words, span_words
from spotscope.widgets.expression._spots_again import infer_again
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.regions._lasso import Lasso

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from qtpy.QtWidgets import QWidget

    from spotscope.methods.expression import ExpressionParams
    from spotscope.model import Progress, Session
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.explore._explore import Explorer
    from spotscope.widgets.expression._expression_card import ExpressionCard
    from spotscope.widgets.expression._expression_tasks import Inferred

__all__ = ["ExpressionDesk"]

#: A setting rests this long before its cost is asked for.
_REST_MS = 250


class ExpressionDesk(QObject):
    """Coordinates the Expression card, the gene search and the nuclei."""

    def __init__(
        self,
        workbench: Workbench,
        canvas: Canvas,
        explorer: Explorer,
        card: ExpressionCard,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._explorer, self._card = workbench, canvas, explorer, card
        self._shown: ExpressionShown | None = None
        self._region: Region | None = None
        self._told: frozenset[str] = frozenset()
        #: whether an answer that is asked for is shown by a telling gene
        self._shows = True
        #: what was asked for last, and whether it has to be asked for again
        self._asked: tuple[Any, ...] = ()
        self._owed = False
        self.on_nuclei = GeneOnNuclei(canvas, self)
        self.source = SourceChoice()
        explorer.add_source(self.source, self._on_gene)
        self.wanted = GeneWanted(workbench, card, self._infer, self)
        self.source.add_below(self.wanted.button)
        self.lasso = Lasso(canvas.viewer, canvas.stack, self, part="expression")
        self._costs = Runner(self)
        self._ask_cost = QTimer(self, singleShot=True, interval=_REST_MS)
        self._connect()

    def _connect(self) -> None:
        bench, card = self._bench, self._card
        card.run_requested.connect(lambda: self.run())
        card.chips.chosen.connect(self._on_chip)
        card.lasso_toggled.connect(self._on_lasso_toggled)
        card.whole_requested.connect(self._on_whole_requested)
        card.params_changed.connect(self._ask_cost.start)
        self._ask_cost.timeout.connect(self._on_cost_wanted)
        self._costs.succeeded.connect(self._on_counted)
        self._costs.failed.connect(lambda _name, error: card.show_cost(str(error)))
        self.lasso.drawn.connect(self._on_drawn)
        self.lasso.ended.connect(lambda: card.show_drawing(False))
        self.source.source_changed.connect(lambda _: self._repeat())
        bench.session_opened.connect(self._on_session_opened)
        bench.nuclei_found.connect(self._on_session)
        bench.typed.connect(lambda typed: self._on_session(typed.session))
        bench.retyped.connect(lambda typed: self._on_retyped(typed.session))
        bench.reference_opened.connect(lambda _: self._ask_cost.start())
        bench.progressed.connect(self._on_progressed)
        bench.failed.connect(self._on_failed)

    @property
    def region(self) -> Region | None:
        """Where the next run takes its spots from; None means everywhere."""
        return self._region

    @property
    def busy(self) -> bool:
        """Whether a cost is being estimated."""
        return self._costs.running is not None or bool(self._ask_cost.isActive())

    def run(self, *, shows: bool = True) -> None:
        """Infer, in the region or everywhere; ``shows``: on the nuclei, by a telling gene."""
        self._shows = shows
        self._infer(self._card.params, None, () if self._region is None else (self._region,))

    def _infer(
        self,
        params: ExpressionParams,
        wanted: npt.NDArray[np.intp] | None,
        regions: tuple[Region, ...] = (),
    ) -> None:
        bench, session = self._bench, self._bench.session
        if session is None or session.cells is None:
            return
        self._asked = params, wanted, regions
        bench.ask(
            Step.EXPRESSION,
            "infer",
            lambda: infer_task(session, bench.reference, params, regions, wanted),
            self._on_run,
        )

    def close(self) -> None:
        """Give the mouse back, and stop."""
        self._ask_cost.stop()
        self._costs.close()
        self.lasso.close()

    # regions --------------------------------------------------------------------------------

    def _on_lasso_toggled(self, on: bool) -> None:
        if on and self._bench.facts.typed:
            self.lasso.begin()
        else:
            self.lasso.end()
        self._card.show_drawing(self.lasso.active)

    def _on_drawn(self, corners: npt.NDArray[np.float64]) -> None:
        session = self._bench.session
        if session is None or session.sample.spots is None or session.cells is None:
            return
        try:
            region = Region("Region", corners)
            found = spots_in(session.sample.spots, (region,))
        except SpotscopeError as error:
            self._card.show_trouble(str(error))
            return
        self._region = region
        self.lasso.show(corners)
        self._card.show_trouble("")
        self._card.show_region(len(found))
        self._ask_cost.start()
        self.run()

    def _on_whole_requested(self) -> None:
        self._region = None
        self.lasso.clear()
        self._card.show_region(None)
        self._card.show_trouble("")
        self._ask_cost.start()

    def _on_counted(self, name: str, cost: object) -> None:
        if name == "score":
            self._repeat()
        else:
            self._card.show_cost(str(cost), getattr(cost, "seconds", None))

    def _on_cost_wanted(self) -> None:
        session = self._bench.session
        if session is None or session.cells is None:
            self._card.show_cost("")
            return
        regions = () if self._region is None else (self._region,)
        params, reference = self._card.params, self._bench.reference
        self._costs.latest("cost", lambda: cost_task(session, reference, params, regions))

    # answers --------------------------------------------------------------------------------

    def _on_session_opened(self, session: Session) -> None:
        self.lasso.turn_to(session.sample.name)
        self._region = None
        self._card.show_region(None)
        if "decompose" in session.records:
            self._card.show_params(session.records["decompose"].params)
        self._on_session(session)

    def _on_session(self, session: Session) -> None:
        """Show what a session holds: all, a part, or nothing any more."""
        self._shown, self._owed = None, False
        if has_expression(session.cells) and session.nuclei is not None and session.nuclei.n:
            assert session.cells is not None
            last = int(session.nuclei.last_label)
            self._shown = ExpressionShown.of_cells(session.cells, last)
        self._told = told_spots(session.cells)
        self._card.show_result(session)
        self._offer()
        self._ask_cost.start()
        self._repeat()

    def _on_retyped(self, session: Session) -> None:
        """Do the spots again whose nuclei or types are others now, if they are few."""
        before, owed = self._told, self._owed
        self._on_session(session)
        stale = before - self._told
        if owed:
            self._infer(*self._asked)
        elif stale:
            infer_again(self._bench, session, stale, self._on_inferred)

    def _on_progressed(self, step: Step, progress: Progress) -> None:
        if step is Step.EXPRESSION and isinstance(progress.preview, ExpressionShown):
            self._show_now(progress.preview)

    def _on_run(self, found: Inferred) -> None:
        session = self._bench.session or found.before
        if session is found.before:
            self._bench.replacing.emit("expression")
        # a type was held meanwhile: once more, when the others have followed
        self._owed = session is not found.before and session.nuclei is found.before.nuclei
        self._on_inferred(found)

    def _on_inferred(self, found: Inferred) -> None:
        if self._bench.session is not found.before:
            return  # nuclei or types are others by now
        self._bench.session = found.done.session
        self._told = told_spots(found.done.session.cells)
        self._card.show_result(found.done.session)
        self._show_now(found.shown)
        self._explorer.spot.show()  # what its nuclei give back is known
        self._ask_cost.start()

    def _on_failed(self, step: Step, _error: Exception) -> None:
        if step is Step.EXPRESSION and self._bench.session is not None:
            self._on_session(self._bench.session)  # in place of the previews

    def _show_now(self, shown: ExpressionShown) -> None:
        """Colour the nuclei by the gene that is searched for, else by one that tells much."""
        first = self._shown is None
        self._shown = shown
        self._offer()
        if first:
            self.source.show_source(GeneSource.INFERRED)
        if self._shows and not self._explorer.gene:
            self._explorer.search(shown.telling_genes()[0])
        else:
            self._repeat()

    def _repeat(self) -> None:
        """Show the gene that is searched for anew."""
        self._explorer.search(self._explorer.gene)

    def _offer(self) -> None:
        sources = {GeneSource.MEASURED}
        if self._shown is not None:
            sources |= {GeneSource.INFERRED}
            if self._shown.split is not None:
                sources |= {GeneSource.SPLIT}
        self.source.offer(sources)
        self._explorer.show_told({} if self._shown is None else self._shown.told_hidden())
        genes = () if self._shown is None else self._shown.telling_genes(MOST_GENES)
        session = self._bench.session
        self._card.chips.offer(genes, "nuclei" if session is None else session.called)

    def _on_chip(self, gene: str) -> None:
        """Show a gene as it is inferred, or the types again."""
        if gene:
            self.source.show_source(GeneSource.INFERRED)
        self._explorer.search(gene)

    def _on_gene(self, name: str) -> str | None:
        """Show a gene on the nuclei; what is then said of it, or None if the spots show it."""
        source, shown = self.source.source, self._shown
        measured = source is GeneSource.MEASURED
        self._card.chips.show_gene("" if measured else name)
        found, genes = None, self._explorer.genes
        asked = bool(name) and shown is not None and not measured
        if asked and shown is not None and len(genes) > 1:
            if not shown.is_quick(genes, source):
                self._costs.latest("score", lambda: shown.score_task(genes, source))
                return f"{name} · adding up {len(genes)} genes …"
            found = shown.score(name, genes, source)
        elif asked and shown is not None:
            found = shown.gene(name, source)
        lacking = asked and found is None
        self._explorer.remark = self.wanted.remark(name if lacking else "")
        self._explorer.top = None if found is None or len(genes) > 1 else found.top
        session = self._bench.session
        if found is None or shown is None or session is None:
            self.on_nuclei.give_back()
            return None
        method = "split" if source is GeneSource.SPLIT else shown.method
        several = len(shown.known(genes)) if len(genes) > 1 else 0
        span = span_words(found, method, several, session.called)
        self.on_nuclei.show(found, session.sample.name, span)
        return gene_words(found, method, several, session.called)
