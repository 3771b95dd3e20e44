"""Why a spot's cells have their types: what each may be, and the genes that speak for it.

The genes are told by plain Poisson counts, whatever evidence the labels were found with. For the
spot's own composition with expected counts μ, and the same with one cell of its most frequent type
a given to its strongest rival b (expected counts ν), gene g says

    y_g ln(μ_g / ν_g) - (μ_g - ν_g)   nats for a,

μ_g = y Σ_k n_k s_k p_kg / Σ_g Σ_k n_k s_k p_kg with s_k the RNA of a cell and y the spot's counts
of marker genes, so that only their proportions speak. It is a reading aid: neighbours, looks of
nuclei and genes that vary together are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._gibbs import posterior, shared_out
from spotscope.methods.cell_typing._icm import local_terms

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._fitted import FittedTyping
    from spotscope.methods.cell_typing._state import State

__all__ = ["GeneReason", "SpotReasons", "why"]

_MOST_GENES = 6
#: Share of a mixture that is spread evenly over the genes.
_LEAST = 1e-3


@dataclass(frozen=True, slots=True)
class GeneReason:
    """One gene: counts observed and expected of the cells, and nats for the type over its rival."""

    name: str
    observed: int
    expected: float
    nats: float


@dataclass(frozen=True, slots=True, eq=False)
class SpotReasons:
    """What a spot's cells may be.

    Parameters
    ----------
    types
        Names of the cell types.
    cells
        (cell,) the spot's cells, by number.
    chance
        (cell, type) probability of every type; rows sum to 1.
    leading, rival
        The most frequent type of the spot, and the one it competes with; "" without cells.
    genes
        Those that speak the loudest, either way.
    """

    types: tuple[str, ...]
    cells: npt.NDArray[np.int64]
    chance: npt.NDArray[np.float32]
    leading: str = ""
    rival: str = ""
    genes: tuple[GeneReason, ...] = ()


@singledispatch
def why(
    fitted: FittedTyping,
    codes: npt.NDArray[np.int16],
    support: npt.NDArray[np.floating],
    nu: float,
    spot: int,
) -> SpotReasons:
    """Say what the cells of a spot may be, and which genes speak for it.

    Parameters
    ----------
    fitted
        The fit.
    codes, support
        (cell,) types of all its cells and their support, from the answer at ``nu``.
    nu
        Smoothness.
    spot
        Which one.
    """
    state = fitted.state
    inside = state.spot_cells
    mine = np.flatnonzero(state.owner[inside] == spot)
    if not len(mine):
        return SpotReasons(state.types, inside[mine], np.zeros((0, len(state.types)), np.float32))
    own = codes[inside].astype(np.int16)
    chance = _chance(fitted, own, np.asarray(support)[inside[mine]], float(nu), mine, spot)
    held = np.bincount(own[mine], minlength=len(state.types))
    leading = int(held.argmax())
    rivals = chance.sum(axis=0)
    rivals[leading] = -1.0
    if rivals.max() <= 0:  # nothing else was considered: the next best of the continuous fit
        rivals = state.weights[spot].astype(np.float32)
        rivals[leading] = -1.0
    rival = int(rivals.argmax())
    genes = _genes(state, spot, held, leading, rival)
    names = state.types
    return SpotReasons(names, inside[mine], chance, names[leading], names[rival], genes)


def _chance(
    fitted: FittedTyping,
    own: npt.NDArray[np.int16],
    support: npt.NDArray[np.floating],
    nu: float,
    mine: npt.NDArray[np.intp],
    spot: int,
) -> npt.NDArray[np.float32]:
    """(cell, type) chances of the spot's cells: a label's is its support, others share the rest."""
    state, candidates = fitted.state, fitted._candidates
    with fitted._lock:
        if state.metric is not None:
            found = posterior(fitted._field, own, nu)
        else:
            _, local, agreed = local_terms(fitted._field, own, nu)
            found = shared_out(fitted._field, local, agreed)
    here = candidates.codes[candidates.start[spot] : candidates.start[spot + 1]]
    chance = np.zeros((len(mine), len(state.types)), np.float32)
    chance[:, here] = found[mine][:, : len(here)]
    rows = np.arange(len(mine))
    chance[rows, own[mine]] = 0
    rest = chance.sum(axis=1, keepdims=True)
    left = (1 - support)[:, None]
    chance *= np.where(rest > 0, left / np.maximum(rest, 1e-12), 0)
    chance[rows, own[mine]] = 1 - chance.sum(axis=1)
    return chance


def _genes(
    state: State, spot: int, held: npt.NDArray[np.int64], leading: int, rival: int
) -> tuple[GeneReason, ...]:
    mixtures = state.mixtures
    observed = np.asarray(mixtures.counts[spot].toarray(), float).ravel()
    other = held.copy()
    other[leading] -= 1
    other[rival] += 1
    profiles = np.asarray(mixtures.profiles, float)
    one, two = (_expected(n * state.size, profiles, observed.sum()) for n in (held, other))
    nats = observed * np.log(np.maximum(one, 1e-12) / np.maximum(two, 1e-12)) - (one - two)
    loudest = np.argsort(-np.abs(nats), kind="stable")[:_MOST_GENES]
    return tuple(
        GeneReason(str(state.genes[g]), int(observed[g]), float(one[g]), float(nats[g]))
        for g in loudest
    )


def _expected(
    rna: npt.NDArray[np.float64], profiles: npt.NDArray[np.float64], total: float
) -> npt.NDArray[np.float64]:
    """(gene,) counts of a mixture; none is quite 0, as no reference has seen all cells."""
    mixed = rna @ np.maximum(profiles, 0)
    mixed = mixed + _LEAST * mixed.sum() / len(mixed)
    return np.asarray(total * mixed / max(float(mixed.sum()), 1e-300))
