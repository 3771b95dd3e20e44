"""The Cell types step: which nuclei lie in which spots, and which type each nucleus is."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from spotscope.methods import cell_typing
from spotscope.model import MethodError, Progress
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_reference, of_spots, of_text
from spotscope.pipeline._record import record_of
from spotscope.pipeline.cell_typing._against_baseline import against_baseline_of, baseline_shares
from spotscope.pipeline.cell_typing._beads import (
    beads_step,
    cells_of_beads,
    said_of_beads,
    tell_beads,
)
from spotscope.pipeline.cell_typing._features import nucleus_features
from spotscope.pipeline.cell_typing._find_fit import FITTED, STEP
from spotscope.pipeline.cell_typing._hold import held_of, with_held
from spotscope.pipeline.cell_typing._inputs import (
    check_typing,
    membership_of,
    of_cells,
    spots_of,
)
from spotscope.pipeline.cell_typing._slice_of import notes_at
from spotscope.pipeline.expression._cells import has_expression
from spotscope.pipeline.expression._kept import kept_expression
from spotscope.pipeline.segmentation._cells import with_types
from spotscope.pipeline.segmentation._edit_types import (
    EDITS,
    base_types,
    owner_now,
    settle_types,
)

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from spotscope.methods.cell_typing import CellTyping, CellTypingParams, FittedTyping
    from spotscope.model import Membership, Reference, RunRecord, Session, Spots, Task

__all__ = [
    "Typed",
    "check_typing",
    "membership_of",
    "retype",
    "typing_step",
]


@dataclass(frozen=True, slots=True, eq=False)
class Typed:
    """Typed cells, and the fit that types them anew for another ν in milliseconds.

    Parameters
    ----------
    session
        With cells.
    fitted
        ``fitted.solve(nu)`` needs no data.
    typing
        The answer shown now.
    """

    session: Session
    fitted: FittedTyping
    typing: CellTyping


def typing_step(
    session: Session,
    reference: Reference,
    params: CellTypingParams,
    *,
    cache: StepCache | None = None,
    n_cells: npt.NDArray[np.int64] | None = None,
    seed: int = 0,
) -> Task[Typed]:
    """Type the session's cells.

    Parameters
    ----------
    session
        With spots; with nuclei, or with ``n_cells``.
    reference
        Cells whose types are known.
    params
        Of the cell typing.
    cache
        Where results are kept by content; the user's cache by default.
    n_cells
        (spot,) number of cells, for samples without nuclei; in doublet mode it is found.
    seed
        Of the count splitting that chooses ν.

    Raises
    ------
    MethodError
        If the method cannot work on these inputs.
    """
    cache = cache or StepCache(user_cache())
    given = yield from _given(session, reference, params, cache, n_cells, seed)
    session = given.session
    folder = cache.folder(STEP, given.inputs, params)
    if not cache.has(folder):
        fitted = yield from _fit(given, reference, params, cache, folder, seed)
    else:
        cache.touch(folder)
        fitted = cell_typing.load_fitted(folder / FITTED)
    fitted = fitted.under(params)
    record = _told_now(cache.read_record(folder), given, reference, params)
    records = {**session.records, STEP: with_held(record, held_of(session))}
    before = session.records.get(STEP)
    same = before is not None and before.inputs.get("reference") == given.inputs["reference"]
    session = replace(session, records=records, cells=session.cells if same else None)
    yield Progress("settling cell types", 0, 1)
    nu = fitted.auto_nu if params.nu == "auto" else float(params.nu)
    base = yield from base_types(session, fitted, nu)
    return retype(session, fitted, nu, base)


class _Given(NamedTuple):
    """What is typed, and what an answer hangs on."""

    session: Session
    spots: Spots
    membership: Membership
    yx_um: npt.NDArray[np.float64]
    features: npt.NDArray[np.float64] | None
    inputs: dict[str, str]
    notes: tuple[str, ...]


def _given(
    session: Session,
    reference: Reference,
    params: CellTypingParams,
    cache: StepCache,
    n_cells: npt.NDArray[np.int64] | None,
    seed: int,
) -> Task[_Given]:
    """The session's spots, its cells in them, and the looks of its nuclei."""
    problems = check_typing(session, reference, params, n_cells)
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        raise MethodError(str(fatal[0]))
    yield Progress("matching nuclei and spots", 0, 1)
    spots = spots_of(session)
    counted = {"spots": of_spots(spots), "reference": of_reference(reference)}
    beads = None
    if params.mode == "doublet":
        beads = yield from beads_step(spots, reference, params, cache, counted)
        n_cells = cells_of_beads(beads)
    membership, yx_um = membership_of(session, n_cells)
    session = session.with_spots(tell_beads(spots, beads))
    inputs = {**counted, "cells": of_cells(session, membership), "seed": str(seed)}
    features = None
    if params.looks != "off":
        session, features = yield from nucleus_features(session)
    if features is not None:
        inputs["looks"] = of_text(np.round(features, 4).tobytes().hex())
    notes = [str(problem) for problem in problems]  # what was fatal has been raised
    found = [] if beads is None else [said_of_beads(beads)]
    return _Given(session, spots, membership, yx_um, features, inputs, (*notes, *found))


