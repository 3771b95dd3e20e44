"""Doublet mode in the Cell types step: beads are judged, then typed like cells that were counted.

A singlet holds one cell and a doublet two. A rejected bead is typed too, as one cell, but marked:
nothing is dropped.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from spotscope.methods import cell_typing
from spotscope.model import Problem, SpotKey
from spotscope.pipeline._record import record_of

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from spotscope.methods.cell_typing import BeadTyping, CellTypingParams
    from spotscope.model import Reference, Session, Spots, Task
    from spotscope.pipeline._cache import StepCache

__all__ = ["beads_step", "cells_of_beads", "no_beads", "said_of_beads", "tell_beads"]

STEP = "beads"
_FILE = "beads.npz"
_COLUMNS = (SpotKey.BEAD_KIND, SpotKey.BEAD_FIRST, SpotKey.BEAD_SECOND, SpotKey.BEAD_SHARE)


def no_beads(session: Session) -> list[Problem]:
    """What stands in the way of taking the spots for beads."""
    if session.nuclei is None:
        return []
    return [
        Problem(
            f"Expected beads, found {session.nuclei.n:,} cells in them already; type those (mode "
            "'cells'), or the beads alone ('spotscope type --mode doublet')."
        )
    ]


def beads_step(
    spots: Spots,
    reference: Reference,
    params: CellTypingParams,
    cache: StepCache,
    inputs: dict[str, str],
) -> Task[BeadTyping]:
    """Judge the beads, or read what was found before from the same inputs."""
    folder = cache.folder(STEP, inputs, params)
    if cache.has(folder):
        cache.touch(folder)
        return _read(folder)
    started = time.perf_counter()
    found = yield from cell_typing.find_beads(spots, reference, params)
    with cache.writing(folder) as staging:
        np.savez(
            staging / _FILE,
            types=np.array(found.types),
            kind=found.kind,
            first=found.first,
            second=found.second,
            share=found.share,
            gain=found.gain,
        )
        seconds, cite = time.perf_counter() - started, cell_typing.info.references
        record = record_of(STEP, params, inputs, seconds, references=cite, seed=0)
        cache.write_record(staging, record)
    return found


def cells_of_beads(beads: BeadTyping) -> npt.NDArray[np.int64]:
    """(bead,) cells to type: at least one, also of what was rejected."""
    return np.maximum(beads.n_cells, 1)


def said_of_beads(beads: BeadTyping) -> str:
    """One sentence on what the beads are."""
    found = beads.counts_per_kind()
    kinds = cell_typing.BeadKind
    return (
        f"Beads: {found[kinds.SINGLET]:,} of one type, {found[kinds.CERTAIN]:,} of two, "
        f"{found[kinds.UNCERTAIN]:,} of one and an uncertain second, {found[kinds.REJECT]:,} that "
        "no one or two types explain better than others do (typed as one cell, and marked)."
    )


def tell_beads(spots: Spots, beads: BeadTyping | None) -> Spots:
    """The spots with what the beads are; None takes an earlier mode's columns out."""
    if beads is None:
        return spots.told(dict.fromkeys(_COLUMNS))
    names = pd.Index(beads.types)
    kinds = pd.Index([str(kind) for kind in cell_typing.BeadKind])
    return spots.told(
        {
            SpotKey.BEAD_KIND: pd.Categorical(beads.kind.astype(str), categories=kinds),
            SpotKey.BEAD_FIRST: _categories(beads.first, names),
            SpotKey.BEAD_SECOND: _categories(beads.second, names),
            SpotKey.BEAD_SHARE: beads.share,
        }
    )


def _categories(codes: npt.NDArray[np.integer], names: pd.Index) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.astype(np.int64), categories=names)


def _read(folder: Path) -> BeadTyping:
    with np.load(folder / _FILE) as kept:
        parts = {name: kept[name] for name in kept.files}
    return cell_typing.BeadTyping(types=tuple(map(str, parts.pop("types"))), **parts)
