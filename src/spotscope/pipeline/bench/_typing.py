"""The typing benchmark: every method on the same spots, references and numbers of cells."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from spotscope.evaluation import TypingAnswer, TypingCase, TypingScore, score_typing
from spotscope.methods.cell_typing import (
    CellTypingParams,
    baseline,
    fit,
    predict,
    rounded_codes,
)
from spotscope.model import Progress
from spotscope.pipeline.bench._typing_peers import PEERS, PeerRun, ask_peer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spotscope.model import Task

__all__ = ["PAIRS", "TypingBench", "bench_typing"]

Floats = npt.NDArray[np.floating]

#: What the summary holds against what: title, score, method, other.
PAIRS = (
    ("RMSE beside NNLS", "rmse", "ours, proportions", "NNLS"),
    ("beside RCTD's model", "rmse", "ours, proportions", "RCTD's model"),
    ("cells wrong, labels, beside NNLS rounded", "cell", "ours, labels", "NNLS, rounded"),
    ("beside RCTD's model rounded", "cell", "ours, labels", "RCTD's model, rounded"),
    ("beside Tangram rounded", "cell", "ours, labels", "Tangram, constrained, rounded"),
    ("beside Potts, ν = 10", "cell", "ours, labels", "Poisson and Potts, ν = 10"),
    (
        "each cell's likeliest beside Potts, ν = 10",
        "cell",
        "ours, each cell's likeliest",
        "Poisson and Potts, ν = 10",
    ),
    (
        "each cell's likeliest beside RCTD's model rounded",
        "cell",
        "ours, each cell's likeliest",
        "RCTD's model, rounded",
    ),
)
#: Smoothness of the published method.
_PUBLISHED_NU = 10.0


class TypingBench(NamedTuple):
    """Scores of all methods on all cases, and what could not be scored, in sentences."""

    scores: list[TypingScore]
    notes: tuple[str, ...]


def bench_typing(cases: Iterable[TypingCase], peers: PeerRun | None = None) -> Task[TypingBench]:
    """Score all methods on all cases.

    Parameters
    ----------
    cases
        Read one at a time.
    peers
        How packages of others are run beside ours; None runs none.
    """
    scores: list[TypingScore] = []
    notes: list[str] = []
    for case in cases:
        yield Progress(f"{case.name}, seed {case.seed}", 0, 1)
        answers = yield from _answers(case)
        if peers is not None:
            answers += yield from _peer_answers(case, peers, notes)
        scores += [score_typing(case, answer) for answer in answers]
        yield Progress(f"{case.name}, seed {case.seed}", 1, 1)
    return TypingBench(scores, tuple(dict.fromkeys(notes)))


def _answers(case: TypingCase) -> Task[list[TypingAnswer]]:
    found = yield from _ours(case)
    started = time.perf_counter()
    simple = baseline(case.spots, case.reference, case.membership)
    seconds = time.perf_counter() - started
    found.append(TypingAnswer("NNLS", simple.proportions, seconds=seconds))
    found.append(_labels(case, "NNLS, rounded", simple.codes, seconds))
    found += yield from _counts(case)
    return found


def _peer_answers(case: TypingCase, peers: PeerRun, notes: list[str]) -> Task[list[TypingAnswer]]:
    """Answers of the peers that gave one; why the others did not is added to ``notes``."""
    found = []
    for name, script_name in PEERS.items():
        if script_name not in peers.names:
            continue
        answer = yield from ask_peer(case, name, peers)
        if answer.proportions is None:
            where = "" if answer.problem == "not installed" else f" on {case.name}"
            notes.append(f"{name}{where}: {answer.problem}.")
            continue
        found.append(TypingAnswer(name, answer.proportions, seconds=answer.seconds))
        codes = rounded_codes(answer.proportions, case.membership.owner)
        found.append(_labels(case, f"{name}, rounded", codes, answer.seconds))
    return found


def _ours(case: TypingCase) -> Task[list[TypingAnswer]]:
    params = CellTypingParams()
    started = time.perf_counter()
    fitted = yield from fit(
        case.spots, case.reference, case.membership, case.yx_um, params, rng=case.seed
    )
    typed = predict(fitted, params)
    seconds = time.perf_counter() - started
    by_cell = CellTypingParams(label_by="cell")
    again = yield from fit(
        case.spots, case.reference, case.membership, case.yx_um, by_cell, rng=case.seed
    )
    each = predict(again, by_cell)
    weights = typed.weights / np.maximum(typed.weights.sum(axis=1, keepdims=True), 1e-12)
    labels = _labels(case, "ours, labels", typed.codes, seconds)
    likeliest = _labels(case, "ours, each cell's likeliest", each.codes, seconds)
    return [
        TypingAnswer("ours, proportions", typed.proportions, seconds=seconds),
        replace(labels, support=typed.support),
        replace(likeliest, support=each.support),
        TypingAnswer("ours, weights", weights, seconds=seconds),
    ]


def _counts(case: TypingCase) -> Task[list[TypingAnswer]]:
    """Poisson counts of marker genes: RCTD's model, and whole cells at the published ν.

    Both are ours from the equations; the background is switched off, which neither paper has.
    """
    params = CellTypingParams(evidence="counts", background=0.0)
    started = time.perf_counter()
    fitted = yield from fit(
        case.spots, case.reference, case.membership, case.yx_um, params, rng=case.seed
    )
    typed = fitted.solve(_PUBLISHED_NU)
    seconds = time.perf_counter() - started
    weights = typed.weights / np.maximum(typed.weights.sum(axis=1, keepdims=True), 1e-12)
    rounded = rounded_codes(weights, case.membership.owner)
    return [
        TypingAnswer("RCTD's model", weights, seconds=seconds),
        _labels(case, "RCTD's model, rounded", rounded, seconds),
        _labels(case, "Poisson and Potts, ν = 10", typed.codes, seconds),
    ]


def _labels(
    case: TypingCase, name: str, codes: npt.NDArray[np.int16], seconds: float
) -> TypingAnswer:
    """An answer of labels, its proportions counted from them."""
    owner = case.membership.owner
    inside = owner >= 0
    counts = np.zeros(case.truth.shape)
    np.add.at(counts, (owner[inside], codes[inside]), 1.0)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1.0)
    return TypingAnswer(name, shares, codes, seconds=seconds)
