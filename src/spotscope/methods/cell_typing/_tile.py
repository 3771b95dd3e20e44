"""One tile: from its counts to the labels of its heart, by what was learned before."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._answer import log_misfit
from spotscope.methods.cell_typing._continuous import Mixtures, fit_weights
from spotscope.methods.cell_typing._fit_moments import expected_cells
from spotscope.methods.cell_typing._fitted import assemble
from spotscope.methods.cell_typing._icm import evidence_only
from spotscope.methods.cell_typing._likelihood import floors
from spotscope.methods.cell_typing._prior import NO_LOOKS
from spotscope.methods.cell_typing._sigma import table_of
from spotscope.methods.cell_typing._state import (
    State,
    argmax_start,
    build_field,
    candidates_of,
    rounded_start,
)
from spotscope.methods.cell_typing._weigh import cell_weights
from spotscope.model import run

if TYPE_CHECKING:
    import scipy.sparse as sp

    from spotscope.methods.cell_typing._calibrate import Calibration
    from spotscope.methods.cell_typing._fitted import FittedTyping

__all__ = ["Learned", "Piece", "TileAnswer", "type_tile"]

Floats = npt.NDArray[np.float64]

#: What a state knows of its spots and cells; the rest is the section's.
_OF_SPOTS = ("mixtures", "weights", "owner", "yx_um", "expected", "looks")


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What a fit knows besides its spots; it can be sent to another machine.

    Parameters
    ----------
    section
        Fields of a ``State`` that hang on no spot.
    profiles
        (type, gene) μ'.
    nu
        Smoothness.
    chosen
        ν of the fit's own choice, the values tried and their scores.
    calibration
        Of the support.
    """

    section: dict[str, Any]
    profiles: npt.NDArray[np.float32]
    nu: float
    chosen: tuple[float, tuple[float, ...], tuple[float, ...]]
    calibration: Calibration

    @classmethod
    def of(cls, fitted: FittedTyping, nu: float) -> Learned:
        """What ``fitted`` has learned."""
        state = fitted.state
        names = [field.name for field in fields(State) if field.name not in _OF_SPOTS]
        section = {name: getattr(state, name) for name in names}
        chosen = (fitted.auto_nu, fitted.nu_grid, fitted.nu_scores)
        return cls(section, state.mixtures.profiles, nu, chosen, fitted.calibration)

    @property
    def genes(self) -> tuple[str, ...]:
        """Genes that are looked at, in order."""
        return tuple(self.section["genes"])


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What a tile is typed from.

    Parameters
    ----------
    counts, umis
        (spot, gene) of the learned genes, and (spot,) over all genes.
    owner, yx_um
        (cell,) spot of the tile, rising, and (cell, 2) place.
    heart
        (spot,) which spots are answered for.
    cells
        (cell,) numbers of the cells in the section.
    """

    counts: sp.csr_matrix
    umis: Floats
    owner: npt.NDArray[np.int32]
    yx_um: Floats
    heart: npt.NDArray[np.bool_]
    cells: npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class TileAnswer:
    """What is said of a tile's heart: of its cells, then of its spots; energy is of the whole."""

    cells: npt.NDArray[np.intp]
    codes: npt.NDArray[np.int16]
    margin: npt.NDArray[np.float32]
    support: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    proportions: npt.NDArray[np.float32]
    log_misfit: npt.NDArray[np.float32]
    energy: float
    flipped: float
    inside: int


def type_tile(learned: Learned, piece: Piece) -> TileAnswer:
    """Weigh and label a tile.

    Parameters
    ----------
    learned
        Of the section.
    piece
        The tile.
    """
    state = _state(learned, piece)
    candidates = candidates_of(state)
    field = build_field(state, candidates)
    starts = [rounded_start(state, candidates), argmax_start(state, candidates)]
    free = evidence_only(field, starts)
    fitted = assemble(state, free, learned.chosen, (field, candidates), learned.calibration)
    typing = run(fitted.settle(learned.nu))
    own = piece.heart[piece.owner]
    return TileAnswer(
        piece.cells[own],
        typing.codes[own],
        typing.margin[own],
        typing.support[own],
        typing.weights[piece.heart],
        typing.proportions[piece.heart],
        log_misfit(state)[piece.heart] if state.metric is not None else np.zeros(0, np.float32),
        typing.energy,
        typing.share_flipped * len(own),
        len(own),
    )


def _state(learned: Learned, piece: Piece) -> State:
    mixtures = Mixtures(piece.counts, piece.umis, floors(piece.umis), learned.profiles)
    none = np.zeros((0, 0))
    state = State(
        **learned.section,
        mixtures=mixtures,
        weights=none,
        owner=piece.owner,
        yx_um=piece.yx_um,
        expected=none,
        looks=NO_LOOKS,
    )
    if state.metric is None:
        table = table_of(state.sigma, mixtures)
        return replace(state, weights=run(fit_weights(mixtures, table, "weighing types")))
    weights = cell_weights(state.metric, piece.counts)
    n_cells = np.bincount(piece.owner, minlength=len(weights)).astype(np.int64)
    return replace(state, weights=weights, expected=expected_cells(weights, n_cells, state.mix))
