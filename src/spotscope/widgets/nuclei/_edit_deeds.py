"""Corrections of nuclei as deeds of the window's history; their own log is in the session."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from spotscope.model import EditKind
from spotscope.widgets.history._deeds import Deed

if TYPE_CHECKING:
    from collections.abc import Callable

    from spotscope.model import Edit, EditLog
    from spotscope.widgets.history._deeds import Deeds

__all__ = ["follow_log", "said_of"]

_OF = "nuclei"
_SAID = {
    EditKind.DELETE: "a nucleus deleted",
    EditKind.MERGE: "two nuclei merged",
    EditKind.SPLIT: "a nucleus split",
    EditKind.ACCEPT: "a nucleus accepted",
    EditKind.ERASE: "nuclei of an area deleted",
    EditKind.EXCLUDE: "an area excluded",
}


def said_of(edit: Edit) -> str:
    """One correction in words."""
    if edit.kind is EditKind.REDRAW:
        return "a nucleus drawn anew" if edit.at_um else "a nucleus drawn"
    if edit.kind is EditKind.COUNT:
        return edit.note or f"cells of {len(edit.at_um):,} spots counted"
    return _SAID[edit.kind]


def follow_log(
    deeds: Deeds, log: EditLog, undo: Callable[[], object], redo: Callable[[], object]
) -> None:
    """Have as many corrections in the history as in their log; ``undo`` and ``redo`` move it."""

    def make(edit: Edit) -> Deed:
        return Deed(said_of(edit), undo, redo, _OF)

    if not deeds.moving:
        done, undone = ([partial(make, edit) for edit in edits] for edits in (log.done, log.undone))
        deeds.match(_OF, done, undone)
