"""The work of expression, counted: products of matrices, linear systems, and numbers touched.

For G genes of evidence and T that are told, q latents (F = q (q + 1) / 2 of their products) and
spots of m cells of k types:

    split      passes over m T
    gaussian   k²/2 F G for what the counts say, (k q)² T and 3 k F T for what that means of the
               genes, 4/3 (k q)³ for the posterior, passes over k G and m T
    score      m² F G, systems of m q and their eigenvectors, and the network's n m products for
               each of its samples and steps

Learning goes over cells and genes in rounds, and tries what it learned on small spots of cells kept
back; the network's own training is steps of batches. Hiding genes asks some spots again, fold by
fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import update

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.expression import ExpressionParams
    from spotscope.pipeline._machine import MachineSpeed

__all__ = ["Work", "answering", "hiding", "joining", "learning"]

#: How often a (cell, gene) array is gone through in one answer, and in one step of learning.
_SPLIT_PASSES, _CLOSED_PASSES, _LEARN_PASSES = 150, 300, 40
#: And where it is opened, to be joined with genes that are told now.
_JOIN_PASSES = 250
#: How often a (type, gene) array of evidence is, beyond the genes that are told.
_EVIDENCE_PASSES = 60
#: Multiplications of the network for one cell and noise level: layers and their modulation.
_NETWORK = 192 * 192 * 17
#: Steps of Fisher scoring in the first round of learning and in later ones.
_FIRST_STEPS, _STEPS = 6, 3
#: Cells denoised in one step of training: a batch forwards and back, and the trials between.
_TRAINED = 3 * 512 + 2 * 10 * 2048 / 200
#: Spots and folds of hiding genes; cells kept back, how many make a spot, how often they are tried.
_HIDDEN_SPOTS, _FOLDS = 120, 3
_KEPT_SHARE, _MOST_KEPT, _OF_A_SPOT, _TRIALS = 0.15, 400, 5, 6
#: Time beside that of the work that is counted: on three sections, of 79 to 3,968 spots and 290 to
#: 19,736 genes, it took 1.9 to 2.5 times as long.
_UNCOUNTED = 2.0
#: An eigendecomposition next to the solution of a system of its size.
_EIGEN = 8.0


@dataclass(frozen=True, slots=True)
class Work:
    """Multiplications in products and in systems, and numbers touched."""

    products: float = 0.0
    solves: float = 0.0
    numbers: float = 0.0

    def __add__(self, other: Work) -> Work:
        """Both, one after the other."""
        return Work(
            self.products + other.products,
            self.solves + other.solves,
            self.numbers + other.numbers,
        )

    def __rmul__(self, times: int) -> Work:
        """So many times the same."""
        return Work(times * self.products, times * self.solves, times * self.numbers)

    def seconds(self, speed: MachineSpeed) -> float:
        """How long it takes, with what is not counted: gathering, writing, waiting for memory."""
        counted = self.products / speed.products + self.solves / speed.solves
        return _UNCOUNTED * (counted + self.numbers / speed.numbers)


def answering(
    params: ExpressionParams,
    cells: npt.NDArray[np.integer],
    types: npt.NDArray[np.integer],
    outside: int,
    genes: int,
    told: int | None = None,
) -> Work:
    """Of all tiers up to the one asked for.

    Parameters
    ----------
    params
        With the method.
    cells, types
        (spot,) m and k.
    outside
        Cells that no spot sees.
    genes, told
        G, and T, as many by default.
    """
    told = genes if told is None else told
    m, k = cells.astype(float), types.astype(float)
    q = params.rank + 1
    flat = q * (q + 1) / 2
    work = Work(numbers=told * (_SPLIT_PASSES * m.sum() + 20 * outside))
    if params.method == "split":
        return work
    alone = m == 1
    several = np.where(alone, 0, k * q)
    products = genes * (flat * k * k / 2).sum() + told * (3 * flat * k + several**2).sum()
    # a cell alone goes several steps, each with a system of its own
    solves = (4 / 3 * several**3).sum() + alone.sum() * _FIRST_STEPS * 2 * q**3
    evidence = _EVIDENCE_PASSES * (genes - told) * k.sum()
    work += Work(products, solves, told * _CLOSED_PASSES * m.sum() + evidence)
    if params.method == "gaussian":
        return work
    dense = (m * m * flat * genes).sum()
    network = m.sum() * params.n_samples * params.n_steps * _NETWORK
    guided = (4 * params.n_samples * params.n_steps * (m * q) ** 2).sum()
    systems = ((2 + _EIGEN) * 4 / 3 * (m * q) ** 3).sum()
    return work + Work(dense + network + guided, systems, told * _CLOSED_PASSES * m.sum())


def hiding(
    params: ExpressionParams,
    cells: npt.NDArray[np.integer],
    types: npt.NDArray[np.integer],
    genes: int,
) -> Work:
    """Of telling each of the genes from others, to see how well that is done."""
    if params.method == "score":  # the closed form is asked in its place
        params = update(params, method="gaussian")
    some = slice(0, _HIDDEN_SPOTS)
    told = genes // _FOLDS
    return _FOLDS * answering(params, cells[some], types[some], 0, genes - told, told)


def joining(cells: int, told: int) -> Work:
    """Of genes that come to others, where what the spots said is kept."""
    return Work(numbers=float(_JOIN_PASSES) * cells * told)


def learning(params: ExpressionParams, cells: int, genes: int) -> Work:
    """Of learning once from so many cells of a reference."""
    work = Work(numbers=4.0 * cells * genes)
    if params.method == "split":
        return work
    n, q = min(cells, params.max_cells), params.rank + 1
    flat = q * (q + 1) / 2
    steps = _FIRST_STEPS + _STEPS * (params.rounds - 1)
    work += Work(
        n * genes * flat * (2 * steps + 3 * params.rounds),
        n * steps * 2 * q**3,
        n * genes * _LEARN_PASSES * (steps + params.rounds),
    )
    spots = min(int(_KEPT_SHARE * n), _MOST_KEPT) // _OF_A_SPOT
    tried = np.full(spots, _OF_A_SPOT), np.full(spots, _OF_A_SPOT - 1)
    work += _TRIALS * answering(update(params, method="gaussian"), *tried, 0, genes)
    if params.method == "gaussian":
        return work
    return work + Work(products=params.train_steps * _TRAINED * _NETWORK)
