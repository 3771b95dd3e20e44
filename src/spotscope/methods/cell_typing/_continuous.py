"""Continuous weights of every type in every spot.

    w_i = argmin over w ≥ 0 of NLL_i(w) = - Σ_g ln P_σ( y_ig | n_i Σ_k w_k μ'_kg + floor_i )

("full mode" of Cable et al. 2022; n_i the spot's total counts, so that Σ_k w_ik ≈ 1.) All spots
share μ', so a block of them takes a Newton step with three matrix products: the rates, the
gradient, and the Hessian, whose products μ'_kg μ'_lg are made once. Dropping each gene's convex
curvature of ln P keeps the Hessian positive semi-definite. The step with w + d ≥ 0 is found by
coordinate descent, halved until the likelihood improves; spots that stand still leave the block.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numba import njit

from spotscope.methods.cell_typing._likelihood import block_nll, block_slopes
from spotscope.methods.cell_typing._threads import over_blocks
from spotscope.model import NotConvergedWarning, Progress

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.methods.cell_typing._noise import Table
    from spotscope.model import Task

__all__ = ["Mixtures", "fit_weights", "nonnegative_steps"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]

_MAX_STEPS = 60
_TOLERANCE = 1e-3
#: Values a block holds: small enough for the processor's cache.
_BLOCK_VALUES = 400_000
_MAX_ROWS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Mixtures:
    """What a spot's counts are explained by.

    Parameters
    ----------
    counts
        (spot, gene) CSR int32, marker genes only.
    umis
        (spot,) total counts over *all* genes.
    floor
        (spot,) float32 expected count of a gene that no type expresses.
    profiles
        (type, gene) float32 μ', platform effect included.
    """

    counts: sp.csr_matrix
    umis: Floats
    floor: Singles
    profiles: Singles

    def take(self, spots: npt.NDArray[np.intp]) -> Mixtures:
        """Only some spots."""
        return Mixtures(self.counts[spots], self.umis[spots], self.floor[spots], self.profiles)


def fit_weights(mixtures: Mixtures, table: Table, stage: str) -> Task[Floats]:
    """Weights (spot, type), by blocks of spots; rows need not sum to 1.

    Warns
    -----
    NotConvergedWarning
        If spots still move after the most steps there are: they have their best weights so far.
    """
    n, k = mixtures.counts.shape[0], len(mixtures.profiles)
    upper = np.triu_indices(k)
    products = np.ascontiguousarray((mixtures.profiles[upper[0]] * mixtures.profiles[upper[1]]).T)
    weights = np.zeros((n, k))
    moving: list[int] = []

    def solve(first: int, last: int) -> None:
        block = _Block(mixtures.take(np.arange(first, last)), table, products, upper)
        for _ in range(_MAX_STEPS):
            if not block.step():
                break
        moving.append(len(block.active))
        weights[first:last] = block.weights

    yield Progress(stage, 0, n)
    size = max(16, _BLOCK_VALUES // max(1, mixtures.counts.shape[1]))
    for done in over_blocks(solve, n, min(size, _MAX_ROWS)):
        yield Progress(stage, done, n)
    if any(moving):
        said = (
            f"Expected the weights of types to stand still within {_MAX_STEPS} steps, found "
            f"{sum(moving):,} of {n:,} spots still moving; theirs are the best so far. Types that "
            "look alike do this: merge them in the reference."
        )
        warnings.warn(NotConvergedWarning(said), stacklevel=2)
    return weights


class _Block:
    """Newton steps on a block of spots; ``active`` are those still moving."""

    def __init__(
        self,
        block: Mixtures,
        table: Table,
        products: Singles,
        upper: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
    ) -> None:
        self.counts = block.counts.toarray()
        self.umis = block.umis.astype(np.float32)
        self.floor = block.floor
        self.profiles = block.profiles
        self.table, self.products, self.upper = table, products, upper
        self.weights = np.full((len(self.umis), len(self.profiles)), 1.0 / len(self.profiles))
        self.active = np.flatnonzero(block.umis > 0)
        self.weights[block.umis == 0] = 0.0

    def rates(self, spots: npt.NDArray[np.intp], weights: Floats) -> Singles:
        scaled: Singles = weights.astype(np.float32) * self.umis[spots, None]
        return np.asarray(scaled @ self.profiles, np.float32)

    def step(self) -> bool:
        """Move every active spot once; whether any is still moving."""
        now = self.active
        if not len(now):
            return False
        counts, floor, w = self.counts[now], self.floor[now], self.weights[now]
        x = self.rates(now, w)
        d1, d2, nll = np.empty_like(x), np.empty_like(x), np.empty(len(now))
        block_slopes(0, len(now), counts, x, floor, self.table, d1, d2, nll)
        n = self.umis[now, None]
        gradient = -(d1 @ self.profiles.T) * n
        hessian = (d2 @ self.products) * (n * n)
        move = nonnegative_steps(hessian, gradient, w, self.upper)
        length = self._line_search(now, counts, floor, move, nll)
        self.weights[now] = np.maximum(w + length[:, None] * move, 0.0)
        moved = (length[:, None] * np.abs(move)).sum(axis=1)
        self.active = now[moved > _TOLERANCE * np.maximum(self.weights[now].sum(axis=1), 0.1)]
        return len(self.active) > 0

    def _line_search(
        self,
        now: npt.NDArray[np.intp],
        counts: npt.NDArray[np.int32],
        floor: Singles,
        move: Floats,
        nll: Floats,
    ) -> Floats:
        """Length of each spot's step: 1, then shorter, 0 when nothing improves."""
        length = np.ones(len(now))
        worse = np.arange(len(now))
        for _ in range(8):
            tried = self.weights[now[worse]] + length[worse, None] * move[worse]
            x = self.rates(now[worse], np.maximum(tried, 0.0))
            after = np.empty(len(worse))
            block_nll(0, len(worse), counts[worse], x, floor[worse], self.table, after)
            worse = worse[after > nll[worse] + 1e-6 * np.abs(nll[worse])]
            if not len(worse):
                return length
            length[worse] *= 0.4
        length[worse] = 0.0
        return length


