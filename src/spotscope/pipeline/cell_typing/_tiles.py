"""Typing by tiles: sections of so many spots that they are learned from in part, here or afar.

Whether a section is typed so hangs on its number of spots alone, not on where tiles run: the same
call gives the same labels with a Dask cluster and without.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import cell_typing
from spotscope.methods.cell_typing import Tiling
from spotscope.model import MethodError, Progress, RunRecord, versions
from spotscope.pipeline._fingerprint import of_reference, of_spots
from spotscope.pipeline.cell_typing._against_baseline import baseline_shares
from spotscope.pipeline.cell_typing._inputs import (
    check_typing,
    membership_of,
    of_cells,
    spots_of,
)
from spotscope.pipeline.segmentation._cells import with_types

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import numpy.typing as npt

    from spotscope.methods.cell_typing import CellTypingParams
    from spotscope.model import Reference, Session, Task

__all__ = ["MOST_UNTILED", "tiled_typing_step"]

STEP = "type"
#: Sections of more spots are typed by tiles.
MOST_UNTILED = 250_000


def tiled_typing_step(
    session: Session,
    reference: Reference,
    params: CellTypingParams,
    executor: Executor,
    *,
    tiling: Tiling | None = None,
    n_cells: npt.NDArray[np.int64] | None = None,
    seed: int = 0,
) -> Task[Session]:
    """Type the session's cells tile by tile.

    Parameters
    ----------
    session, reference, params, n_cells, seed
        As of ``typing_step``.
    executor
        Where tiles are typed.
    tiling
        How the section is cut.

    Raises
    ------
    MethodError
        If the method cannot work on these inputs.
    """
    problems = check_typing(session, reference, params, n_cells)
    fatal = [p for p in problems if p.fatal]
    if fatal:
        raise MethodError(str(fatal[0]))
    if params.mode != "cells":
        raise MethodError(
            "Expected spots whose cells are counted to type by tiles, found doublet mode; type "
            "fewer beads at once, or all in one tile (--tile-spots)."
        )
    tiling = tiling or Tiling()
    spots = spots_of(session)
    yield Progress("matching nuclei and spots", 0, 1)
    membership, yx_um = membership_of(session, n_cells)
    started = time.perf_counter()
    typing = yield from cell_typing.fit_tiled(
        spots, reference, membership, yx_um, params, tiling, executor, rng=seed
    )
    seconds = time.perf_counter() - started
    record = RunRecord(
        step=STEP,
        params={**params.model_dump(mode="json"), "nu_used": float(typing.nu)},
        seed=seed,
        inputs={
            "spots": of_spots(spots),
            "reference": of_reference(reference),
            "cells": of_cells(session, membership),
            "tiles": str(tiling.spots),
        },
        versions=versions(),
        seconds=round(seconds, 3),
        notes=(*map(str, problems), *typing.notes),
        references=cell_typing.info.references,
        figures={
            "baseline": baseline_shares(spots, reference, membership),
            "tiles": tiling.spots,
            "reference": dict(reference.source) if reference.source is not None else None,
        },
    )
    records = {**session.records, STEP: record}
    records.pop("decompose", None)
    session = replace(session, records=records)
    return with_types(session, np.asarray(membership.owner, np.int32), typing)
