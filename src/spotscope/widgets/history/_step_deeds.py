"""Steps that were run again, as deeds of the window's history.

What a step had found before it is kept as it was, with its layers, so nothing is computed when it
is had again. A step's first run is no deed: nothing was lost by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from spotscope import pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from spotscope.model import Session
    from spotscope.widgets.dock._state import Facts
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.jobs._tasks import Opened

__all__ = ["StepDeeds", "put_back"]

#: What is told of each request that a button makes.
_SAID = {
    "nuclei": "nuclei found again",
    "types": "cells typed again",
    "expression": "expression inferred again",
}


@dataclass(slots=True, eq=False)
class _Run:
    """All that was there before a step; what follows is known once it is taken back."""

    before: Opened
    after: Opened


class StepDeeds:
    """Tells the window's history of steps that replace what they had found before.

    Parameters
    ----------
    workbench
        Has the session and the history.
    view
        As the window is now: it stays, whatever result is shown.
    """

    def __init__(self, workbench: Workbench, view: Callable[[], Mapping[str, Any]]) -> None:
        self._bench, self._view = workbench, view
        workbench.replacing.connect(self._on_replacing)

    def _on_replacing(self, name: str) -> None:
        if not _is_again(name, self._bench.facts):
            return
        now = self._now()
        run = _Run(now, now)

        def undo() -> None:
            run.after = self._now()
            self._put(run.before)

        def redo() -> None:
            run.before = self._now()
            self._put(run.after)

        self._bench.deeds.did(_said(name, now.session), undo, redo, is_step=True)

    def _now(self) -> Opened:
        kept = self._bench.kept(self._view())
        assert kept is not None
        return kept

    def _put(self, there: Opened) -> None:
        """Have what was found then, in the window as it is now, beside the reference of now."""
        self._bench.cancel()
        session = replace(there.session, view=dict(self._view()))
        put_back(self._bench, replace(there, session=session, reference=None))


def put_back(bench: Workbench, there: Opened) -> None:
    """Show what is a step of the history, as if it were opened; the history stays.

    A slide that was lost then and has been found since stays found.
    """
    if bench.session is not None:
        sample = pipeline.with_slide_of(there.session.sample, bench.session.sample)
        if sample is not there.session.sample:
            session, drawn = replace(there.session, sample=sample), dict(there.drawn)
            drawn["slide"] = bench.drawn["slide"]
            there = replace(there, session=session, drawn=drawn)
    with bench.deeds.staying():
        bench.show_opened(there)
    bench.facts_changed.emit(bench.facts)


def _said(name: str, before: Session) -> str:
    """What is told of a step that replaces what was there before."""
    segment = before.records.get("segment")
    estimated = segment is not None and segment.params.get("nuclei") == "estimated"
    return "cells estimated again" if name == "nuclei" and estimated else _SAID[name]


def _is_again(name: str, facts: Facts) -> bool:
    """Whether a step is done that had found something."""
    had = {"nuclei": facts.nuclei, "types": facts.typed, "expression": facts.expressed}
    return had.get(name, False)
