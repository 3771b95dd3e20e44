"""The benchmark of doublet mode: beads whose types are known, beside least squares."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation import BeadCase, BeadScore, bead_table, score_beads
from spotscope.methods.cell_typing import (
    CellTypingParams,
    baseline,
    find_beads,
    fit,
    predict,
)
from spotscope.model import Membership, Progress
from spotscope.pipeline.cell_typing._beads import cells_of_beads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spotscope.methods.cell_typing import BeadTyping
    from spotscope.model import Task

__all__ = ["bench_beads"]

#: (doubt, gain) that are tried: the published thresholds, those of the package's later versions,
#: and lower ones, for panels of few genes.
_THRESHOLDS = ((10.0, 25.0), (5.0, 20.0), (5.0, 10.0))
#: Least squares names a second type from this share on.
_SECOND = 0.3


def bench_beads(cases: Iterable[BeadCase]) -> Task[str]:
    """Score doublet mode on all cases; a table in Markdown.

    Parameters
    ----------
    cases
        Read one at a time.
    """
    scores: list[BeadScore] = []
    for case in cases:
        yield Progress(f"{case.name}, seed {case.seed}", 0, 1)
        scores += _floors(case)
        for doubt, gain in _THRESHOLDS:
            scores += yield from _ours(case, doubt, gain)
        each = yield from _labels(case, np.ones(case.spots.n, np.int64))
        scores.append(score_beads(case, "ours, one cell a bead", *each))
        yield Progress(f"{case.name}, seed {case.seed}", 1, 1)
    return bead_table(scores)


def _floors(case: BeadCase) -> list[BeadScore]:
    started = time.perf_counter()
    one_each = Membership.from_counts(np.ones(case.spots.n, np.int64))
    found = baseline(case.spots, case.reference, one_each)
    seconds = time.perf_counter() - started
    order = np.argsort(-found.proportions, axis=1)[:, :2]
    two = [
        [int(k) for k in pair if k == pair[0] or shares[k] >= _SECOND]
        for pair, shares in zip(order, found.proportions, strict=True)
    ]
    return [
        score_beads(case, "NNLS, heaviest type", [[int(k)] for k in order[:, 0]], seconds),
        score_beads(case, f"NNLS, and a second above {_SECOND:g}", two, seconds),
    ]


def _ours(case: BeadCase, doubt: float, gain: float) -> Task[list[BeadScore]]:
    params = CellTypingParams(mode="doublet", bead_doubt=doubt, bead_gain=gain)
    started = time.perf_counter()
    beads: BeadTyping = yield from find_beads(case.spots, case.reference, params)
    seconds = time.perf_counter() - started
    pairs = zip(beads.first.tolist(), beads.second.tolist(), strict=True)
    types = [[k for k in pair if k >= 0] for pair in pairs]
    then, more = yield from _labels(case, cells_of_beads(beads))
    named = f"{doubt:g} and {gain:g} nats"
    return [
        score_beads(case, f"doublet mode, {named}", types, seconds),
        score_beads(case, f"… then typed with neighbours ({named})", then, seconds + more),
    ]


def _labels(case: BeadCase, n_cells: np.ndarray) -> Task[tuple[list[list[int]], float]]:
    """Types of the beads' cells, the surer first, and seconds."""
    started = time.perf_counter()
    members, params = Membership.from_counts(n_cells), CellTypingParams()
    places = case.spots.yx_um[members.owner]
    fitted = yield from fit(case.spots, case.reference, members, places, params, rng=case.seed)
    found = predict(fitted, params)
    types: list[list[int]] = [[] for _ in range(case.spots.n)]
    for cell in np.argsort(-found.support, kind="stable"):
        types[members.owner[cell]].append(int(found.codes[cell]))
    return types, time.perf_counter() - started
