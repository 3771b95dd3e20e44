"""What every method says of itself, and what it says of its inputs before it starts."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MethodInfo", "Problem"]


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """A method's name card.

    Parameters
    ----------
    name
        Short name, as on the command line.
    title
        As on screen.
    question
        The question it answers, in the user's words.
    references
        What to cite.
    """

    name: str
    title: str
    question: str
    references: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the inputs that stands in a method's way.

    Parameters
    ----------
    message
        One sentence: what was expected, what was found, what to do.
    fatal
        True when the method cannot run; False when the answer will be poorer.
    mpp
        µm per pixel of the image that would put the spots right; None where none would.
    turn
        Name of the turn of the image that would put the spots right; empty where none would.
    """

    message: str
    fatal: bool = True
    turn: str = ""
    mpp: float | None = None

    def __str__(self) -> str:
        return self.message
