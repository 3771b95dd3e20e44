"""What the workbench is asked for, by name: the card that shows it, its answer, what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spotscope.model import SpotscopeError
from spotscope.widgets.dock._state import Step
from spotscope.widgets.parts._in_window import in_window

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["QUICK", "Requests", "sentence"]

#: Of the workbench's own.
_CARD = {
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


class Requests:
    """Which card shows the progress of a request, what stands on the cards, who takes answers."""

    def __init__(self) -> None:
        #: what went wrong, by the card that says so
        self.errors: dict[Step, str] = {}
        self._card: dict[str, Step] = dict(_CARD)
        self._answers: dict[str, Callable[[Any], object]] = {}

    def bring(self, name: str, step: Step, answer: Callable[[Any], object]) -> None:
        """Have a request that a card brings along."""
        assert name not in _CARD, name
        self._card[name], self._answers[name] = step, answer

    def card(self, name: str) -> Step:
        """The card that shows a request."""
        return self._card[name]

    def shown(self, running: str | None) -> Step | None:
        """The card whose button is Cancel while this runs, if there is one."""
        return None if running is None or running in QUICK else self._card[running]

    def answer(self, name: str, result: Any) -> None:
        """Hand a result to the card that asked."""
        self._answers[name](result)

    def clear(self, name: str) -> None:
        """Nothing is wrong with this any more."""
        self.errors.pop(self._card[name], None)

    def fail(self, name: str, error: Exception) -> None:
        """Something is wrong with this."""
        self.errors[self._card[name]] = sentence(error)


def sentence(error: Exception) -> str:
    """What the user reads of an error."""
    if isinstance(error, SpotscopeError):
        return in_window(str(error))
    return f"Something unforeseen went wrong ({type(error).__name__}: {error})."
