"""Packages of others that impute genes; none is a dependency."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt

    from spotscope.evaluation import ImputationCase

__all__ = ["IMPUTATION_PEERS"]

IMPUTATION_PEERS: dict[str, Callable[[ImputationCase], npt.NDArray[np.float64] | None]] = {}
