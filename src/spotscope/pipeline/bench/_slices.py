"""The benchmark of slices: typed alone, and together where they lie or where PASTE puts them."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from spotscope.evaluation import (
    SliceCase,
    TypingAnswer,
    TypingCase,
    TypingScore,
    score_table,
    score_typing,
)
from spotscope.methods.cell_typing import CellTypingParams, fit, predict
from spotscope.methods.slices import align_slices
from spotscope.model import Membership, MissingDependencyError, Progress, Spots
from spotscope.pipeline.cell_typing._slices import SlicesParams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spotscope.methods.cell_typing import CellTyping
    from spotscope.model import Task, Transform

__all__ = ["bench_slices"]


def bench_slices(cases: Iterable[SliceCase], across_um: tuple[float, ...] = ()) -> Task[str]:
    """Score slices typed alone and together; tables in Markdown.

    Parameters
    ----------
    cases
        Read one at a time.
    across_um
        Distances across that are tried; the default alone if none are given.
    """
    scores: list[TypingScore] = []
    notes: list[str] = []
    for case in cases:
        yield Progress(f"{case.name}, seed {case.seed}", 0, 1)
        alone = []
        started = time.perf_counter()
        for one in case.slices:
            alone.append((yield from _typed(one, one.yx_um)))
        seconds = time.perf_counter() - started
        whole = _stacked(case, case.true)
        scores += _scored(whole, "each alone", alone, seconds)
        for across in across_um or (SlicesParams().across_um,):
            started = time.perf_counter()
            found = yield from _typed(whole, _places(case, case.true, across))
            seconds = time.perf_counter() - started
            scores += _scored(whole, f"together, {across:g} µm across", [found], seconds)
        started = time.perf_counter()
        try:
            there = [case.true[0]] + [
                align_slices(case.slices[0].spots, one.spots, rng=case.seed)
                for one in case.slices[1:]
            ]
        except MissingDependencyError as err:
            notes.append(str(err))
            continue
        stacked = _stacked(case, there)
        across = SlicesParams().across_um
        found = yield from _typed(stacked, _places(case, there, across))
        seconds = time.perf_counter() - started
        scores += _scored(
            whole, f"together, {across:g} µm across, aligned by PASTE", [found], seconds
        )
        notes.append(f"{case.name}, seed {case.seed}: {_away(case, there)}")
        yield Progress(f"{case.name}, seed {case.seed}", 1, 1)
    return score_table(scores) + "\n\n" + "\n".join(f"- {note}" for note in dict.fromkeys(notes))


def _typed(case: TypingCase, places: np.ndarray) -> Task[CellTyping]:
    params = CellTypingParams()
    fitted = yield from fit(
        case.spots, case.reference, case.membership, places, params, rng=case.seed
    )
    return predict(fitted, params)


def _stacked(case: SliceCase, there: Iterable[Transform]) -> TypingCase:
    """All slices as one case, in the first one's frame."""
    import anndata as ad

    slices = case.slices
    keys = [str(k) for k in range(len(slices))]
    table = ad.concat([one.spots.table for one in slices], keys=keys, index_unique="-")
    moved = [t(one.spots.yx_um) for one, t in zip(slices, there, strict=True)]
    first = np.cumsum([0] + [one.spots.n for one in slices])
    owner = np.concatenate([one.membership.owner + first[k] for k, one in enumerate(slices)])
    ones = (np.ones(len(owner)), (owner, np.arange(len(owner))))
    return replace(
        slices[0],
        spots=Spots(table, np.concatenate(moved), slices[0].spots.lattice),
        membership=Membership(
            sp.csr_matrix(ones, shape=(first[-1], len(owner))), owner.astype(np.int32)
        ),
        yx_um=np.concatenate([one.yx_um for one in slices]),
        codes=np.concatenate([one.codes for one in slices]),
        truth=np.concatenate([one.truth for one in slices]),
    )


def _places(case: SliceCase, there: Iterable[Transform], across_um: float) -> np.ndarray:
    """(cell, 3) places."""
    parts = []
    for k, (one, t) in enumerate(zip(case.slices, there, strict=True)):
        depth = np.full((len(one.yx_um), 1), k * across_um)
        parts.append(np.concatenate([depth, t(one.yx_um)], axis=1))
    return np.concatenate(parts)


def _scored(
    case: TypingCase, name: str, found: list[CellTyping], seconds: float
) -> list[TypingScore]:
    proportions, codes, support = (
        np.concatenate([getattr(one, part) for one in found])
        for part in ("proportions", "codes", "support")
    )
    answer = TypingAnswer(name, proportions, codes, support, seconds)
    return [score_typing(case, answer)]


def _away(case: SliceCase, there: list[Transform]) -> str:
    """How far from its true place PASTE puts a cell of the other slices."""
    far = [
        np.linalg.norm(t(one.yx_um) - true(one.yx_um), axis=1)
        for one, t, true in zip(case.slices[1:], there[1:], case.true[1:], strict=True)
    ]
    away = np.concatenate(far)
    return f"PASTE puts cells {np.mean(away):.0f} µm from their places (at most {away.max():.0f})."
