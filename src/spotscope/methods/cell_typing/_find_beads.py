"""Doublet mode from counts to beads of one type or two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.cell_typing._check import check
from spotscope.methods.cell_typing._genes import share_genes
from spotscope.model import Membership, MethodError, Progress

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._bead_result import BeadTyping
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.model import Reference, Spots, Task

__all__ = ["find_beads"]


def find_beads(spots: Spots, reference: Reference, params: CellTypingParams) -> Task[BeadTyping]:
    """Find which beads hold one type, which two, and which none of the reference's.

    Parameters
    ----------
    spots, reference
        Raw counts; a bead is a spot.
    params
        Parameters; the evidence is always Poisson counts, as the thresholds are in its nats.

    Raises
    ------
    MethodError
        If an input stands in the way; the message says what to do.
    """
    one_each = Membership.from_counts(np.ones(spots.n, np.int64))
    for problem in check(spots, reference, one_each, params):
        if problem.fatal:
            raise MethodError(problem.message)
    yield Progress("matching genes", 0, 1)
    genes = share_genes(spots, reference)
    yield Progress("matching genes", 1, 1)

    from spotscope.methods.cell_typing._beads import judge_beads
    from spotscope.methods.cell_typing._fit import counts_state

    state = yield from counts_state(genes, reference, spots, one_each, spots.yx_um, params)
    return (yield from judge_beads(state, params))
