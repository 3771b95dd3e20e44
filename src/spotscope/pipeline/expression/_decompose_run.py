"""One run of the Expression step: its tiers asked, and what is known already left unasked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from spotscope.methods import expression
from spotscope.model import Progress, Reference
from spotscope.pipeline.expression._decompose_inputs import (
    codes_in,
    section_of,
    shared_genes,
    support_in,
)
from spotscope.pipeline.expression._fit import learn_reference
from spotscope.pipeline.expression._told_by import method_words

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from spotscope.methods.expression import (
        CellExpression,
        ExpressionParams,
        FittedExpression,
    )
    from spotscope.model import Membership, Session, Task
    from spotscope.pipeline.expression._latents import Held

__all__ = ["Answered", "DecomposeRun"]


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """A tier's answer: all genes that were asked for, and those of them that were not known."""

    whole: CellExpression
    new: CellExpression | None


@dataclass(frozen=True, slots=True, eq=False)
class DecomposeRun:
    """What is the same for every tier of one run.

    Parameters
    ----------
    session
        With typed cells.
    source
        A checkpoint or the reference.
    membership
        Which cell lies in which spot.
    wanted
        (k,) numbers of the spots asked for.
    seed, device
        Of every random number, and where a network computes.
    before
        Genes that are told of other spots already; () where others may be.
    held
        What earlier questions left: genes it has are not told again, spots it knows not asked.
    """

    session: Session
    source: FittedExpression | Reference
    membership: Membership
    wanted: npt.NDArray[np.intp]
    seed: int
    device: str
    before: tuple[str, ...]
    held: Held

    def answer(
        self, params: ExpressionParams, split: CellExpression | None = None
    ) -> Task[Answered]:
        """Learn what the tier needs, and ask it; its answer is the last preview.

        Parameters
        ----------
        params
            With the tier.
        split
            The split of the genes that are not known.
        """
        spots = self.session.sample.spots
        assert spots is not None
        assert self.session.cells is not None
        fitted = yield from self._fitted(params)
        codes = codes_in(self.session, fitted)
        genes = self._genes(params, fitted, codes)
        left_out = len(genes) < len(shared_genes(spots, fitted))
        known = self.held.answers("split" if params.method == "split" else "found")
        there = {gene for part in known for gene in part.gene_names}
        asked = [gene for gene in genes if gene not in there]
        yield Progress("comparing depths", 0, 1)
        section = section_of(spots, fitted, codes, self.membership, params)
        task = expression.predict(
            fitted,
            spots,
            codes,
            self.membership,
            params,
            spots_wanted=None if len(self.wanted) == spots.n else self.wanted,
            genes=asked,
            split=split,
            yx_um=self.session.cells.yx_um,
            support=support_in(self.session),
            section=section,
            kept=self.held.latents if params.method == "gaussian" and left_out else None,
            rng=self.seed,
            device=self.device,
        )
        if not known:
            whole = yield from task
            new: CellExpression | None = whole
        else:  # genes that come to others are shown among them
            new = (yield from _without_previews(task)) if asked else None
            first, *rest = known if new is None else [*known, new]
            whole = first.with_genes(genes, *rest)
        yield Progress(f"expression: {method_words(params.method)}", 1, 1, whole)
        return Answered(whole, new)

    def every_r(self, params: ExpressionParams) -> Task[npt.NDArray[np.float32] | None]:
        """(reference gene,) how well each is told while it is hidden; None of a region.

        Its spots are too few to say it of, and their answer would wait for it.
        """
        spots = self.session.sample.spots
        assert spots is not None
        if len(self.wanted) < spots.n:
            return None
        if self.held.hidden_r is not None:
            return self.held.hidden_r
        fitted = yield from self._fitted(params)
        codes = codes_in(self.session, fitted)
        return (
            yield from expression.hidden_gene_r(
                fitted, spots, codes, self.membership, params, rng=self.seed
            )
        )

    def places(self, params: ExpressionParams) -> Task[dict[str, int]]:
        """Numbers of the reference's genes."""
        fitted = yield from self._fitted(params)
        return {name: place for place, name in enumerate(fitted.gene_names)}

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


def _without_previews(task: Task[CellExpression]) -> Task[CellExpression]:
    """Relay a task's progress, and nothing of what it has found so far."""
    try:
        while True:
            try:
                progress = next(task)
            except StopIteration as stop:
                return cast("CellExpression", stop.value)
            yield replace(progress, preview=None)
    finally:
        task.close()
