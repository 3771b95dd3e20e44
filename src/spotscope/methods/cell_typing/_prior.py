"""What is known of a cell besides the counts: its neighbours, and its looks.

    E(k) = Σ_i NLL_i + ν Σ_{edges ab} w_ab (1 - J[k_a, k_b]) - Σ_a u_a[k_a]

J is 1 for a type beside itself. In the plain Potts prior it is 0 for all other pairs; learned (see
:mod:`_compatibility`), two types that are found together have more, and two that shun one another
less than 0. u_a[k] is what the looks of nucleus a say for type k (see :mod:`_looks`), in nats.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = ["NO_LOOKS", "POTTS", "Prior", "liking"]

#: No learned compatibility.
POTTS = np.zeros((0, 0))
#: Nothing known of any nucleus.
NO_LOOKS = np.zeros((0, 0), np.float32)


class Prior(NamedTuple):
    """Everything a compiled kernel needs besides the graph.

    Parameters
    ----------
    nu
        ν, in nats.
    looks
        (cell, type) float32 u; (0, 0) where nothing is known.
    like
        (type, type) J, symmetric, ones on its diagonal; (0, 0) for Potts.
    """

    nu: float
    looks: npt.NDArray[np.float32]
    like: npt.NDArray[np.float64]


@njit(cache=True, nogil=True)
def liking(prior, k, other):  # type: ignore[no-untyped-def]
    """J[k, other]."""
    if len(prior.like):
        return prior.like[k, other]
    return 1.0 if k == other else 0.0
