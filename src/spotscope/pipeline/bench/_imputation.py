"""The imputation benchmark: hidden genes told by all of ours, the simplest means, and peers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotscope.evaluation import ImputationCase, ImputationScore, score_imputation
from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.imputation import FLOORS
from spotscope.model import Progress, update
from spotscope.pipeline.bench._imputation_peers import IMPUTATION_PEERS, ask_imputation_peer
from spotscope.pipeline.expression._fit import learn_reference
from spotscope.pipeline.expression._impute_blend import Panel, blend_panel
from spotscope.pipeline.expression._panel_types import panel_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import numpy.typing as npt

    from spotscope.methods.expression import FittedExpression
    from spotscope.model import Task
    from spotscope.pipeline.bench._typing_peers import PeerRun

__all__ = ["IMPUTATION_TIERS", "ImputationBench", "bench_imputation"]

IMPUTATION_TIERS = ("gaussian", "score", "blend")
_TITLES = {"mean": "type mean", "knn": "kNN", "ridge": "ridge", "principal": "principal kNN"}


@dataclass(frozen=True, slots=True)
class ImputationBench:
    """Scores, and notes of who gave no answer."""

    scores: tuple[ImputationScore, ...]
    notes: tuple[str, ...] = ()


def bench_imputation(
    cases: Iterable[ImputationCase],
    tiers: Sequence[str] = IMPUTATION_TIERS,
    device: str = "cpu",
    peers: Sequence[str] = (),
    how: PeerRun | None = None,
) -> Task[ImputationBench]:
    """Score all methods on all cases.

    Parameters
    ----------
    cases
        Read one at a time.
    tiers
        Of :data:`IMPUTATION_TIERS`; ``score`` is trained once a reference.
    device
        ``cpu``, ``cuda`` or ``mps``.
    peers, how
        Packages of others, of ``IMPUTATION_PEERS``, and how they are run.

    The types of the panel's cells are inferred from the genes that are left to it.
    """
    scores: list[ImputationScore] = []
    notes: list[str] = []
    for case in cases:
        said = f"{case.name}, {case.folds} {case.fold}"
        yield Progress(said, 0, 1)
        codes = yield from panel_types(case.counts, case.panel, case.reference, case.yx_um)
        scores += _floors(case, codes)
        for tier in tiers:
            params = update(ExpressionParams(), method="gaussian" if tier == "blend" else tier)
            fitted = yield from learn_reference(case.reference, params, device=device)
            if tier == "blend":
                scores.append((yield from _blend(case, codes, fitted, params)))
            else:
                scores.append((yield from _tier(case, codes, fitted, params, device)))
        for name in peers:
            assert how is not None
            answer = yield from ask_imputation_peer(case, name, how)
            shown = IMPUTATION_PEERS[name]
            if answer.mean is None:
                notes.append(f"{shown}, {said}: {answer.problem}")
            else:
                scores.append(score_imputation(case, shown, answer.mean, seconds=answer.seconds))
        yield Progress(said, 1, 1)
    return ImputationBench(tuple(scores), tuple(notes))


def _floors(case: ImputationCase, codes: npt.NDArray[np.int64]) -> list[ImputationScore]:
    names = case.reference.table.var_names
    known = case.reference.table.X[:, names.get_indexer(list(case.panel))]
    wanted = case.reference.table.X[:, names.get_indexer(list(case.hidden))]
    scores = []
    for name, impute in FLOORS.items():
        started = time.perf_counter()
        found = impute(case.counts, codes, known, case.reference.codes, wanted)
        seconds = time.perf_counter() - started
        scores.append(score_imputation(case, _TITLES[name], found, seconds=seconds))
    return scores


def _tier(
    case: ImputationCase,
    codes: npt.NDArray[np.int64],
    fitted: FittedExpression,
    params: ExpressionParams,
    device: str,
) -> Task[ImputationScore]:
    codes = fitted.codes(case.reference.types, codes)
    started = time.perf_counter()
    found = yield from expression.impute(
        fitted, case.counts, case.panel, codes, params, genes=case.hidden, rng=case.seed,
        device=device,
    )  # fmt: skip
    seconds = time.perf_counter() - started
    names = list(found.gene_names)
    columns = [names.index(name) for name in case.hidden]
    low, high = found.interval()
    interval = low[:, columns], high[:, columns]
    return score_imputation(case, params.method, found.mean[:, columns], interval, seconds)


def _blend(
    case: ImputationCase,
    codes: npt.NDArray[np.int64],
    fitted: FittedExpression,
    params: ExpressionParams,
) -> Task[ImputationScore]:
    names = case.reference.table.var_names
    panel = Panel(case.counts, names.get_indexer(list(case.panel)), codes, case.yx_um)
    hidden = names.get_indexer(list(case.hidden))
    started = time.perf_counter()
    found = yield from blend_panel(panel, case.reference, fitted, hidden, params, case.seed)
    seconds = time.perf_counter() - started
    held = found.weighed.conformal
    interval = None if held is None else held.interval(found.mean)
    return score_imputation(case, "blend", found.mean, interval, seconds)
