"""What the analysis panel asks, answered: questions to the session, and answers on the canvas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from napari.utils.colormaps import ensure_colormap
from qtpy.QtCore import QObject, Signal

from spotscope import pipeline
from spotscope.model import Progress
from spotscope.pipeline import Question, StepCache, user_cache
from spotscope.widgets.dock._requests import sentence
from spotscope.widgets.explore._analysis_panel import AnalysisPanel
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.parts._fold import Fold

if TYPE_CHECKING:
    import numpy.typing as npt
    from qtpy.QtWidgets import QWidget

    from spotscope.methods.cell_typing import FittedTyping
    from spotscope.model import Region, Session, Task
    from spotscope.pipeline import Analysed, AnalyseParams, Finding
    from spotscope.widgets.canvas._canvas import Canvas
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.explore._explore import Explorer
    from spotscope.widgets.explore._explore_card import ExploreCard

__all__ = ["AnalysisDesk", "fill_by_scores"]

#: Answers that speak of types; those of spots alone stay true when types change.
_OF_TYPES = ("neighbours", "ligands_cells", "difference")


class AnalysisDesk(QObject):
    """Coordinates the analysis panel with the workbench, the gene search and the canvas.

    ``types_hidden(frozenset)`` when some types are to be seen alone, or all again.
    """

    types_hidden = Signal(object)

    def __init__(
        self,
        workbench: Workbench,
        canvas: Canvas,
        explorer: Explorer,
        card: ExploreCard,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._bench, self._canvas, self._explorer, self._card = workbench, canvas, explorer, card
        self.findings: dict[str, Finding] = {}
        self._stale: set[str] = set()
        self.panel = AnalysisPanel()
        self.fold = Fold("Analyse", self.panel)
        layout = card.body_layout
        layout.insertWidget(layout.indexOf(card.regions) + 1, self.fold)
        self._runner, self._keeper = Runner(self), Runner(self)
        self._connect()

    def _connect(self) -> None:
        panel, bench, runner = self.panel, self._bench, self._runner
        self.fold.head.toggled.connect(lambda on: self._on_unfolded() if on else None)
        panel.asked.connect(self.ask)
        panel.stopped.connect(runner.cancel)
        panel.row_chosen.connect(self.show_row)
        panel.question.activated.connect(lambda _: self._offer_regions())
        runner.started.connect(lambda _: panel.show_progress(Progress("preparing", 0, 1)))
        runner.progressed.connect(lambda _, progress: panel.show_progress(progress))
        runner.succeeded.connect(self._on_answered)
        runner.failed.connect(lambda _, error: self._on_ended(sentence(error)))
        runner.cancelled.connect(lambda _: self._on_ended(""))
        bench.session_opened.connect(self._on_session_opened)
        bench.nuclei_found.connect(lambda _: self._on_types_changed())
        for changed in (bench.typed, bench.retyped):
            changed.connect(lambda _: self._on_types_changed())
        bench.saved.connect(self._on_saved)
        self._keeper.succeeded.connect(self._on_kept)
        self._keeper.failed.connect(lambda _, error: panel.show_trouble(sentence(error)))

    @property
    def busy(self) -> bool:
        """Whether an answer is on its way, or being saved."""
        return self._runner.running is not None or self._keeper.running is not None

    @property
    def shown(self) -> tuple[Finding, ...]:
        """The finding whose table is shown, if any."""
        name = self.panel.shown.currentData()
        return (self.findings[name],) if name in self.findings else ()

    @property
    def answers(self) -> tuple[Finding, ...]:
        """All findings."""
        return tuple(self.findings.values())

    @property
    def fresh(self) -> tuple[Finding, ...]:
        """Findings that speak of what is there now."""
        return tuple(one for name, one in self.findings.items() if name not in self._stale)

    def ask(self, question: Question) -> None:
        """Ask the session that is open; the answer comes into the panel."""
        session, fitted = self._bench.session, self._bench.fitted
        if session is None:
            return
        params = self.panel.params
        regions = self._sides() if question == Question.DIFFERENCE else ()
        self._runner.run(
            str(question), lambda: ask_task(session, question, params, regions, fitted)
        )

    def show_row(self, finding: Finding, row: int) -> None:
        """Show on the slide what a row speaks of."""
        about = finding.table.iloc[row]
        if finding.name in ("variable", "difference"):
            self._explorer.search(str(about["gene"]))
        elif finding.name == "neighbours":
            self._show_types({str(about["type_a"]), str(about["type_b"])})
        else:
            self._show_pair(str(about["ligand"]), str(about["receptor"]))

    def close(self) -> None:
        """Stop what runs: its program ends too."""
        self._runner.close()
        self._keeper.close()

    # answers --------------------------------------------------------------------------------

    def _on_answered(self, name: str, analysed: Analysed) -> None:
        for finding in analysed.findings:
            self.findings[finding.name] = finding
            self._stale.discard(finding.name)
        self._on_ended("")
        self.panel.show_unanswered(analysed.refused)
        self._show(analysed.findings[0].name)

    def _on_ended(self, said: str) -> None:
        self.panel.show_progress(None)
        self.panel.show_trouble(said)

    def _show(self, name: str) -> None:
        self.panel.show_findings(list(self.findings.values()), name)
        self.panel.show_stale(sorted(self._stale))

    def _show_pair(self, ligand: str, receptor: str) -> None:
        """Fill the spots by a pair's local score; by the ligand where the pair was not asked."""
        scores = self.findings["ligands_spots"].per_spot if self._has_scores() else None
        pair = pipeline.pair_name(ligand, receptor)
        if scores is None or pair not in scores.columns or not self._of_these_spots(scores):
            self._explorer.search(ligand.split("_")[0])
            return
        column = scores[pair].to_numpy(float)
        self._explorer.search("")
        self._canvas.spots.show_fill(fill_by_scores(column))
        share = float((column > 0).mean())
        said = f"{pair} · measured · both above their mean in {share:.0%} of spots"
        self._canvas.title.say("spots", said)
        self._card.show_gene(said)

    def _has_scores(self) -> bool:
        return "ligands_spots" in self.findings

    def _of_these_spots(self, scores: Any) -> bool:
        session = self._bench.session
        spots = session.sample.spots if session is not None else None
        return spots is not None and list(scores.index) == list(map(str, spots.table.obs_names))

    def _show_types(self, names: set[str]) -> None:
        """Show the nuclei of these types alone."""
        session = self._bench.session
        if session is not None and session.cells is not None:
            others = frozenset(session.cells.types) - names
            again = self._canvas.nuclei.hidden == others
            self._explorer.search(self._explorer.gene)  # in place of a pair
            self.types_hidden.emit(frozenset() if again else others)

    # the session ----------------------------------------------------------------------------

    def _on_unfolded(self) -> None:
        self.panel.show_missing(pipeline.missing_packages())
        self._offer_regions()

    def _offer_regions(self) -> None:
        self.panel.show_regions([region.name for region in self._explorer.regions.regions])

    def _sides(self) -> tuple[Region, ...]:
        regions, chosen = self._explorer.regions.regions, self.panel.sides_chosen
        return tuple(regions[at] for at in chosen if 0 <= at < len(regions))

    def _on_session_opened(self, session: Session) -> None:
        self._runner.cancel()
        self.panel.show_trouble("")
        self._offer_regions()
        if self._bench.deeds.stays:  # a step was taken back: the answers are of this sample still
            answers = self.answers
            self._keeper.latest("dated", lambda: found_task(answers, session))
            return
        self.findings, self._stale = {}, set()
        self.panel.show_findings((), "")
        if asked := self._bench.asked:
            self._keeper.latest("found", lambda: found_task(asked, session))

    def _on_kept(self, name: str, found: Any) -> None:
        """Show what was found before, of a session that was opened with it."""
        if name == "dated":
            self._on_dated(found)
        elif name == "found" and found and not self.findings:
            self.findings = {finding.name: finding for finding, _ in found}
            self._stale = {finding.name for finding, stale in found if stale}
            self._show(found[0][0].name)

    def _on_dated(self, found: list[tuple[Finding, bool]]) -> None:
        """Say of the answers that are still there whether they speak of what is there now."""
        for finding, stale in found:
            if self.findings.get(finding.name) is finding:
                (self._stale.add if stale else self._stale.discard)(finding.name)
        self.panel.show_stale(sorted(self._stale))

    def _on_types_changed(self) -> None:
        self._stale |= set(_OF_TYPES) & set(self.findings)
        self.panel.show_stale(sorted(self._stale))

    def _on_saved(self, out: Path) -> None:
        kept = list(self.fresh)
        if kept:
            self._keeper.latest("keep", lambda: keep_task(kept, out))


