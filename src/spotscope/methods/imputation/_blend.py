"""Several answers made one, as far as each was right about genes that were measured.

Some of the panel's genes are hidden in turn and told by every method; with x the measured counts,
z(.) a gene's values brought to mean 0 and deviation 1 over the cells,

    z(x) ≈ Σ_m w_m z(x_m),   w ≥ 0

is solved over all of them at once, and the same weights serve the genes that nobody measured. The
answer is put back to counts by one method's mean and deviation of each gene.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spotscope.methods.imputation._tables import Floats

__all__ = ["Blend", "fit_blend", "inner_folds"]

F32 = npt.NDArray[np.float32]

#: Genes that are needed to weigh methods by.
_FEWEST = 5


def inner_folds(n_genes: int, folds: int, seed: int) -> list[npt.NDArray[np.intp]]:
    """Genes to hide in turn; none where there are too few to learn anything from."""
    if n_genes < max(_FEWEST, 2 * folds):
        return []
    order = np.random.default_rng(seed).permutation(n_genes)
    return [np.sort(part) for part in np.array_split(order, folds)]


@dataclass(frozen=True, slots=True, eq=False)
class Blend:
    """How much each method is worth.

    Parameters
    ----------
    names
        Methods.
    weights
        (method,) w, not all 0.
    level
        The method that says how much of a gene there is, and how far it varies.
    """

    names: tuple[str, ...]
    weights: Floats
    level: str

    def answer(self, members: Iterable[tuple[str, npt.NDArray[np.floating]]]) -> F32:
        """(cell, gene) expected counts.

        Parameters
        ----------
        members
            Each method's name and (cell, gene) expected counts; read one at a time.
        """
        worth = dict(zip(self.names, self.weights / self.weights.sum(), strict=True))
        way, scale, nothing = None, None, None
        for name, found in members:
            mean, sd, z = _standardised(found)
            if name == self.level:
                scale, nothing = (mean, sd), ~np.asarray(found).any(axis=1)
            way = worth[name] * z if way is None else way + worth[name] * z
        assert way is not None
        assert scale is not None
        answer = scale[0] + scale[1] * _standardised(way)[2]
        answer[nothing] = 0
        return np.maximum(answer, 0).astype(np.float32)


def fit_blend(
    answers: Sequence[Mapping[str, npt.NDArray[np.floating]]],
    truths: Sequence[npt.NDArray[np.floating]],
    names: Sequence[str],
    level: str,
) -> Blend:
    """Weigh methods by genes that were hidden and told.

    Parameters
    ----------
    answers
        Of each fold, (cell, hidden gene) by method.
    truths
        (cell, hidden gene) measured counts.
    names
        Methods. Without folds all are worth the same.
    level
        That says how much of a gene there is, and how far it varies.
    """
    from scipy.optimize import nnls

    n = len(names)
    gram, right = 1e-6 * np.eye(n), np.zeros(n)
    for found, truth in zip(answers, truths, strict=True):
        seen = np.asarray(truth).max(axis=0) > 0
        target = _standardised(truth[:, seen])[2].ravel()
        columns = np.stack([_standardised(found[name][:, seen])[2].ravel() for name in names])
        gram += columns @ columns.T
        right += columns @ target
    half = np.linalg.cholesky(gram + 1e-6 * np.trace(gram) * np.eye(n))
    weights, _ = nnls(half.T, np.linalg.solve(half, right))
    return Blend(tuple(names), weights if weights.any() else np.ones(n), level)


def _standardised(values: npt.NDArray[np.floating]) -> tuple[Floats, Floats, Floats]:
    """(gene,) means and deviations, and (cell, gene) values with neither."""
    values = np.asarray(values, float)
    mean, sd = values.mean(axis=0), values.std(axis=0)
    z = np.divide(values - mean, sd, out=np.zeros_like(values), where=sd > 1e-12)
    return mean, sd, z
