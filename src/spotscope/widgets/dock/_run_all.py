"""*Run all*: the steps that are still to be done, one after the other, and what they will cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Qt, QTimer, Signal
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QWidget

from spotscope import pipeline
from spotscope.model import Progress
from spotscope.widgets.dock._state import Step, resolve
from spotscope.widgets.jobs._runner import Runner
from spotscope.widgets.parts._card import line, say, unbroken
from spotscope.widgets.parts._dress import Rank, give_rank

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Task
    from spotscope.pipeline import StepCost
    from spotscope.widgets.dock._dock import SpotscopeWidget
    from spotscope.widgets.dock._state import Facts
    from spotscope.widgets.jobs._compile_ahead import CompileAhead

__all__ = ["RunAll"]

_TOO_COARSE = "image too coarse for nuclei"
_WORDS = {Step.NUCLEI: "nuclei", Step.TYPES: "cell types", Step.EXPRESSION: "expression"}
#: A setting rests this long before its cost is asked for.
_REST_MS = 400


class RunAll(QObject):
    """Runs what is still to be done; each step by its card's own settings.

    ``done()`` when all of it is.
    """

    done = Signal()

    def __init__(self, dock: SpotscopeWidget, compiling: CompileAhead) -> None:
        super().__init__(dock)
        self._dock, self._bench, self._compiling = dock, dock.workbench, compiling
        self._plan: list[Step] = []
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._go)
        self._begun: Step | None = None
        self._costs: dict[Step, StepCost] = {}
        self.button = QPushButton("Run all")
        self.button.setToolTip(
            "Do the steps that are left, one after the other; this stops them too"
        )
        give_rank(self.button, Rank.FIRST)
        self.line = line(quiet=True)
        self.row = QWidget()
        layout = QHBoxLayout(self.row)
        layout.setContentsMargins(10, 5, 10, 7)
        layout.addWidget(self.button)
        layout.addWidget(self.line, 1)
        outer = dock.layout()
        assert outer is not None
        outer.addWidget(self.row)
        self._run: dict[Step, Callable[[], Any]] = {
            Step.NUCLEI: lambda: self._bench.find_nuclei(dock.nuclei_card.params),
            Step.TYPES: lambda: self._bench.type_cells(dock.typing_card.params),
            # the canvas keeps the types: genes are a click away
            Step.EXPRESSION: lambda: dock.desk.run(shows=False),
        }
        self._runner = Runner(self)
        self._runner.succeeded.connect(lambda _name, costs: self._show_costs(costs))
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._ask)
        self.button.clicked.connect(self.start)
        self._bench.facts_changed.connect(self._on_facts_changed)
        dock.canvas.turns.done.connect(self._soon.start)
        for card in (dock.nuclei_card, dock.typing_card):
            card.form.changed.connect(self._on_form_changed)
        dock.expression_card.params_changed.connect(self._on_form_changed)
        compiling.done.connect(self._show)
        self._show()

    @property
    def busy(self) -> bool:
        """Whether a step is still to come, or costs are being told."""
        waits = bool(self._plan) or self._rest.isActive()
        return waits or self._runner.running is not None

    @property
    def left(self) -> list[Step]:
        """Steps that are still to be done and can be, one after the other."""
        facts = self._bench.facts
        if facts.problems or not (facts.slide or facts.spots):
            return []
        done = {
            Step.NUCLEI: facts.nuclei,
            Step.TYPES: facts.typed,
            Step.EXPRESSION: facts.expressed,
        }
        # where no image tells nuclei cells are estimated, which is of use to types alone
        blind = facts.thumbnail or not facts.slide
        counted = _tells(facts) or (blind and facts.spots and facts.reference)
        typed = facts.spots and facts.reference and (facts.nuclei or counted)
        can = {
            Step.NUCLEI: counted,
            Step.TYPES: typed,
            Step.EXPRESSION: facts.spots and (typed or facts.typed),
        }
        return [step for step, so in done.items() if not so and can[step]]

    def start(self) -> None:
        """Run what is left, or stop."""
        if self._plan:
            self.stop()
            self._bench.cancel()
            return
        self._plan = self.left
        self._go()

    def stop(self) -> None:
        """Begin no further step."""
        self._plan, self._begun = [], None
        self._rest.start()  # what was done costs nothing any more
        self._show()

    def close(self) -> None:
        """Stop, and never send anything again."""
        self._plan = []
        self._rest.stop()
        self._runner.close()

    def _go(self) -> None:
        """Begin the next step, once nothing runs; stop where one failed or was cancelled.

        What the last one found is drawn first: adding a layer keeps the window waiting, which
        nobody notices while nothing runs.
        """
        facts = self._bench.facts
        if not self._plan or facts.running is not None or self._bench.running is not None:
            return
        if self._dock.canvas.turns.busy:
            return
        left = self.left
        while self._plan and self._plan[0] not in left:
            self._plan.pop(0)
            self._begun = None
        if not self._plan:
            self.stop()
            self.done.emit()
            return
        step = self._plan[0]
        if self._begun is step or not resolve(facts)[step].can_run:
            self.stop()  # it did not come to an end, or cannot begin: its card says why
            return
        self._begun = step
        card = self._dock.cards[step]
        card.begin_run()
        self._run[step]()
        # how far it is, and what stops it alone, may lie below what is seen of the dock
        self._dock.column.reveal(card.button)
        self._show()

    def _on_facts_changed(self, _facts: Facts) -> None:
        if self._plan:
            self._soon.start()
        elif self._bench.facts.running is None:
            self._rest.start()
        self._show()

    def _on_form_changed(self, *_: object) -> None:
        self._rest.start()

    def _ask(self) -> None:
        bench, dock = self._bench, self._dock
        session, reference = bench.session, bench.reference
        if session is None:
            return
        asked = dock.nuclei_card.params, dock.typing_card.params, dock.expression_card.params
        self._runner.latest("cost", lambda: cost_task(session, reference, *asked))

    def _show_costs(self, costs: dict[Step, StepCost]) -> None:
        self._costs = costs
        for step in (Step.NUCLEI, Step.TYPES):
            cost = costs.get(step)
            known = None if cost is None or cost.kept else cost.seconds
            self._dock.cards[step].show_estimate("" if cost is None else str(cost), known)
        self._show()

    def _show(self) -> None:
        left = self.left
        facts = self._bench.facts
        # an image that was given is meant to be looked at: nothing is guessed in its place
        stuck = facts.coarse and not (facts.thumbnail or facts.nuclei or facts.problems)
        shown = bool(left or self._plan or stuck)
        if not shown and self.button.hasFocus():  # else the keyboard goes on to napari
            self._dock.typing_card.setFocus(Qt.FocusReason.OtherFocusReason)
        self.row.setVisible(shown)
        self.button.setText("Stop" if self._plan else "Run all")
        self.button.setEnabled(bool(self._plan) or (bool(left) and facts.running is None))
        # of the step that runs its own card says how far it is
        steps = [step for step in self._plan or left if step is not facts.running]
        dear = [step for step in steps if _tells(facts) or step is not Step.NUCLEI]
        told = [step for step in dear if step in self._costs]
        then = "then " if steps and self._plan and facts.running else ""
        said = then + ", ".join(_word(step, facts) for step in steps)
        if told and told == dear:
            known = [self._costs[step] for step in told]
            seconds = sum(0.0 if cost.kept else cost.seconds for cost in known)
            room = max(cost.memory for cost in known) / 1e9
            said += f": about {pipeline.spell_seconds(seconds)}, {room:.1f} GB"
            said += ", longer this first time" if self._compiling.busy and seconds else ""
        if stuck:
            said = _TOO_COARSE
        elif not self._plan and facts.spots and not (facts.reference or facts.typed):
            said = " · ".join(filter(None, (said, "for types add a reference")))
        say(self.line, unbroken(said))


def _tells(facts: Facts) -> bool:
    """Whether there is an image that tells nuclei."""
    return facts.slide and not facts.coarse


def _word(step: Step, facts: Facts) -> str:
    """What a step gives: without nuclei to be seen, cells."""
    if step is not Step.NUCLEI or _tells(facts):
        return _WORDS[step]
    return f"cells ({_TOO_COARSE})" if facts.thumbnail else "cells"


def cost_task(
    session: Any, reference: Any, nuclei: Any, types: Any, expression: Any
) -> Task[dict[Step, StepCost]]:
    """Tell on a thread what steps will cost: the slide is looked at from afar."""
    yield Progress("counting the work", 0, 3)
    costs = {Step.NUCLEI: pipeline.nuclei_cost(session, nuclei)}
    yield Progress("counting the work", 1, 3)
    if reference is not None:
        costs[Step.TYPES] = pipeline.typing_cost(session, reference, types)
    yield Progress("counting the work", 2, 3)
    costs[Step.EXPRESSION] = pipeline.expression_cost(session, reference, expression)
    return {step: cost for step, cost in costs.items() if cost is not None}