def ask_task(
    session: Session,
    question: Question,
    params: AnalyseParams,
    regions: tuple[Region, ...],
    fitted: FittedTyping | None,
) -> Task[Analysed]:
    """Ask on a thread, which waits for a program of its own."""
    cache = StepCache(user_cache())
    return pipeline.analyse_step(
        session, [question], params, regions=regions, cache=cache, fitted=fitted
    )


def keep_task(findings: list[Finding], out: Path) -> Task[None]:
    """Write findings into the folder that everything was saved to."""
    yield Progress("writing tables", 0, 1)
    pipeline.save_findings(out, findings)


def found_task(
    asked: Path | tuple[Finding, ...], session: Session
) -> Task[list[tuple[Finding, bool]]]:
    """Answers, or those of a result folder, and whether each speaks of what is there no more."""
    yield Progress("opening tables", 0, 1)
    findings = pipeline.read_findings(asked) if isinstance(asked, Path) else asked
    now = pipeline.inputs_of(session) if findings else {}
    return [(finding, pipeline.out_of_date(finding, now)) for finding in findings]


def fill_by_scores(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(spot, 4) fill: viridis up to the highest score, nothing where there is none."""
    top = max(float(scores.max(initial=0.0)), 1e-9)
    fill = np.asarray(ensure_colormap("viridis").map(np.clip(scores / top, 0, 1)), float)
    fill[:, 3] = np.where(scores > 0, 0.9, 0.0)
    return fill
