"""Everything a fit has learned: enough to solve for any ν, and to be written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._candidates import Candidates, choose_candidates
from spotscope.methods.cell_typing._composition import Compositions
from spotscope.methods.cell_typing._icm import Field
from spotscope.methods.cell_typing._likelihood import table_for
from spotscope.methods.cell_typing._metric import Metric, quadratics
from spotscope.methods.cell_typing._order import visiting_order
from spotscope.methods.cell_typing._potts import link_cells
from spotscope.methods.cell_typing._prior import NO_LOOKS, POTTS
from spotscope.methods.cell_typing._sigma import table_of
from spotscope.methods.cell_typing._tosses import cell_numbers, count_numbers

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._continuous import Mixtures
    from spotscope.methods.cell_typing._params import CellTypingParams

__all__ = [
    "State",
    "argmax_start",
    "build_field",
    "candidates_of",
    "compositions_of",
    "rounded_start",
    "spot_shares",
]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What a fit has learned.

    Parameters
    ----------
    types, genes
        Names of the types and of the marker genes.
    mixtures
        Marker counts of the spots and profiles of the types on their platform.
    weights
        (spot, type) continuous fit.
    size
        (type,) RNA of a cell, relative.
    mix
        (type,) share of every type in the section's counts.
    owner
        (cell,) spot of the cell, or -1.
    yx_um
        (cell, 2).
    reach_um
        Longest link between neighbours.
    sigma
        Width of the noise.
    params
        Parameters of the fit.
    notes
        What the user should know.
    metric
        Of the Gaussian evidence; None where counts are explained by Poisson noise.
    expected
        (spot, type) expected cells, with a metric; else empty.
    log_mix
        (type,) log share of each type among the section's cells, with a metric; else empty.
    looks
        (cell, type) what the looks of the nuclei say, in nats; (0, 0) where nothing is known.
    like
        (type, type) how well types go together; (0, 0) for the plain Potts prior.
    """

    types: tuple[str, ...]
    genes: tuple[str, ...]
    mixtures: Mixtures
    weights: Floats
    size: Floats
    mix: Floats
    owner: npt.NDArray[np.int32]
    yx_um: Floats
    reach_um: float
    sigma: float
    params: CellTypingParams
    notes: tuple[str, ...]
    metric: Metric | None = None
    expected: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    log_mix: Floats = field(default_factory=lambda: np.zeros(0))
    looks: npt.NDArray[np.float32] = field(default_factory=lambda: NO_LOOKS)
    like: Floats = field(default_factory=lambda: POTTS)

    @property
    def n_cells(self) -> npt.NDArray[np.int64]:
        """(spot,) cells it owns."""
        owned = self.owner[self.owner >= 0]
        return np.bincount(owned, minlength=len(self.weights)).astype(np.int64)

    @property
    def spot_cells(self) -> npt.NDArray[np.int64]:
        """Cells of spots, sorted by spot."""
        inside = np.flatnonzero(self.owner >= 0)
        return inside[np.argsort(self.owner[inside], kind="stable")]

    @property
    def scale(self) -> Floats:
        """(spot,) counts that the profiles explain, n Σ w."""
        return self.mixtures.umis * self.weights.sum(axis=1)


def candidates_of(state: State) -> Candidates:
    """Types considered in every spot."""
    params = state.params
    if state.metric is not None:  # a type the weights left out may be the likelier whole cell
        return choose_candidates(
            state.expected, state.n_cells, 0.0, params.max_candidates, state.mix
        )
    return choose_candidates(
        state.weights, state.n_cells, params.candidate_share, params.max_candidates, state.mix
    )


def build_field(state: State, candidates: Candidates) -> Field:
    """Set the evidence and the neighbours up for :mod:`_icm`."""
    cells, numbers = state.spot_cells, count_numbers(state.mixtures.counts, state.genes)
    start = np.concatenate([[0], np.cumsum(state.n_cells)]).astype(np.int64)
    order = visiting_order(numbers, start, state.yx_um[cells])
    return Field(
        start,
        state.owner[cells].astype(np.int64),
        compositions_of(state, candidates),
        link_cells(state.yx_um[cells], state.params.n_neighbours, state.reach_um),
        looks=state.looks[cells] if len(state.looks) else NO_LOOKS,
        like=state.like,
        order=order,
        numbers=cell_numbers(numbers, state.n_cells),
    )


def compositions_of(state: State, candidates: Candidates) -> Compositions:
    """Set up what the counts say of every composition of the candidates."""
    if state.metric is None:
        quadratic, table = None, table_of(state.sigma, state.mixtures)
    else:
        table = table_for(0.5, 1.0, 1)  # not looked at
        quadratic = quadratics(
            state.metric, state.mixtures.counts, state.expected, state.log_mix, candidates
        )
    return Compositions(
        state.mixtures,
        state.scale,
        state.n_cells,
        state.size,
        candidates,
        table,
        quadratic=quadratic,
    )


def argmax_start(state: State, candidates: Candidates) -> Codes:
    """(spot cell,) every cell of a spot is of its heaviest type."""
    heaviest = candidates.codes[candidates.start[:-1]]
    return heaviest[state.owner[state.spot_cells]].astype(np.int16)


def rounded_start(state: State, candidates: Candidates) -> Codes:
    """(spot cell,) weights over RNA per cell, rounded to each spot's number of cells."""
    from spotscope.methods.cell_typing._baseline import rounded_codes

    spot = np.repeat(np.arange(len(state.weights)), np.diff(candidates.start))
    wanted = np.zeros(state.weights.shape)
    kept = state.weights[spot, candidates.codes] / state.size[candidates.codes]
    wanted[spot, candidates.codes] = kept
    nothing = wanted.sum(axis=1) == 0
    wanted[nothing, candidates.codes[candidates.start[:-1][nothing]]] = 1.0
    wanted /= wanted.sum(axis=1, keepdims=True)
    return rounded_codes(wanted, state.owner)[state.spot_cells]


def spot_shares(state: State, field: Field, free: Codes) -> Floats:
    """(spot, type) what the counts alone say of a cell of the spot; rows sum to 1.

    Parameters
    ----------
    state, field
        Of a fit.
    free
        (spot cell,) labels at ν = 0.
    """
    from spotscope.methods.cell_typing._gibbs import by_type, posterior

    if state.metric is None:
        shares = state.weights / state.size + 1e-3 * state.mix
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))
    chance = by_type(field, posterior(field, free, 0.0), len(state.types))
    found = np.tile(state.mix, (len(state.weights), 1))
    busy = np.flatnonzero(np.diff(field.start) > 0)
    found[busy] = np.add.reduceat(chance, field.start[busy], axis=0)
    return np.asarray(found / found.sum(axis=1, keepdims=True))
