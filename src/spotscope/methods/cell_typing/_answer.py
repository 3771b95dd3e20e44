"""From labels and posteriors to what is reported: proportions, support, and cells between spots."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._result import CellTyping
from spotscope.model import TypeSource

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._between import Voters
    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._state import State

__all__ = [
    "Labelled",
    "answer",
    "compositions",
    "expected_shares",
    "log_misfit",
    "misfit_of",
    "robust",
    "sureness",
]

Codes = npt.NDArray[np.int16]
Singles = npt.NDArray[np.float32]

#: Share of the continuous weights in the reported proportions.
_CONTINUOUS = 0.5


class Labelled(NamedTuple):
    """Cells of spots at one ν: labels, the likeliest as a whole, energy, (cell,) terms, shares.

    ``proportions`` are (spot, type) expected shares; None where labels are counted in their place.
    """

    codes: Codes
    likeliest: Codes
    energy: float
    margin: Singles
    support: Singles
    proportions: Singles | None


def answer(
    state: State,
    voters: Voters,
    free: Codes,
    labelled: Labelled,
    nu: float,
    misfit: Singles,
) -> CellTyping:
    """Report on all cells, those between spots too."""
    codes, whole, energy, margin, support, proportions = labelled
    if proportions is None:
        proportions = _rows_to_one(compositions(state, codes))
    inside, between = state.spot_cells, np.flatnonzero(state.owner < 0)
    looks = state.looks[between] if len(state.looks) else state.looks
    won, share = voters.vote(codes, len(state.types), looks)
    n = len(state.owner)
    all_codes = np.full(n, -1, np.int16)
    all_codes[inside], all_codes[between] = codes, won
    source = np.full(n, str(TypeSource.NONE), dtype="<U10")
    source[inside] = str(TypeSource.SPOT)
    source[between[won >= 0]] = str(TypeSource.NEIGHBOURS)
    all_margin, all_support = np.zeros(n, np.float32), np.zeros(n, np.float32)
    all_margin[inside], all_support[inside], all_support[between] = margin, support, share
    flipped = _moved(state, whole, free)
    return CellTyping(
        types=state.types,
        codes=all_codes,
        source=source,
        margin=all_margin,
        support=all_support,
        weights=state.weights.astype(np.float32),
        proportions=proportions,
        nu=nu,
        energy=energy,
        share_flipped=float(flipped / max(1, len(inside))),
        sigma=state.sigma,
        notes=state.notes,
        misfit=misfit,
    )


def misfit_of(state: State) -> Singles:
    """(spot,) robust z of the log misfit; empty without a metric, 0 where nothing was counted."""
    return np.zeros(0, np.float32) if state.metric is None else robust(log_misfit(state))


def log_misfit(state: State) -> Singles:
    """(spot,) log of how far the counts stray, with a metric; NaN where nothing was counted."""
    assert state.metric is not None
    counts = state.mixtures.counts
    seen = np.diff(counts.indptr) > 0
    found = np.full(counts.shape[0], np.nan, np.float32)
    if seen.any():
        found[seen] = np.log(state.metric.misfit(counts, state.weights)[seen] + 1e-9)
    return found


def robust(values: Singles) -> Singles:
    """(spot,) values in robust standard deviations from their median; 0 for NaN."""
    seen = np.isfinite(values)
    found = np.zeros(len(values), np.float32)
    if seen.any():
        here = values[seen].astype(np.float64)
        middle = np.median(here)
        spread = 1.4826 * np.median(np.abs(here - middle))
        found[seen] = (here - middle) / max(float(spread), 1e-9)
    return found


def sureness(state: State, candidates: Candidates, codes: Codes, chance: Singles) -> Singles:
    """(spot cell,) posterior probability of its label."""
    spot = state.owner[state.spot_cells]
    at = candidates.start[spot][:, None] + np.arange(chance.shape[1])
    valid = at < candidates.start[spot + 1][:, None]
    mine = candidates.codes[np.minimum(at, len(candidates.codes) - 1)] == codes[:, None]
    return np.asarray((chance * (mine & valid)).sum(axis=1), np.float32)


def expected_shares(state: State, candidates: Candidates, chance: Singles) -> Singles:
    """(spot, type) posterior mean of whole cells, averaged with the continuous weights.

    Whole cells are right when depths are alike, weights when they are not. Over the development
    parts together the average of the two errs less than either.
    """
    cells = _mean_composition(candidates, state, chance)
    whole = _rows_to_one(cells)
    weights = _rows_to_one(state.weights)
    weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, whole)
    blend = (1 - _CONTINUOUS) * whole + _CONTINUOUS * weights
    return np.asarray(blend * (cells.sum(axis=1, keepdims=True) > 0), np.float32)


def _mean_composition(candidates: Candidates, state: State, chance: Singles) -> Singles:
    """(spot, type) expected number of cells."""
    spot = state.owner[state.spot_cells]
    per = np.diff(candidates.start)
    columns = [np.bincount(spot, chance[:, c], len(per)) for c in range(chance.shape[1])]
    summed = np.stack(columns, axis=1)
    found = np.zeros(state.weights.shape)
    row = np.repeat(np.arange(len(per)), per)
    found[row, candidates.codes] = summed[row, np.arange(len(row)) - candidates.start[row]]
    return found.astype(np.float32)


def compositions(state: State, codes: Codes) -> npt.NDArray[np.float64]:
    """(spot, type) number of cells."""
    n, k = state.weights.shape
    flat = state.owner[state.spot_cells].astype(np.int64) * k + codes
    return np.bincount(flat, minlength=n * k).reshape(n, k).astype(np.float64)


def _moved(state: State, one: Codes, other: Codes) -> float:
    """Σ ½ |difference| of the spots' compositions; of cells that differ alone, which are few."""
    apart = np.flatnonzero(one != other)
    first = state.owner[state.spot_cells[apart]].astype(np.int64) * len(state.types)
    entries, at = np.unique(
        np.concatenate([first + one[apart], first + other[apart]]), return_inverse=True
    )
    net = np.bincount(at, np.repeat([1.0, -1.0], len(apart)), len(entries))
    return float(np.abs(net).sum() / 2)


def _rows_to_one(counts: npt.NDArray[np.floating]) -> Singles:
    """Divide by the row's sum; rows without cells stay 0."""
    return (counts / np.maximum(counts.sum(axis=1, keepdims=True), 1e-12)).astype(np.float32)
