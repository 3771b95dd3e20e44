"""Answers that are asked for again and again of the same arrays, worked out once.

A lasso, a corrected nucleus and a second tier ask which cell lies in which spot, and what the
counts' fingerprints are, of arrays that have not changed. An answer is kept for as long as all the
arrays it was asked of are there, and known again by their identity: arrays of a session are never
written to.
"""

from __future__ import annotations

import weakref
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Recall"]

T = TypeVar("T")


class Recall(Generic[T]):
    """The last few answers of one question.

    Parameters
    ----------
    most
        Answers that are kept.
    """

    def __init__(self, most: int = 4) -> None:
        self._most = most
        self._lock = Lock()
        self._known: dict[Hashable, tuple[tuple[weakref.ref[object], ...], T]] = {}

    def __len__(self) -> int:
        """Answers that could still be given again."""
        with self._lock:
            self._forget()
            return len(self._known)

    def __call__(self, arrays: tuple[object, ...], rest: Hashable, work: Callable[[], T]) -> T:
        """Return the answer that is known, or work it out.

        Parameters
        ----------
        arrays
            Asked of, by identity.
        rest
            Asked of, by value.
        work
            Works the answer out.
        """
        key = (*map(id, arrays), rest)
        with self._lock:
            self._forget()
            if key in self._known:  # the last one asked for goes last
                kept = self._known[key] = self._known.pop(key)
                return kept[1]
        found = work()
        with self._lock:
            self._known[key] = (tuple(map(weakref.ref, arrays)), found)
            while len(self._known) > self._most:
                del self._known[next(iter(self._known))]
        return found

    def _forget(self) -> None:
        """Drop answers about arrays that are no more: a new array may have an old one's number."""
        gone = [k for k, (refs, _) in self._known.items() if any(ref() is None for ref in refs)]
        for key in gone:
            del self._known[key]
