"""Doublet mode: whether a bead (Slide-seq) holds cells of one type, of two, or of none we know.

From the fits of :mod:`_pair_fits`, in nats, with s₂ the lowest of all pairs and (t, u) that pair:

* a type is *sure* when every pair within ``bead_doubt`` of s₂ has it;
* neither t nor u sure: *reject*; one of them: *doublet, uncertain*, the sure one first; both:
  *doublet, certain*, the better of the two alone first;
* but where the best single type is less than ``bead_gain`` behind s₂, the bead is a *singlet* of
  that type, unless it was rejected.

The rule and its thresholds (10 and 25) are those that Cable et al. (2022) describe; likelihood,
weights and noise are ours, as in the fit of all types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._bead_result import BeadKind, BeadTyping
from spotscope.methods.cell_typing._candidates import choose_candidates
from spotscope.methods.cell_typing._pair_fits import fit_pairs
from spotscope.methods.cell_typing._sigma import table_of

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._pair_fits import PairFits
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.methods.cell_typing._state import State
    from spotscope.model import Task

__all__ = ["judge", "judge_beads"]

#: Share of a bead's weights above which a type is tried in pairs.
_CANDIDATE = 0.01
_STAGE = "one type or two"


def judge_beads(state: State, params: CellTypingParams) -> Task[BeadTyping]:
    """Judge the beads of a fit of counts.

    Parameters
    ----------
    state
        With weights and σ.
    params
        Thresholds, and the most types considered for a bead.
    """
    n = len(state.weights)
    one_each = np.ones(n, np.int64)
    candidates = choose_candidates(
        state.weights, one_each, _CANDIDATE, params.max_candidates, state.mix
    )
    table = table_of(state.sigma, state.mixtures)
    fits = yield from fit_pairs(state.mixtures, state.weights, candidates, table, _STAGE)
    return judge(fits, candidates, state.types, params.bead_doubt, params.bead_gain)


def judge(
    fits: PairFits, candidates: Candidates, types: tuple[str, ...], doubt: float, gain: float
) -> BeadTyping:
    """The rule of the module.

    Parameters
    ----------
    fits
        Of every bead.
    candidates
        Behind the rows and columns of the fits; at least two of every bead.
    types
        Names.
    doubt, gain
        Thresholds in nats.
    """
    n, most = fits.one.shape
    row = np.arange(n)
    best = fits.two.reshape(n, -1).argmin(axis=1)
    t, u = best // most, best % most
    lowest = fits.two[row, t, u]
    near = fits.two < lowest[:, None, None] + doubt
    # a pair without t that comes near: t is not sure
    sure_t = near.any(axis=(1, 2)) & (_without(near, t) == 0)
    sure_u = near.any(axis=(1, 2)) & (_without(near, u) == 0)
    swap = (sure_u & ~sure_t) | (sure_t & sure_u & (fits.one[row, u] < fits.one[row, t]))
    first, second = np.where(swap, u, t), np.where(swap, t, u)
    alone = fits.one.argmin(axis=1)
    better = fits.one[row, alone] - lowest
    reject = ~sure_t & ~sure_u
    single = ~reject & (better < gain)
    kind = np.full(n, str(BeadKind.UNCERTAIN), dtype="<U17")
    kind[sure_t & sure_u] = BeadKind.CERTAIN
    kind[single], kind[reject] = BeadKind.SINGLET, BeadKind.REJECT
    share = np.where(single, 1.0, fits.share[row, first, second])
    first = np.where(single, alone, first)
    name = candidates.codes[candidates.start[:-1] + first]
    other = candidates.codes[candidates.start[:-1] + second]
    return BeadTyping(
        types,
        kind,
        np.where(reject, -1, name).astype(np.int16),
        np.where(reject | single, -1, other).astype(np.int16),
        np.where(reject, 0.0, share).astype(np.float32),
        better.astype(np.float32),
    )


def _without(near: npt.NDArray[np.bool_], one: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """(bead,) pairs that come near and do not have the bead's candidate ``one``."""
    row = np.arange(len(near))
    return np.asarray(near.sum(axis=(1, 2)) - 2 * near[row, one].sum(axis=1))
