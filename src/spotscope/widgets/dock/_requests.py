"""Names of what the workbench is asked for, and the card that shows each."""

from __future__ import annotations

from spotscope.model import SpotscopeError
from spotscope.widgets.dock._state import Step
from spotscope.widgets.parts._in_window import in_window

__all__ = ["CARD", "QUICK", "sentence"]

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
        return in_window(str(error))
    return f"Something unforeseen went wrong ({type(error).__name__}: {error})."