def _fit(
    given: _Given,
    reference: Reference,
    params: CellTypingParams,
    cache: StepCache,
    folder: Path,
    seed: int,
) -> Task[FittedTyping]:
    """Learn from the section, and keep what was learned."""
    started = time.perf_counter()
    asked = (given.spots, reference, given.membership, given.yx_um, params)
    fitted = yield from cell_typing.fit(*asked, features=given.features, rng=seed)
    told = yield from against_baseline_of(*asked, fitted, seed)
    with cache.writing(folder) as staging:
        fitted.save(staging / FITTED)
        seconds = time.perf_counter() - started
        cite = cell_typing.info.references
        record = record_of(STEP, params, given.inputs, seconds, references=cite, seed=seed)
        baseline = baseline_shares(given.spots, reference, given.membership)
        figures = {"baseline": baseline, "against_baseline": told}
        cache.write_record(staging, replace(record, notes=fitted.notes, figures=figures))
    return fitted


def _told_now(
    kept: RunRecord, given: _Given, reference: Reference, params: CellTypingParams
) -> RunRecord:
    """The record of a fit, which may be an earlier one, with what is true of this run alone."""
    return replace(
        kept,
        notes=(*given.notes, *kept.notes),
        params={**kept.params, **params.model_dump(mode="json")},
        figures={
            **kept.figures,
            EDITS: given.session.edits.to_json(),
            "reference": dict(reference.source) if reference.source is not None else None,
        },
    )


def retype(
    session: Session, fitted: FittedTyping, nu: float, base: CellTyping | None = None
) -> Typed:
    """Settle the labels anew, for another ν or edited nuclei: milliseconds.

    Parameters
    ----------
    session
        Typed; its nuclei may have been edited since.
    fitted
        The fit behind its types.
    nu
        Smoothness.
    base
        What ``fitted`` answers at ``nu``, where that is known.
    """
    return _typed(session, fitted, settle_types(session, fitted, nu, base))


def _typed(session: Session, fitted: FittedTyping, typing: CellTyping) -> Typed:
    record = session.records[STEP]
    notes = tuple(dict.fromkeys([*notes_at(record, typing), *typing.notes]))
    params = {**record.params, "nu_used": float(typing.nu)}
    records = {**session.records, STEP: replace(record, notes=notes, params=params)}
    owner = owner_now(session, fitted)
    typed = with_types(session, owner, typing)
    assert typed.cells is not None
    cells = kept_expression(session.cells, typed.cells)
    if not has_expression(cells):
        records.pop("decompose", None)
    return Typed(replace(typed, cells=cells, records=records), fitted, typing)
