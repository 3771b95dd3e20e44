"""The learning rate of every step: up in a line, down in half a cosine."""

from __future__ import annotations

from math import cos, pi
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spotscope.training._params import TrainParams

__all__ = ["learning_rate"]

#: The last step still learns this share of the largest rate.
_END = 0.01


def learning_rate(step: int, params: TrainParams) -> float:
    """Learning rate of step 0 … ``params.steps - 1``."""
    rise = min(1.0, (step + 1) / params.warm_up) if params.warm_up else 1.0
    way = min(1.0, step / params.steps)
    return params.learning_rate * rise * (_END + (1 - _END) * 0.5 * (1 + cos(pi * way)))
