"""What was done by hand, to be taken back and done again: one history for the whole window.

    done: first … last    ── undo ──>    undone: … the next to return
                          <── redo ──

Regions, names and colours of types, where spots lie, types that are held, corrections of nuclei and
steps that were run again stand in it in the order they were made. Who did something says how it is
taken back; what is kept between are states that nobody changes, so a deed costs little. Corrections
have a log of their own in the session, which is saved with it: their deeds are told to keep to it
(:meth:`Deeds.match`).
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["KEY", "Deed", "Deeds"]

#: Of the deeds in a session's view.
KEY = "deeds"
#: Lines that are kept with the view.
_MOST_SAID = 400
#: Steps whose former results are held in memory; what was done before them stays done.
_MOST_STEPS = 3


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, eq=False)
class Deed:
    """One thing that was done by hand.

    Parameters
    ----------
    said
        What, in the user's words, as one would write it into a log.
    undo, redo
        Take it back, and do it again; each brings a whole state, whatever is there now.
    of
        Whose it is, where its owner keeps a log too; else "".
    when
        In UTC (ISO 8601).
    is_step
        Whether it is a step that was run again; the log has a line of its own for it.
    """

    said: str
    undo: Callable[[], object]
    redo: Callable[[], object]
    of: str = ""
    when: str = field(default_factory=_now)
    is_step: bool = False


class Deeds(QObject):
    """The history; ``changed()`` whenever there is another last or next one."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._done: list[Deed] = []
        self._undone: list[Deed] = []
        #: of windows before this one
        self._earlier: list[dict[str, str]] = []
        #: whether a deed is being taken back or done again
        self.moving = False
        #: whether a session that is shown now is one of the steps of this history
        self.stays = False
        #: whether nothing was done since a session was opened
        self._is_fresh = True

    @property
    def last(self) -> str:
        """What would be taken back; "" where there is nothing."""
        return self._done[-1].said if self._done else ""

    @property
    def next(self) -> str:
        """What would be done again; "" where there is nothing."""
        return self._undone[-1].said if self._undone else ""

    def did(
        self,
        said: str,
        undo: Callable[[], object],
        redo: Callable[[], object],
        *,
        is_step: bool = False,
    ) -> None:
        """Tell of something that was just done; what was taken back before is forgotten."""
        if self.moving:
            return  # it is this history that does it
        self._is_fresh = False
        self._enter(Deed(said, undo, redo, is_step=is_step))
        steps = [at for at, deed in enumerate(self._done) if deed.is_step]
        if len(steps) > _MOST_STEPS:
            first = steps[-_MOST_STEPS - 1] + 1
            self._earlier += _lines(self._done[:first])
            self._done = self._done[first:]
        self.changed.emit()

    def undo(self) -> None:
        """Take the last deed back."""
        if self._done:
            deed = self._done.pop()
            self._undone.append(deed)
            self._move(deed.undo)

    def redo(self) -> None:
        """Do again what was taken back last."""
        if self._undone:
            deed = self._undone.pop()
            self._done.append(deed)
            self._move(deed.redo)

    def match(
        self, of: str, done: Sequence[Callable[[], Deed]], undone: Sequence[Callable[[], Deed]]
    ) -> None:
        """Keep to a log of somebody's own: something was entered, refused, or opened with it.

        Of what was taken back it knows what was so since the last step was: with a step's former
        result its log of that time is back.

        Parameters
        ----------
        of
            Whose deeds.
        done
            Makes a deed for each of the log's entries, first to last.
        undone
            The same of those taken back, the next to return last.
        """
        before = list(self._done), list(self._undone)
        self._drop(of, len(done), len(undone))
        back = _undone_of(of, self._undone)
        for make in done[sum(deed.of == of for deed in self._done) :]:
            if len(back) > len(undone):
                again = back.pop()
                self._undone.remove(again)
                self._done.append(again)
            else:
                self._enter(self._known(make()) if self._is_fresh else make())
        if self._is_fresh:
            self._undone, self._is_fresh = [make() for make in undone], False
        gone = back[: max(len(back) - len(undone), 0)]  # given up for good
        self._undone = [deed for deed in self._undone if deed not in gone]
        if before != (self._done, self._undone):
            self.changed.emit()

    def turn_to(self, view: Any) -> None:
        """Begin anew with another session, whose view may tell of deeds; see :meth:`staying`."""
        if self.stays:
            return
        self._done, self._undone, self._is_fresh = [], [], True
        self._earlier = [
            {"when": str(told.get("when", "")), "said": str(told.get("said", ""))}
            for told in view.get(KEY, ())
        ]
        self.changed.emit()

    @contextmanager
    def staying(self) -> Iterator[None]:
        """A session that is shown meanwhile is one of the steps of this history."""
        self.stays = True
        try:
            yield
        finally:
            self.stays = False

    def to_json(self) -> list[dict[str, str]]:
        """What was done and holds, first to last, for the log: lines of ``when`` and ``said``."""
        lines = [*self._earlier, *_lines(self._done)]
        return sorted(lines, key=lambda line: line["when"])[-_MOST_SAID:]

    def _drop(self, of: str, done: int, undone: int) -> None:
        """What was refused, or given up before it was done: it was not done, or still is to be."""
        mine = [deed for deed in self._done if deed.of == of]
        for deed in reversed(mine[done:]):
            self._done.remove(deed)
            if len(_undone_of(of, self._undone)) < undone:
                self._undone.append(deed)

    def _known(self, deed: Deed) -> Deed:
        """A deed of a session that was opened, with the time at which an earlier window did it."""
        for at in range(len(self._earlier) - 1, -1, -1):
            if self._earlier[at]["said"] == deed.said:
                return replace(deed, when=self._earlier.pop(at)["when"])
        return replace(deed, when="")

    def _enter(self, deed: Deed) -> None:
        if not self._is_fresh:
            self._undone = []
        self._done.append(deed)

    def _move(self, act: Callable[[], object]) -> None:
        self.moving = True
        try:
            act()
        finally:
            self.moving = False
        self.changed.emit()


def _undone_of(of: str, deeds: Sequence[Deed]) -> list[Deed]:
    """Deeds of somebody's that were taken back since a step was."""
    steps = [at for at, deed in enumerate(deeds) if deed.is_step]
    return [deed for deed in deeds[steps[-1] + 1 if steps else 0 :] if deed.of == of]


def _lines(deeds: Sequence[Deed]) -> list[dict[str, str]]:
    """What is told of deeds; steps have lines of their own in the log."""
    return [{"when": deed.when, "said": deed.said} for deed in deeds if not deed.is_step]
