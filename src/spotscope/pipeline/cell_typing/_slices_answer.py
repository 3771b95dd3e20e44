"""What slices typed together come to, at any ν."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import cell_typing
from spotscope.model import run
from spotscope.pipeline._fingerprint import of_text
from spotscope.pipeline.cell_typing._slice_of import SLICES
from spotscope.pipeline.segmentation._cells import with_types

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.cell_typing import CellTyping, FittedTyping
    from spotscope.model import Session, Task, Transform
    from spotscope.pipeline.cell_typing._slices import SlicesParams
    from spotscope.pipeline.cell_typing._stack import Stack
    from spotscope.pipeline.cell_typing._step import Typed

__all__ = ["SliceChange", "SlicesFit", "SlicesTyped", "changed_share"]

STEP = "type"


@dataclass(frozen=True, slots=True)
class SliceChange:
    """What typing together changed in one slice.

    Parameters
    ----------
    name
        Of the sample.
    cells
        Cells of its spots.
    changed
        Share of them that have another type than when the slice was typed alone; which cell of a
        spot has which of its types is no matter.
    nu_alone, nu
        Smoothness alone, and together.
    support_alone, support
        Mean support of the labels.
    """

    name: str
    cells: int
    changed: float
    nu_alone: float
    nu: float
    support_alone: float
    support: float

    @property
    def sentence(self) -> str:
        """In words."""
        return (
            f"{self.name}: typed with the other slices, {self.changed:.1%} of {self.cells:,} cells "
            f"in spots have another type than alone (ν {self.nu_alone:g} → {self.nu:g}, mean "
            f"support {self.support_alone:.2f} → {self.support:.2f})."
        )


@dataclass(frozen=True, slots=True, eq=False)
class SlicesTyped:
    """Slices typed together.

    Parameters
    ----------
    sessions
        One a slice, with cells.
    transforms
        How each came to lie on the first.
    changes
        What it changed.
    alone
        The answer of each slice typed for itself.
    fit
        What all slices together taught: ``fit.labels(nu)`` types them anew in milliseconds,
        ``fit.at(nu)`` makes sessions of it.
    """

    sessions: tuple[Session, ...]
    transforms: tuple[Transform, ...]
    changes: tuple[SliceChange, ...]
    alone: tuple[CellTyping, ...]
    fit: SlicesFit


@dataclass(frozen=True, slots=True, eq=False)
class SlicesFit:
    """What slices taught together; it answers for any ν, all slices at once.

    Parameters
    ----------
    alone
        Each slice typed for itself.
    stacked, transforms, how
        How they lie to one another.
    made_from
        By which the fit is found again.
    fitted
        Of the stack.
    """

    alone: tuple[Typed, ...]
    stacked: Stack
    transforms: tuple[Transform, ...]
    how: SlicesParams
    made_from: str
    fitted: FittedTyping

    def labels(self, nu: float) -> tuple[CellTyping, ...]:
        """Each slice's answer at one smoothness, found jointly: milliseconds, and no table made.

        Parameters
        ----------
        nu
            Smoothness in nats, 0 or more.
        """
        return self._parts(self.fitted.solve(nu))

    def at(self, nu: float) -> SlicesTyped:
        """All slices at one smoothness, with their tables; by as long a search as the fit's.

        Parameters
        ----------
        nu
            Smoothness in nats, 0 or more.
        """
        return run(self.settle(nu))

    def settle(self, nu: float) -> Task[SlicesTyped]:
        """As :meth:`at`; between its steps it can be ended.

        Parameters
        ----------
        nu
            Smoothness in nats, 0 or more.
        """
        parts = self._parts((yield from self.fitted.settle(nu)))
        changes = [_change(typed, part) for typed, part in zip(self.alone, parts, strict=True)]
        done = tuple(
            _with_types(self, typed, part, change, k)
            for k, (typed, part, change) in enumerate(zip(self.alone, parts, changes, strict=True))
        )
        alone = tuple(typed.typing for typed in self.alone)
        return SlicesTyped(done, self.transforms, tuple(changes), alone, self)

    def _parts(self, together: CellTyping) -> tuple[CellTyping, ...]:
        return tuple(cell_typing.part_of(together, place) for place in self.stacked.places)


def _change(alone: Typed, together: CellTyping) -> SliceChange:
    before, spots = alone.typing, alone.session.sample
    inside = before.source == "spot"
    return SliceChange(
        name=spots.name,
        cells=int(inside.sum()),
        changed=changed_share(alone.fitted.state.owner, before.codes, together.codes),
        nu_alone=before.nu,
        nu=together.nu,
        support_alone=float(before.support[inside].mean()),
        support=float(together.support[inside].mean()),
    )


def changed_share(
    owner: npt.NDArray[np.int32], before: npt.NDArray[np.int16], after: npt.NDArray[np.int16]
) -> float:
    """Σ_i ½ |c_i - c'_i| over the cells of spots, c_i the spot's number of each type.

    Parameters
    ----------
    owner
        (cell,) spot, or -1.
    before, after
        (cell,) types.
    """
    inside = np.flatnonzero(owner >= 0)
    if not len(inside):
        return 0.0
    counts = np.zeros((2, int(owner.max()) + 1, int(max(before.max(), after.max())) + 1))
    for side, codes in enumerate((before, after)):
        np.add.at(counts[side], (owner[inside], codes[inside]), 1)
    return float(np.abs(counts[0] - counts[1]).sum() / 2 / len(inside))


def _with_types(
    fit: SlicesFit, alone: Typed, typing: CellTyping, change: SliceChange, k: int
) -> Session:
    """The session with its types; its record leads to the fit of all, no longer to its own."""
    session, place = alone.session, fit.stacked.places[k]
    record = session.records[STEP]
    told = {
        "names": fit.stacked.names,
        "number": k,
        "across_um": fit.how.across_um,
        "align": fit.how.align,
        "transforms": [transform.to_json() for transform in fit.transforms],
        "cells": list(place.cells),
        "spots": list(place.spots),
        "fit": fit.made_from,
        "nu": float(typing.nu),
        "sentence": change.sentence,
    }
    figures = {key: value for key, value in record.figures.items() if key != "against_baseline"}
    # what was said of the slice alone is now said of all slices
    own = [note for note in record.notes if note not in alone.fitted.notes]
    record = replace(
        record,
        inputs={**record.inputs, SLICES: of_text(str(told))},
        params={**record.params, "nu_used": float(typing.nu)},
        notes=tuple(dict.fromkeys([*own, *fit.fitted.notes, change.sentence])),
        figures={**figures, SLICES: told},
    )
    records = {**session.records, STEP: record}
    records.pop("decompose", None)
    owner = np.asarray(alone.fitted.state.owner, np.int32)
    return with_types(replace(session, records=records), owner, typing)
