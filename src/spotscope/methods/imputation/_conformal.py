"""Intervals that hold what they say, learned from hidden genes (split conformal).

With m what was told and y what was counted, the score of a value is |y - m| / √(m + φ m²). Of the
values told at about the same level, the interval takes in the smallest scores until it holds the
share wanted; the next gene's values are held as often, as far as it is a gene like those. (Vovk et
al. 2005; by level because the score is not equally distributed everywhere.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from spotscope.methods.imputation._tables import Floats

__all__ = ["Conformal", "fit_conformal"]

F32 = npt.NDArray[np.float32]

_LEVELS = 10
_FEWEST = 200


@dataclass(frozen=True, slots=True, eq=False)
class Conformal:
    """How far counts lie from what was told.

    Parameters
    ----------
    edges
        (level - 1,) of m.
    reach
        (level,) scores that hold the share wanted.
    typical
        (level,) root mean square score.
    noise
        φ.
    share
        Held by an interval.
    """

    edges: Floats
    reach: Floats
    typical: Floats
    noise: float
    share: float

    def interval(self, mean: npt.NDArray[np.floating]) -> tuple[F32, F32]:
        """Bounds of the counts for what was told, of any shape."""
        m = np.asarray(mean, float)
        width = self.reach[np.searchsorted(self.edges, m)] * _scale(m, self.noise)
        return np.maximum(m - width, 0).astype(np.float32), (m + width).astype(np.float32)

    def sd(self, mean: npt.NDArray[np.floating]) -> F32:
        """Root mean square distance of the counts from what was told."""
        m = np.asarray(mean, float)
        level = np.searchsorted(self.edges, m)
        return np.asarray(self.typical[level] * _scale(m, self.noise), np.float32)


def fit_conformal(
    told: npt.NDArray[np.floating], counted: npt.NDArray[np.floating], share: float = 0.9
) -> Conformal:
    """Learn from values of hidden genes.

    Parameters
    ----------
    told, counted
        (value,) m and y.
    share
        To be held.
    """
    m, y = np.asarray(told, float), np.asarray(counted, float)
    noise = float(np.clip(((y - m) ** 2 - m).sum() / max(float((m**2).sum()), 1e-12), 0, 10))
    levels = int(np.clip(len(m) // _FEWEST, 1, _LEVELS))
    edges = np.unique(np.quantile(m, np.arange(1, levels) / levels))
    place = np.searchsorted(edges, m)
    score = np.abs(y - m) / _scale(m, noise)
    reach, typical = np.zeros(len(edges) + 1), np.zeros(len(edges) + 1)
    for level in range(len(edges) + 1):
        here = np.sort(score[place == level])
        rank = int(np.ceil(share * (len(here) + 1))) - 1
        reach[level] = here[min(rank, len(here) - 1)] if len(here) else score.max()
        typical[level] = np.sqrt((here**2).mean()) if len(here) else 1.0
    return Conformal(edges, reach, typical, noise, share)


def _scale(m: Floats, noise: float) -> Floats:
    return np.sqrt(m + noise * m * m + 1e-6)
