"""Names of what the workbench is asked for, and the card that shows each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.model import SpotscopeError
from spotscope.widgets.dock._state import Step
from spotscope.widgets.jobs._under_way import WAITING

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Progress
    from spotscope.widgets.dock._workbench import Workbench

__all__ = ["CARD", "QUICK", "sentence", "when_leaving"]

#: Which card shows the progress and the errors of a request.
CARD = {
    "open": Step.SAMPLE,
    "save": Step.EXPLORE,
    "nuclei": Step.NUCLEI,
    "reference": Step.TYPES,
    "types": Step.TYPES,
    "nu": Step.TYPES,
    "settle": Step.TYPES,
}
#: Answered in milliseconds while a hand moves: they turn no button into Cancel.
QUICK = ("nu", "settle", "edit", "choose")


def sentence(error: Exception) -> str:
    """What the user reads of an error."""
    if isinstance(error, SpotscopeError):
        return str(error)
    return f"Something unforeseen went wrong ({type(error).__name__}: {error})."


def when_leaving(workbench: Workbench, act: Callable[[], object]) -> None:
    """Do something as soon as another sample waits for what is still asked of the one before."""

    def on_progressed(step: Step, progress: Progress) -> None:
        if step is Step.SAMPLE and progress.stage == WAITING:
            act()

    workbench.progressed.connect(on_progressed)
