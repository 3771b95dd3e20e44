"""How cells of one type differ: directions shared by all types, and how sure they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Factors", "prior_base"]

Floats = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Differences between cells of one type.

    Parameters
    ----------
    loadings
        (gene, q) W; the first column is 1 (depth).
    spread
        (type, q) s.
    dispersion
        (type, gene) ψ.
    doubt
        (gene, q) variance of the loadings, as far as the reference leaves them unsure.
    caution
        T, how many genes count as one piece of evidence; see ``_calibrate``.
    """

    loadings: F32
    spread: Floats
    dispersion: F32
    doubt: F32
    caution: float = 1.0


def prior_base(log_means: F32, factors: Factors, codes: npt.NDArray[np.integer]) -> F32:
    """(cell, gene) b of cells whose mean rates are e^log_means: mean kept, as e^h is skewed."""
    excess = 0.5 * (factors.spread @ (factors.loadings.astype(np.float64) ** 2).T)
    return log_means - excess.astype(np.float32)[codes]
