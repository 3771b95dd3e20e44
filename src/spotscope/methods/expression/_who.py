"""Which nucleus is which: a spot's answers, shared out among its nuclei as their types are sure.

Counts tell what the cells of a spot are, hardly which nucleus is which of them. With π_i the
probability of nucleus i's type and k its label, the nuclei i and j of a spot are the same cell with

    B_ij = π_i [i = j] + (1 - π_i) [k_j ≠ k_i] / #{j : k_j ≠ k_i},      W = D_1 B D_2,

rows and columns of W summing to 1 (Sinkhorn and Knopp 1967): every nucleus is some cell, and every
cell some nucleus. With m and s² the mean and variance of the labelled cells, those of a nucleus are

    m̄ = W m,        s̄² = W (s² + m²) - m̄².

As columns sum to 1, the means of a spot sum to what they summed to. Types that are certain change
nothing, and nuclei of one type, whose answers are alike, are not exchanged.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from spotscope.methods.expression._describe import Described

__all__ = ["exchanged", "who_is_who"]

F32 = npt.NDArray[np.float32]

_ROUNDS = 100
#: So near that a spot's answer does not show which other spots it was asked with.
_NEAR = 1e-6
#: A chance of 0 would let no nucleus keep its own cell.
_LEAST = 1e-3


def who_is_who(codes: npt.NDArray[np.integer], support: npt.ArrayLike) -> F32:
    """W of spots with equally many cells.

    Parameters
    ----------
    codes
        (spot, cell) labels.
    support
        (spot, cell) probability of each label, 0 to 1; NaN counts as certain.

    Returns
    -------
    (spot, cell, cell); columns sum to 1, rows nearly.
    """
    sure = np.clip(np.nan_to_num(np.asarray(support, float), nan=1.0), _LEAST, 1.0)
    other = codes[:, :, None] != codes[:, None, :]
    n_other = other.sum(axis=2, keepdims=True)
    # in a spot of one type there is no other cell that a nucleus could be
    sure = np.where(n_other[..., 0] == 0, 1.0, sure)[..., None]
    shared = np.where(other, (1 - sure) / np.maximum(n_other, 1), 0.0)
    found = shared + sure * np.eye(codes.shape[1])
    for _ in range(_ROUNDS):
        found /= found.sum(axis=2, keepdims=True)
        columns = found.sum(axis=1, keepdims=True)
        found /= columns
        if abs(columns - 1).max(initial=0) < _NEAR:
            break
    return found.astype(np.float32)


def exchanged(found: Described, who: F32) -> Described:
    """Mean, spread and what data told of every nucleus, averaged over the cells it may be.

    Parameters
    ----------
    found
        (spot, cell, gene) of the labelled cells.
    who
        (spot, cell, cell) as :func:`who_is_who` gives it.

    Returns
    -------
    The same with other means, deviations and told shares. ``shares``, by which whole counts are
    given out, stay those of the labelled cells.
    """
    mean = who @ found.mean
    square = found.sd * found.sd  # from here on in place: a picture waits for it
    square += found.mean * found.mean
    square = who @ square
    square -= mean * mean
    np.maximum(square, 0, out=square)
    return replace(found, mean=mean, sd=np.sqrt(square), explained=who @ found.explained)
