"""Corrections of nuclei as deeds of the window's history; their own log is in the session."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from spotscope.model import EditKind
from spotscope.widgets.history._deeds import Deed

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Edit, EditLog
    from spotscope.widgets.history._deeds import Deeds

__all__ = ["follow_log", "said_of", "said_of_all"]

_OF = "nuclei"
_SAID = {
    EditKind.DELETE: "a nucleus deleted",
    EditKind.MERGE: "two nuclei merged",
    EditKind.SPLIT: "a nucleus split",
    EditKind.ACCEPT: "a nucleus accepted",
    EditKind.ERASE: "nuclei of an area deleted",
    EditKind.EXCLUDE: "an area excluded",
}
#: The same, as many of them are counted; ``*`` is an s where there are several.
_COUNTED = {
    EditKind.DELETE: "deleted",
    EditKind.MERGE: "merged",
    EditKind.SPLIT: "split",
    EditKind.REDRAW: "redrawn",
    EditKind.ACCEPT: "accepted",
    EditKind.ERASE: "area* brushed away",
    EditKind.EXCLUDE: "area* excluded",
    EditKind.COUNT: "count* of cells",
}


def said_of(edit: Edit) -> str:
    """One correction in words."""
    if edit.kind is EditKind.REDRAW:
        return "a nucleus drawn anew" if edit.at_um else "a nucleus drawn"
    if edit.kind is EditKind.COUNT:
        return edit.note or f"cells of {len(edit.at_um):,} spots counted"
    return _SAID[edit.kind]


def said_of_all(log: EditLog) -> str:
    """What all corrections were, and how many of each."""
    new = {edit for edit in log.done if edit.kind is EditKind.REDRAW and not edit.at_um}
    kinds = Counter("drawn" if edit in new else _COUNTED[edit.kind] for edit in log.done)
    return " · ".join(f"{n:,} {said.replace('*', 's' * (n != 1))}" for said, n in kinds.items())


def follow_log(
    deeds: Deeds, log: EditLog, undo: Callable[[], object], redo: Callable[[], object]
) -> None:
    """Have as many corrections in the history as in their log; ``undo`` and ``redo`` move it."""

    def make(edit: Edit) -> Deed:
        return Deed(said_of(edit), undo, redo, _OF)

    if not deeds.moving:
        done, undone = ([partial(make, edit) for edit in edits] for edits in (log.done, log.undone))
        deeds.match(_OF, done, undone)
