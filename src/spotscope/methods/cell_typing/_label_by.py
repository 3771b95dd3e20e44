"""The labels that are asked for, of the likeliest ones as a whole and the posterior."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._balance import balanced
from spotscope.methods.cell_typing._shares import kept_to_shares

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._candidates import Candidates
    from spotscope.methods.cell_typing._icm import Field
    from spotscope.methods.cell_typing._state import State

__all__ = ["labels_by"]

Codes = npt.NDArray[np.int16]
Singles = npt.NDArray[np.float32]


def labels_by(
    state: State,
    field: Field,
    candidates: Candidates,
    codes: Codes,
    chance: Singles,
    proportions: Singles,
    nu: float,
) -> Codes:
    """(spot cell,) labels.

    Parameters
    ----------
    state, field, candidates
        The problem; ``state.params.label_by`` says which are asked for.
    codes
        (spot cell,) the likeliest as a whole.
    chance
        (spot cell, candidate) posterior.
    proportions
        (spot, type) expected shares.
    nu
        Smoothness.
    """
    how = state.params.label_by
    if how == "auto":  # who searches long wants to see what was found
        how = "section" if state.params.search == "long" else "balance"
    if how == "section":
        return codes
    if how == "cell":
        return _likeliest(state, candidates, chance)
    if how == "shares":
        return kept_to_shares(field, candidates, codes, chance, proportions, nu)
    return balanced(field, candidates, codes, chance, proportions)


def _likeliest(state: State, candidates: Candidates, chance: Singles) -> Codes:
    """(spot cell,) each cell's own likeliest type."""
    spot = state.owner[state.spot_cells]
    return candidates.codes[candidates.start[spot] + chance.argmax(axis=1)].astype(np.int16)
