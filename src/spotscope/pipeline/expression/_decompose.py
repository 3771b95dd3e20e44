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
from spotscope.pipeline.expression._latents import hold, open_held
from spotscope.pipeline.expression._marks import marks_of_question
from spotscope.pipeline.expression._store import open_expression, write_expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from spotscope.methods.expression import (
        CellExpression,
        ExpressionParams,
        FittedExpression,
    )
    from spotscope.model import Region, Session, Task

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
    if cache.has(folder):
        found, split, hidden_r = open_expression(folder)
        cache.touch(folder)
        yield Progress("opening expression", 1, 1, found)
    else:
        started = time.perf_counter()
        held = open_held(cache, marks, params)
        latents = expression.KeptLatents() if held is None else held.latents
        run = DecomposeRun(session, source, membership, wanted, seed, device, before, latents, held)
        split = yield from run.answer(update(params, method="split"))
        found = split
        if params.method != "split":
            found = yield from run.answer(params, split)
        every_r = yield from run.every_r(params)
        hidden_r = None if every_r is None else every_r[(yield from run.places_of(params, found))]
        seconds = time.perf_counter() - started
        cite = expression.info.references
        record = record_of(STEP, params, inputs, seconds, references=cite, seed=seed)
        shared = yield from run.genes_shared(params)
        figures = {**figures_of(found, wanted, spots), "genes_shared": shared}
        notes = (
            *notes_of(found, spots, membership),
            *genes_left_out(found, shared),
            *which_is_which(membership, support_in(session), params),
        )
        record = replace(record, notes=notes, figures=figures)
        write_expression(cache, folder, found, split, record, hidden_r)
        if len(found.gene_names) < shared:
            hold(cache, marks, params, latents, every_r, folder, record)
    record = cache.read_record(folder)
    record = replace(record, figures={**record.figures, "regions": region_json(regions)})
    records = {**session.records, STEP: record}
    names = np.append(spots.table.obs_names.to_numpy(str), "")[home_of(membership)]
    opened = with_expression(cells, found, split, names, record, hidden_r)
    return Decomposed(replace(session, cells=opened, records=records), found, split)


def _refuse(problems: Sequence[Problem]) -> None:
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        raise MethodError(str(fatal[0]))
