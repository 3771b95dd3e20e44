"""How many cells a spot holds, told from its counts by spots whose nuclei were seen.

Of spots i with n_i nuclei, U_i counts and D_i different genes

    n_i ~ Poisson(λ_i),   log λ_i = β₀ + β₁ log(1 + U_i) + β₂ log(1 + D_i),

by Newton's method (Nelder & Wedderburn 1972), with a pull of β₁, β₂ to 0 that matters only where
counts and genes say the same. It is held beside the plain mean count on spots that it has not seen
(every fifth, five times over); where it errs as much, the mean is what is lent.

Spots without nuclei are not learned from: some are truly empty, in others the nuclei were missed.
So what is lent is the number of a spot like those that have nuclei.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotscope.model import MethodError

__all__ = ["CountModel", "fit_counts"]

Floats = npt.NDArray[np.float64]
_FOLDS, _FEWEST = 5, 15
_STEPS, _PULL, _CONVERGED = 50, 1e-3, 1e-9


@dataclass(frozen=True, slots=True)
class CountModel:
    """Cells of a spot, from its counts.

    Parameters
    ----------
    weights
        (β₀, β₁, β₂) on standardised logarithms.
    middle, spread
        (2,) means and standard deviations of log(1 + U), log(1 + D).
    mean
        Of the spots learned from.
    most
        No spot is given more than the most that was seen.
    error, mean_error
        Mean absolute error on spots not learned from: of the regression, and of the plain mean.
    n
        Spots learned from.
    """

    weights: tuple[float, float, float]
    middle: tuple[float, float]
    spread: tuple[float, float]
    mean: float
    most: int
    error: float
    mean_error: float
    n: int

    @property
    def helps(self) -> bool:
        """Whether counts tell more than the mean does."""
        return self.error < self.mean_error

    def predict(
        self, umis: npt.NDArray[np.integer], genes: npt.NDArray[np.integer]
    ) -> npt.NDArray[np.int64]:
        """(spot,) cells, 1 or more."""
        if not self.helps:
            return np.full(len(umis), max(1, round(self.mean)), np.int64)
        x = (_logs(umis, genes) - self.middle) / self.spread
        expected = np.exp(np.clip(self.weights[0] + x @ np.array(self.weights[1:]), -20, 20))
        return np.clip(np.rint(expected), 1, self.most).astype(np.int64)

    @property
    def sentence(self) -> str:
        """What it is worth, in words."""
        told = f"counts and genes miss by {self.error:.2f} cells, the mean count by "
        told += f"{self.mean_error:.2f}, on spots not learned from ({self.n:,} spots)"
        return told if self.helps else f"{told}: so the mean is taken"


def fit_counts(
    umis: npt.NDArray[np.integer],
    genes: npt.NDArray[np.integer],
    cells: npt.NDArray[np.integer],
) -> CountModel:
    """Learn how many cells a spot has.

    Parameters
    ----------
    umis, genes
        (spot,) total counts, and genes with any.
    cells
        (spot,) nuclei seen, 1 or more.

    Raises
    ------
    MethodError
        If there are too few spots to learn from.
    """
    if len(cells) < _FEWEST:
        raise MethodError(
            f"Expected at least {_FEWEST} spots with nuclei to learn the number of cells from, "
            f"found {len(cells)}; find nuclei on more of the slide, or give the numbers (n_cells)."
        )
    logs, n = _logs(umis, genes), cells.astype(float)
    part = np.arange(len(n)) % _FOLDS
    missed, missed_by_mean = np.zeros(len(n)), np.zeros(len(n))
    for fold in range(_FOLDS):
        out = part == fold
        weights, middle, spread = _fit(logs[~out], n[~out])
        expected = np.exp(weights[0] + (logs[out] - middle) / spread @ weights[1:])
        missed[out] = np.abs(n[out] - expected)
        missed_by_mean[out] = np.abs(n[out] - n[~out].mean())
    weights, middle, spread = _fit(logs, n)
    return CountModel(
        tuple(weights.tolist()),
        tuple(middle.tolist()),
        tuple(spread.tolist()),
        float(n.mean()),
        int(n.max()),
        float(missed.mean()),
        float(missed_by_mean.mean()),
        len(n),
    )


def _logs(umis: npt.NDArray[np.integer], genes: npt.NDArray[np.integer]) -> Floats:
    return np.log1p(np.stack([umis, genes], axis=1).astype(float))


def _fit(logs: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Weights, and what the logarithms are standardised by."""
    middle, spread = logs.mean(axis=0), logs.std(axis=0)
    spread = np.where(spread > 1e-12, spread, 1.0)
    x = np.column_stack([np.ones(len(n)), (logs - middle) / spread])
    pull = np.diag([0.0, _PULL, _PULL]) * len(n)
    weights = np.array([np.log(max(n.mean(), 1e-9)), 0.0, 0.0])
    for _ in range(_STEPS):
        expected = np.exp(np.clip(x @ weights, -20, 20))
        slope = x.T @ (n - expected) - pull @ weights
        step = np.linalg.solve(x.T @ (x * expected[:, None]) + pull, slope)
        weights = weights + step
        if np.abs(step).max() < _CONVERGED:
            break
    return weights, middle, spread
