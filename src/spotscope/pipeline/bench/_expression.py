"""The expression benchmark: every tier on the same spots, beside the simplest answers there are."""

from __future__ import annotations

import time
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.evaluation import (
    ExpressionAnswer,
    ExpressionCase,
    ExpressionScore,
    score_ceiling,
    score_expression,
)
from spotscope.methods import cell_typing, expression
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.expression import ExpressionParams
from spotscope.model import GeneSpace, Progress, update
from spotscope.pipeline.bench._expression_peers import ask_tangram
from spotscope.pipeline.expression._decompose_inputs import shared_genes
from spotscope.pipeline.expression._fit import learn_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from spotscope.methods.expression import FittedExpression
    from spotscope.model import Task
    from spotscope.pipeline.bench._typing_peers import PeerRun

__all__ = ["LABELS", "MARGINS", "TIERS", "bench_expression"]

TIERS = ("split", "gaussian", "score")
LABELS = ("known", "inferred")
#: What the summary holds against what.
MARGINS = (
    ("split", "type mean"),
    ("gaussian", "type mean"),
    ("gaussian", "split"),
    ("score", "gaussian"),
    ("gaussian, averaged", "gaussian"),
    ("gaussian, averaged", "type mean"),
    ("gaussian, averaged", "y / M"),
    ("ceiling", "type mean"),
)


def bench_expression(
    cases: Iterable[ExpressionCase],
    tiers: Sequence[str] = TIERS,
    labels: Sequence[str] = LABELS,
    params: ExpressionParams | None = None,
    device: str = "cpu",
    how: PeerRun | None = None,
    notes: list[str] | None = None,
) -> Task[list[ExpressionScore]]:
    """Score all tiers on all cases.

    Parameters
    ----------
    cases
        Read one at a time.
    tiers
        Of ``split``, ``gaussian`` and ``score``; the last is trained once a reference.
    labels
        ``known``: the true types of the cells; ``inferred``: typed from the thinned spots.
    params
        Of the expression, but for the method.
    device
        ``cpu``, ``cuda`` or ``mps``.
    how
        How Tangram is run beside them; None leaves it out.
    notes
        Taken note in of answers that Tangram did not give, and why.
    """
    params = params or ExpressionParams()
    scores: list[ExpressionScore] = []
    for case in cases:
        said = f"{case.name}, {case.rate:.0%}, seed {case.seed}"
        yield Progress(said, 0, 1)
        learned = {}
        for tier in tiers:
            chosen = update(params, method=tier)
            learned[tier] = yield from learn_reference(case.reference, chosen, device=device)
        for source in labels:
            codes, support = case.codes, None
            if source == "inferred":
                codes, support = yield from _typed(case)
            for answer in _simple(case, codes):
                scores.append(score_expression(case, answer, source))
            if source == "known":
                scores.append(score_ceiling(case))
            ways = ("labelled",) if support is None else ("labelled", "averaged")
            for (tier, fitted), who in product(learned.items(), ways):
                chosen = update(params, method=tier, who=who)
                answer = yield from _tier(case, codes, support, fitted, chosen, device)
                scores.append(score_expression(case, answer, source))
            if how is not None:
                told, problem = yield from ask_tangram(case, codes, how)
                if told is not None:
                    scores.append(score_expression(case, told, source))
                elif notes is not None:
                    notes.append(f"Tangram, {said}, labels {source}: {problem}")
        yield Progress(said, 1, 1)
    return scores


def _tier(
    case: ExpressionCase,
    codes: npt.NDArray[np.int64],
    support: npt.NDArray[np.float32] | None,
    fitted: FittedExpression,
    params: ExpressionParams,
    device: str,
) -> Task[ExpressionAnswer]:
    started = time.perf_counter()
    found = yield from expression.predict(
        fitted,
        case.spots,
        fitted.codes(case.reference.types, codes),
        case.membership,
        params,
        genes=shared_genes(case.spots, fitted),
        support=support,
        rng=case.seed,
        device=device,
    )
    seconds = time.perf_counter() - started
    assert (found.cells == np.arange(len(codes))).all()
    return ExpressionAnswer(
        params.method + (", averaged" if params.who == "averaged" else ""),
        found.gene_names,
        found.mean,
        interval=found.interval(),
        assigned=found.assigned,
        seconds=seconds,
    )


def _typed(
    case: ExpressionCase,
) -> Task[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
    """Types as our own typing infers them from these spots, and how sure of each it is.

    No cell lies outside of a spot.
    """
    params = CellTypingParams()
    fitted = yield from cell_typing.fit(
        case.spots, case.reference, case.membership, case.yx_um, params, rng=case.seed
    )
    typing = cell_typing.predict(fitted, params)
    return typing.codes.astype(np.int64), typing.support


def _simple(case: ExpressionCase, codes: npt.NDArray[np.int64]) -> list[ExpressionAnswer]:
    """An equal part of the spot, and the mean cell of the type."""
    space = GeneSpace.shared(case.spots.table, case.reference.table)
    counts = np.asarray((case.spots.counts @ space.left).todense(), float)
    owner = case.membership.owner
    held = case.membership.cells_per_spot[owner]
    shared = case.reference.table.X @ space.right
    picker = np.zeros((case.reference.n_types, len(case.reference.codes)), np.float32)
    picker[case.reference.codes, np.arange(len(case.reference.codes))] = 1
    means = np.asarray(picker @ shared) / np.maximum(picker.sum(axis=1, keepdims=True), 1)
    return [
        ExpressionAnswer("y / M", space.genes, counts[owner] / held[:, None]),
        ExpressionAnswer("type mean", space.genes, means[codes]),
    ]
