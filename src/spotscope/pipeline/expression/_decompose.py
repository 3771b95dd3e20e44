"""The Expression step: spots come apart into single cells."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import expression
from spotscope.model import (
    Membership,
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
    codes_in,
    home_of,
    membership_of_cells,
    reference_of,
    section_of,
    shared_genes,
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
from spotscope.pipeline.expression._fit import learn_reference
from spotscope.pipeline.expression._marks import (
    mark_of_cells,
    mark_of_places,
    mark_of_reference,
    mark_of_spots,
    mark_of_support,
)
from spotscope.pipeline.expression._store import open_expression, write_expression

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from spotscope.methods.expression import CellExpression, ExpressionParams, FittedExpression
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
    known = mark_of_reference(source) if isinstance(source, Reference) else source.fingerprint
    inputs = {
        "spots": mark_of_spots(spots),
        "reference": known,
        "cells": mark_of_cells(cells, membership),
        "places": mark_of_places(cells),
        "wanted": of_text(str(wanted.tolist())),
        "params": of_text(params.model_dump_json()),
        "seed": str(seed),
    }
    if params.who == "averaged":
        inputs["support"] = mark_of_support(cells)
    # what is told of other spots stays only beside the same genes
    before = told_before(session, params) if len(wanted) < spots.n else ()
    inputs["genes"] = of_text(",".join(before))
    folder = cache.folder(STEP, inputs, params)
    if cache.has(folder):
        found, split, hidden_r = open_expression(folder)
        cache.touch(folder)
        yield Progress("opening expression", 1, 1, found)
    else:
        started = time.perf_counter()
        run = _Run(session, source, membership, wanted, seed, device, before)
        split = yield from run.answer(update(params, method="split"))
        found = split
        if params.method != "split":
            found = yield from run.answer(params, split)
        # a region's spots are too few to say it of, and their answer would wait for it
        hidden_r = None if len(wanted) < spots.n else (yield from run.hidden_r(params, found))
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
    record = cache.read_record(folder)
    record = replace(record, figures={**record.figures, "regions": region_json(regions)})
    records = {**session.records, STEP: record}
    names = np.append(spots.table.obs_names.to_numpy(str), "")[home_of(membership)]
    opened = with_expression(cells, found, split, names, record, hidden_r)
    return Decomposed(replace(session, cells=opened, records=records), found, split)


@dataclass(frozen=True, slots=True, eq=False)
class _Run:
    """What is the same for every tier of one run; ``source`` is a checkpoint or the reference."""

    session: Session
    source: FittedExpression | Reference
    membership: Membership
    wanted: npt.NDArray[np.intp]
    seed: int
    device: str
    before: tuple[str, ...] = ()

    def answer(
        self, params: ExpressionParams, split: CellExpression | None = None
    ) -> Task[CellExpression]:
        """Learn what the tier needs, and ask it; its answer is the last preview."""
        spots = self.session.sample.spots
        assert spots is not None
        assert self.session.cells is not None
        fitted = yield from self._fitted(params)
        codes = codes_in(self.session, fitted)
        genes = self._genes(params, fitted, codes)
        yield Progress("comparing depths", 0, 1)
        section = section_of(spots, fitted, codes, self.membership, params)
        found = yield from expression.predict(
            fitted,
            spots,
            codes,
            self.membership,
            params,
            spots_wanted=None if len(self.wanted) == spots.n else self.wanted,
            genes=genes,
            split=split,
            yx_um=self.session.cells.yx_um,
            support=support_in(self.session),
            section=section,
            rng=self.seed,
            device=self.device,
        )
        yield Progress(f"expression: {params.method}", 1, 1, found)
        return found

    def hidden_r(
        self, params: ExpressionParams, found: CellExpression
    ) -> Task[npt.NDArray[np.float32]]:
        """(gene of ``found``,) how well each is told while it is hidden."""
        spots = self.session.sample.spots
        assert spots is not None
        fitted = yield from self._fitted(params)
        r = yield from expression.hidden_gene_r(
            fitted, spots, codes_in(self.session, fitted), self.membership, params, rng=self.seed
        )
        place = {name: i for i, name in enumerate(fitted.gene_names)}
        return r[[place[name] for name in found.gene_names]]

    def _genes(
        self,
        params: ExpressionParams,
        fitted: FittedExpression,
        codes: npt.NDArray[np.int64],
    ) -> tuple[str, ...]:
        """Names of the genes that are told."""
        assert self.session.sample.spots is not None
        shared = shared_genes(self.session.sample.spots, fitted)
        if self.before and set(self.before) <= set(shared):
            return self.before
        most = expression.how_many_genes(params, len(codes), len(shared))
        return expression.telling_genes(fitted, codes, shared, most, params.also)

    def genes_shared(self, params: ExpressionParams) -> Task[int]:
        """Count the genes that could be told."""
        assert self.session.sample.spots is not None
        fitted = yield from self._fitted(params)
        return len(shared_genes(self.session.sample.spots, fitted))

    def _fitted(self, params: ExpressionParams) -> Task[FittedExpression]:
        if not isinstance(self.source, Reference):
            return self.source
        return (yield from learn_reference(self.source, params, seed=self.seed, device=self.device))


def _refuse(problems: Sequence[Problem]) -> None:
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        raise MethodError(str(fatal[0]))
