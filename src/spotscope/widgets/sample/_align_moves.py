"""Spots moved for good, and put back: what was found where they lay is had again as it was."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from spotscope import pipeline
from spotscope.widgets.dock._state import Step
from spotscope.widgets.history._step_deeds import put_back
from spotscope.widgets.jobs._tasks import Opened, adopt_task

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from spotscope.model import Reference, Session, Task, Transform
    from spotscope.widgets.dock._workbench import Workbench

__all__ = ["SpotsMover"]


@dataclass(slots=True, eq=False)
class _Move:
    """Spots before and after; what follows is known once it is taken back."""

    before: Opened
    after: Opened


class SpotsMover:
    """Moves the spots of the session, as a deed of the window's history.

    Parameters
    ----------
    workbench
        Has the session and the history.
    view
        As the window is now: it stays, whatever the spots do.
    keep_typing
        Called before types of other nuclei are given up, so that cells are typed again.
    """

    def __init__(
        self,
        workbench: Workbench,
        view: Callable[[], Mapping[str, Any]],
        keep_typing: Callable[[], object],
    ) -> None:
        self._bench, self._view, self._keep_typing = workbench, view, keep_typing

    def move(self, moved: Transform, drawn_back: Callable[[], object]) -> None:
        """Move the spots; ``drawn_back`` draws them, once they are put back, as they are now."""
        kept = self._bench.kept(self._view())
        if kept is None:
            return
        self._bench.ask(
            Step.SAMPLE,
            "move",
            lambda: move_task(kept.session, moved, kept.reference, kept.source),
            partial(self._on_moved, kept, moved, drawn_back),
        )

    def _on_moved(
        self, before: Opened, moved: Transform, drawn_back: Callable[[], object], after: Opened
    ) -> None:
        spots = before.session.sample.spots
        assert spots is not None
        step = _Move(before, after)
        said = f"spots moved {moved.describe(spots.yx_um.mean(axis=0))}"
        put_back(self._bench, after)

        def undo() -> None:
            step.after = self._now()
            self._put(step.before)
            drawn_back()

        def redo() -> None:
            step.before = self._now()
            self._put(step.after)

        self._bench.deeds.did(said, undo, redo)

    def _now(self) -> Opened:
        kept = self._bench.kept(self._view())
        assert kept is not None
        return kept

    def _put(self, there: Opened) -> None:
        """Have the spots as they lay there, and all that was found then if it still holds."""
        now = self._now()
        self._bench.cancel()
        if now.session.as_found is not there.session.as_found:
            self._keep_typing()
            session = pipeline.lie_as(now.session, there.session)
            there = replace(there, session=session, fitted=None, drawn={**there.drawn, **now.drawn})
        session = replace(there.session, view=now.session.view)
        reference = now.reference or there.reference
        put_back(self._bench, replace(there, session=session, reference=reference))


def move_task(
    session: Session, moved: Transform, reference: Reference | None, source: Path | None
) -> Task[Opened]:
    """Move the spots, and prepare what the window would otherwise wait for."""
    done = yield from pipeline.align_step(session, moved)
    opened = yield from adopt_task(done, reference)
    return replace(opened, source=source)
