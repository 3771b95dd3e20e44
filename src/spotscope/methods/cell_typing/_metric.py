"""Spots weighed by what cells of a reference vary in: the Gaussian evidence of a composition.

A spot of cells c = (c_1 … c_K) has the expected counts c·B, B the (type, gene) counts of one cell,
and counts stray from that by chance and because no two cells of a type are alike. Per cell,

    V = diag(poisson + between) + L Lᵀ,

the same for all spots of a section, made from its own mean: a gene that the spot's types lack must
not be certain to be absent, since transcripts spread and outlines err. With s the cells a spot's
counts amount to, its counts y are N(c·B, s V). All that they say about c is then K numbers and one
K × K matrix for the whole section,

    ln P(y | c) = b·c - ½ c A c + …,    A = B V⁻¹ Bᵀ / s,   b = B V⁻¹ y / s,

so a composition costs nothing to evaluate. Depth is uncertain twice over: each type's cells by τ
(their sum by E_k τ, E_k the expected number), and the whole spot by a factor of about e:

    T = τ diag(E) + E Eᵀ,     A ← (1 + A T)⁻¹ A,    b ← (1 + A T)⁻¹ b.

This is generalised least squares. It needs no choice of marker genes: a gene weighs what it tells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._products import times

if TYPE_CHECKING:
    from collections.abc import Iterator

    import scipy.sparse as sp

    from spotscope.methods.cell_typing._candidates import Candidates

__all__ = ["Metric", "quadratics"]

Floats = npt.NDArray[np.float64]

#: τ: relative variance of a cell's depth that the whole spot does not share.
_DEPTH = 0.1
_SPOT_DEPTH = 1.0
_FEWEST_CELLS = 0.2
#: Spots whose misfit is found together.
_SPOTS_AT_ONCE = 16_384
#: Values of spots' matrices that are solved together.
_VALUES_AT_ONCE = 2**18


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """What a section's spots are weighed with; all in the spots' counts, per cell.

    Parameters
    ----------
    profiles
        (type, gene) B.
    poisson, between
        (gene,) variance by chance, and between cells.
    directions
        (gene, direction) L.
    per_cell
        Counts of these genes that a cell of the section gives.
    """

    profiles: Floats
    poisson: Floats
    between: Floats
    directions: Floats
    per_cell: float

    def solved(self) -> tuple[Floats, Floats]:
        """A (type, type) of one cell, and B V⁻¹ (type, gene)."""
        inverse = 1 / (self.poisson + self.between)
        plain = self.profiles * inverse
        spread = self.directions.T * inverse
        inner = np.eye(self.directions.shape[1]) + spread @ self.directions
        weigh = plain - (plain @ self.directions) @ np.linalg.solve(inner, spread)
        bend = weigh @ self.profiles.T
        return (bend + bend.T) / 2, weigh

    def cells_seen(self, counts: sp.csr_matrix) -> Floats:
        """(spot,) s, the cells that its counts amount to."""
        total = np.asarray(counts.sum(axis=1), float).ravel()
        return np.maximum(total / max(self.per_cell, 1e-12), _FEWEST_CELLS)

    def misfit(self, counts: sp.csr_matrix, weights: Floats) -> Floats:
        """(spot,) how far the counts stray from the weights: rᵀ (s V)⁻¹ r over the genes.

        Parameters
        ----------
        counts
            (spot, gene).
        weights
            (spot, type) cells.
        """
        n, at_once = counts.shape[0], _SPOTS_AT_ONCE
        parts = [slice(first, first + at_once) for first in range(0, n, at_once)]
        each = [self._misfit(counts[part], weights[part]) for part in parts]
        return np.concatenate(each) if each else np.zeros(0)

    def _misfit(self, counts: sp.csr_matrix, weights: Floats) -> Floats:
        """Of some spots."""
        inverse = 1 / (self.poisson + self.between)
        bend, weigh = self.solved()
        along = times(counts, self.directions * inverse[:, None])
        inner = np.eye(self.directions.shape[1]) + (self.directions.T * inverse) @ self.directions
        squares = times(counts, inverse, squared=True)
        squares = squares - (along * np.linalg.solve(inner, along.T).T).sum(axis=1)
        pull = times(counts, weigh.T)
        left = squares - 2 * (weights * pull).sum(axis=1) + ((weights @ bend) * weights).sum(axis=1)
        return np.asarray(np.maximum(left, 0.0) / self.cells_seen(counts) / counts.shape[1])

    def thinned(self, share: float) -> Metric:
        """The same when only a share of all counts is seen."""
        return replace(
            self,
            profiles=share * self.profiles,
            poisson=share * self.poisson,
            between=share**2 * self.between,
            directions=share * self.directions,
            per_cell=share * self.per_cell,
        )

    def rescaled(self, effects: Floats) -> Metric:
        """Genes caught more or less by e^γ than in the reference."""
        return replace(
            self, profiles=self.profiles * effects, directions=self.directions * effects[:, None]
        )


def _alike(per: npt.NDArray[np.int64]) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """(number of candidates, spots that have so many), some spots at a time."""
    for width in np.unique(per):
        spots = np.flatnonzero(per == width)
        at_once = max(1, _VALUES_AT_ONCE // max(1, int(width) ** 2))
        for first in range(0, len(spots), at_once):
            yield int(width), spots[first : first + at_once]


def quadratics(
    metric: Metric,
    counts: sp.csr_matrix,
    expected: Floats,
    log_mix: Floats,
    candidates: Candidates,
) -> tuple[Floats, Floats, npt.NDArray[np.int64]]:
    """A and b of every spot on its candidates.

    Parameters
    ----------
    metric
        Of the section.
    counts
        (spot, gene).
    expected
        (spot, type) E.
    log_mix
        (type,) log of the share of each type in the section, added to b: a rare type needs more.
    candidates
        Of every spot, C_i of them.

    Returns
    -------
    bend
        A of all spots, one after another, row by row.
    pull
        b, in the order of ``candidates.codes``.
    start
        (spot + 1,) where a spot's A begins.
    """
    one, weigh = metric.solved()
    cells = metric.cells_seen(counts)
    seen = times(counts, weigh.T) / cells[:, None]
    per = np.diff(candidates.start)
    start = np.concatenate([[0], np.cumsum(per**2)]).astype(np.int64)
    bend, pull = np.empty(start[-1]), np.empty(len(candidates.codes))
    for width, spots in _alike(per):
        at = candidates.start[spots][:, None] + np.arange(width)
        types = candidates.codes[at]
        rows = spots[:, None]
        have = expected[rows, types]
        a = one[types[:, :, None], types[:, None, :]] / cells[spots][:, None, None]
        loose = _SPOT_DEPTH * have[:, :, None] * have[:, None, :]
        loose[:, np.arange(width), np.arange(width)] += _DEPTH * have
        inner = np.eye(width) + a @ loose
        both = np.concatenate([a, seen[rows, types][:, :, None]], axis=2)
        found = np.linalg.solve(inner, both)
        squares = start[spots][:, None] + np.arange(width**2)
        a = (found[:, :, :-1] + found[:, :, :-1].transpose(0, 2, 1)) / 2
        bend[squares] = a.reshape(len(spots), -1)
        pull[at] = found[:, :, -1] + log_mix[types]
    return bend, pull, start
