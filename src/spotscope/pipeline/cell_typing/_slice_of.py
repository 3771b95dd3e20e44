"""The fit of slices that were typed together, for a session of one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope.methods import cell_typing
from spotscope.model import Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.methods.cell_typing import CellTyping, FittedSlice, FittedTyping
    from spotscope.model import RunRecord, Session, StarConvex

__all__ = ["SLICES", "fit_of_told", "notes_at", "said_of_slices"]

#: In the figures of a typing's record: the slices it was typed with, and its place among them.
SLICES = "slices"
_TYPED = "The slices were typed at"


def fit_of_told(
    told: Mapping[str, Any], whole: FittedTyping, nuclei: StarConvex | None
) -> FittedSlice:
    """The fit of all slices, to be asked about the one whose record tells this.

    Parameters
    ----------
    told
        What the record says of slices.
    whole
        The fit it names.
    nuclei
        Those it was fitted with, where there are any.
    """
    onto = Transform.from_json(told["transforms"][told["number"]])
    cells, spots = ((int(first), int(last)) for first, last in (told["cells"], told["spots"]))
    place = cell_typing.SlicePlace(cells, spots, onto, told["number"] * told["across_um"])
    yx_um = onto.inverse()(whole.state.yx_um[slice(*cells), 1:])
    if nuclei is not None and nuclei.n == len(yx_um) and np.allclose(nuclei.yx_um, yx_um):
        yx_um = nuclei.yx_um  # the same to the last digit: cells are known again by their places
    return cell_typing.fit_of_slice(whole, place, yx_um)


def notes_at(record: RunRecord, typing: CellTyping) -> tuple[str, ...]:
    """The notes of a record; of a slice at another ν than the others, with what that means."""
    told = record.figures.get(SLICES, {})
    notes = tuple(note for note in record.notes if not note.startswith(_TYPED))
    if "nu" not in told or typing.nu == told["nu"]:
        return notes
    turned = f"{_TYPED} ν {told['nu']:g}, and this one was turned to {typing.nu:g} by itself"
    return (*notes, f"{turned}; set the others to it too, to have all alike.")


def said_of_slices(session: Session) -> str:
    """With which slices a session's cells were typed, and what ν here leaves of theirs; or ""."""
    record = session.records.get("type")
    told = {} if record is None else record.figures.get(SLICES, {})
    if record is None or not told:
        return ""
    others = [name for k, name in enumerate(told["names"]) if k != told["number"]]
    said = f"Typed together with {' and '.join(others)}: cells listen to those above and below."
    return " ".join([said, *(note for note in record.notes if note.startswith(_TYPED))])
