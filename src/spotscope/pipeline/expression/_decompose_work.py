"""The work of expression, counted: products of matrices, linear systems, and numbers touched.

For G genes of evidence and T that are told, q latents (F = q (q + 1) / 2 of their products) and
spots of m cells of k types:

    split      passes over m T
    gaussian   k²/2 F G for what the counts say, (k q)² T and 3 k F T for what that means of the
               genes, 4/3 (k q)³ for the posterior, passes over k G and m T
    score      m² F G, systems of m q and their eigenvectors, and the network's n m products for
               each of its samples and steps

Learning goes over cells and genes in rounds; the network's own training is steps of batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.methods.expression import ExpressionParams
    from spotscope.pipeline._machine import MachineSpeed

__all__ = ["Work", "answering", "learning"]

#: How often a (cell, gene) array is gone through in one answer, and in one step of learning.
_SPLIT_PASSES, _CLOSED_PASSES, _LEARN_PASSES = 150, 300, 40
#: How often a (type, gene) array of evidence is, beyond the genes that are told.
_EVIDENCE_PASSES = 60
#: Multiplications of the network for one cell and noise level: layers and their modulation.
_NETWORK = 192 * 192 * 17
#: Steps of Fisher scoring in the first round of learning and in later ones.
_FIRST_STEPS, _STEPS = 6, 3
#: Cells denoised in one step of training: a batch forwards and back, and the trials between.
_TRAINED = 3 * 512 + 2 * 10 * 2048 / 200
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

    def seconds(self, speed: MachineSpeed) -> float:
        """How long it takes."""
        return (
            self.products / speed.products
            + self.solves / speed.solves
            + self.numbers / speed.numbers
        )


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
    if params.method == "gaussian":
        return work
    return work + Work(products=params.train_steps * _TRAINED * _NETWORK)
