"""Scores beside the same scores of shuffled places."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from spotscope.pipeline.analyses._answer import adjusted

__all__ = ["Null", "Q", "against_shuffled"]

Floats = npt.NDArray[np.float64]
#: Below this q a row is counted as passing.
Q = 0.05
#: So many shuffles are themselves taken for what was seen.
_CHECKED = 50


class Null(NamedTuple):
    """What shuffling says of scores.

    Parameters
    ----------
    p
        (row,) share of shuffles with as high a score, what was seen counted among them.
    q
        (row,) of a normal curve through the shuffles' scores, adjusted for the number of rows.
    false
        How many rows pass q < 0.05 when a shuffle is taken for what was seen, on average.
    """

    p: Floats
    q: Floats
    false: float


def against_shuffled(seen: Floats, shuffled: Floats) -> Null:
    """Compare scores with those of shuffled places; high scores are what is looked for.

    Parameters
    ----------
    seen
        (row,) scores.
    shuffled
        (shuffle, row) the same scores of shuffled places.
    """
    n = len(shuffled)
    mean, square = shuffled.mean(axis=0), (shuffled**2).mean(axis=0)
    # the same order of places twice is a tie, whatever was rounded
    p = ((shuffled >= seen - 1e-7).sum(axis=0) + 1) / (n + 1)
    false = []
    for one in shuffled[:_CHECKED]:
        # mean and spread of the others
        left = (n * mean - one) / (n - 1)
        q = _adjusted(one, left, (n * square - one**2) / (n - 1) - left**2)
        false.append(int((q < Q).sum()))
    return Null(p, _adjusted(seen, mean, square - mean**2), float(np.mean(false)))


def _adjusted(score: Floats, mean: Floats, variance: Floats) -> Floats:
    z = (score - mean) / np.sqrt(np.maximum(variance, 1e-18))
    return adjusted(np.asarray(ndtr(-z), float))
