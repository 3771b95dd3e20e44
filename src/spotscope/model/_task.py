"""A task is a generator: it yields its progress and returns its result.

Every ``yield`` is a safe place to stop, so no callback, flag or Qt object is ever handed
down into a method. Closing the generator is cancelling the task.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

__all__ = ["Progress", "Task", "run"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a task has come.

    Parameters
    ----------
    stage
        What is being done, in the user's words ("finding nuclei").
    done, total
        Units of work finished, and in all. ``done <= total``.
    preview
        A partial result worth showing now, or None.
    """

    stage: str
    done: int
    total: int
    preview: Any = None

    @property
    def fraction(self) -> float:
        """Share done, 0 to 1."""
        return self.done / self.total if self.total else 1.0


Task: TypeAlias = Generator[Progress, None, T]


def run(task: Task[T], on_progress: Callable[[Progress], None] | None = None) -> T:
    """Drive a task to its end on this thread and return its result.

    Parameters
    ----------
    task
        The task; closed when this function leaves, also by an error or Ctrl-C.
    on_progress
        Called with every progress report.
    """
    with closing(task):
        while True:
            try:
                progress = next(task)
            except StopIteration as stop:
                return stop.value
            if on_progress is not None:
                on_progress(progress)