def nonnegative_steps(
    hessian: npt.NDArray[np.floating],
    gradient: npt.NDArray[np.floating],
    weights: Floats,
    upper: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]],
) -> Floats:
    """Minimise g·d + ½ d·H d with weights + d ≥ 0, row by row.

    Parameters
    ----------
    hessian
        (row, pair) upper triangles in the order of ``upper``; one row serves all when it is alone.
    gradient, weights
        (row, type).
    upper
        ``np.triu_indices(n_types)``.
    """
    move = np.zeros(weights.shape)
    _descend(
        0,
        len(weights),
        np.ascontiguousarray(hessian, np.float64),
        np.ascontiguousarray(gradient, np.float64),
        np.ascontiguousarray(weights, np.float64),
        upper[0],
        upper[1],
        move,
    )
    return move


@njit(cache=True, nogil=True)
def _descend(first, last, pairs, gradient, weights, row, column, move):  # type: ignore[no-untyped-def]
    """Cyclic coordinate descent; ``slope`` is kept equal to g + H d."""
    k = weights.shape[1]
    h = np.zeros((k, k))
    for i in range(first, last):
        source = i if pairs.shape[0] > 1 else 0
        for p in range(len(row)):
            h[row[p], column[p]] = pairs[source, p]
            h[column[p], row[p]] = pairs[source, p]
        trace = 0.0
        for a in range(k):
            trace += h[a, a]
        for a in range(k):
            h[a, a] += 1e-7 * trace + 1e-12
        slope = gradient[i].copy()
        d = move[i]
        for _ in range(300):
            largest = 0.0
            for a in range(k):
                wanted = max(d[a] - slope[a] / h[a, a], -weights[i, a])
                change = wanted - d[a]
                if change != 0.0:
                    for b in range(k):
                        slope[b] += h[a, b] * change
                    d[a] = wanted
                    largest = max(largest, abs(change))
            if largest < 1e-6:
                break
