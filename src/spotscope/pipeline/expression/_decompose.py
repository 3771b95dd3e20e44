"""The Expression step: spots come apart into single cells."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import expression
from spotscope.model import (
    MethodError,
    Problem,
    Progress,
    Reference,
    update,
)
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_text
from spotscope.pipeline._record import record_of
from spotscope.pipeline._regions import region_json
from spotscope.pipeline.expression._cells import with_expression
from spotscope.pipeline.expression._decompose_inputs import (
    check_decomposition,
    home_of,
    membership_of_cells,
    reference_of,
    spots_in,
    support_in,
    told_before,
)
from spotscope.pipeline.expression._decompose_notes import (
    figures_of,
    genes_left_out,
    notes_of,
    which_is_which,
)
from spotscope.pipeline.expression._decompose_run import DecomposeRun
from spotscope.pipeline.expression._latents import Held, hold, open_held
from spotscope.pipeline.expression._marks import marks_of_question
from spotscope.pipeline.expression._store import read_expression, write_expression

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt

    from spotscope.methods.expression import (
        CellExpression,
        ExpressionParams,
        FittedExpression,
    )
    from spotscope.model import Region, RunRecord, Session, Task

__all__ = ["Decomposed", "decompose_step"]

STEP = "decompose"


@dataclass(frozen=True, slots=True, eq=False)
class Decomposed:
    """Cells with expression, and the answer alone.

    Parameters
    ----------
    session
        Its cells have the layers of :class:`~spotscope.model.ExpressionKey`.
    found, split
        What was asked for now, and the floor beside it.
    """

    session: Session
    found: CellExpression
    split: CellExpression


def decompose_step(
    session: Session,
    reference: Reference | None,
    params: ExpressionParams,
    *,
    cache: StepCache | None = None,
    regions: Sequence[Region] = (),
    spots_wanted: npt.NDArray[np.intp] | None = None,
    fitted: FittedExpression | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Task[Decomposed]:
    """Infer the expression of the session's cells.

    The split comes first, whatever is asked for: its answer is the first preview. Previews are
    :class:`~spotscope.methods.expression.CellExpression` of the cells known so far.

    Parameters
    ----------
    session
        With typed cells; expression it holds of other spots stays.
    reference
        That the cells were typed from; None opens it again.
    params
        Of the expression.
    cache
        Where results are kept by content; the user's cache by default.
    regions
        Only spots whose centre lies in one of these; by default all.
    spots_wanted
        Only these spots; in place of regions.
    fitted
        A checkpoint, in place of learning from the reference.
    seed
        Of every random number.
    device
        ``cpu``, ``cuda`` or ``mps``.

    Raises
    ------
    MethodError
        If there are no typed cells, the reference lacks their types, or no spot is in the region.
    ReadError
        If the reference is not to be had.
    """
    _refuse(check_decomposition(session, reference, params))
    spots, cells = session.sample.spots, session.cells
    assert spots is not None
    assert cells is not None
    if fitted is None and reference is None:
        reference = yield from reference_of(session)
        _refuse(check_decomposition(session, reference, params))
    wanted = spots_in(spots, regions) if spots_wanted is None else spots_wanted
    membership = membership_of_cells(session)
    cache = cache or StepCache(user_cache())
    source = fitted if fitted is not None else reference
    assert source is not None
    marks = marks_of_question(spots, source, cells, membership, wanted, params, seed)
    # what is told of other spots stays only beside the same genes
    before = told_before(session, params) if len(wanted) < spots.n else ()
    inputs = {**marks, "genes": of_text(f"{params.most_genes} {params.also} {before}")}
    folder = cache.folder(STEP, inputs, params)
    kept = read_expression(cache, folder)
    if kept is not None:
        found, split, hidden_r, record = kept
        yield Progress("opening expression", 1, 1, found)
    else:
        held = open_held(cache, marks, params) or Held(expression.KeptLatents(), None, ())
        run = DecomposeRun(session, source, membership, wanted, seed, device, before, held)
        found, split, hidden_r, record = yield from _told(run, params, cache, folder, marks)
    record = replace(record, figures={**record.figures, "regions": region_json(regions)})
    records = {**session.records, STEP: record}
    names = np.append(spots.table.obs_names.to_numpy(str), "")[home_of(membership)]
    opened = with_expression(cells, found, split, names, record, hidden_r)
    return Decomposed(replace(session, cells=opened, records=records), found, split)


def _told(
    run: DecomposeRun,
    params: ExpressionParams,
    cache: StepCache,
    folder: Path,
    marks: dict[str, str],
) -> Task[tuple[CellExpression, CellExpression, npt.NDArray[np.float32] | None, RunRecord]]:
    """Ask for what is not known yet, keep it, and return all of it with its record."""
    started, held, spots = time.perf_counter(), run.held, run.session.sample.spots
    assert spots is not None
    splits = yield from run.answer(update(params, method="split"))
    answers = splits
    if params.method != "split":
        answers = yield from run.answer(params, splits.new)
    found, split = answers.whole, splits.whole
    every_r = yield from run.every_r(params)
    place = yield from run.places(params)

    def r_of(genes: Sequence[str]) -> npt.NDArray[np.float32] | None:
        return None if every_r is None else every_r[[place[gene] for gene in genes]]

    seconds = time.perf_counter() - started
    cite = expression.info.references
    inputs = {**marks, "genes": of_text(",".join(found.gene_names))}
    record = record_of(STEP, params, inputs, seconds, references=cite, seed=run.seed)
    shared = yield from run.genes_shared(params)
    figures = {**figures_of(found, run.wanted, spots), "genes_shared": shared}
    notes = (
        *notes_of(found, spots, run.membership, run.session.called),
        *genes_left_out(found, shared),
        *which_is_which(run.membership, support_in(run.session), params, run.session.called),
    )
    record = replace(record, notes=notes, figures=figures)
    if answers.new is not None and splits.new is not None:
        genes = answers.new.gene_names
        if held.folders:
            folder = cache.folder(STEP, {**marks, "genes": of_text(",".join(genes))}, params)
        write_expression(cache, folder, answers.new, splits.new, record, r_of(genes))
        if len(found.gene_names) < shared:
            told = replace(held, hidden_r=every_r, folders=(*held.folders, folder))
            hold(cache, marks, params, told, record)
    return found, split, r_of(found.gene_names), record


def _refuse(problems: Sequence[Problem]) -> None:
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        raise MethodError(str(fatal[0]))
