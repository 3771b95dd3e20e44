"""The minimum of the energy, by iterated conditional modes: move after move that lowers it most.

Spots are visited in turn (:mod:`_order`). Three kinds of move are tried, each exact in E:

* one cell takes another candidate type;
* in a spot of few cells, two cells take another pair of types at once;
* two cells of the spot swap types: the counts see no difference, so the neighbours alone decide.

A spot is visited again only after it, or a neighbour of one of its cells, has changed. Nothing is
random and E never rises, so labels are a function of the inputs and ν.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._moves import conditionals, spot_nll, sweep
from spotscope.methods.cell_typing._prior import NO_LOOKS, POTTS, Prior
from spotscope.methods.cell_typing._threads import over_rows
from spotscope.methods.cell_typing._tosses import tosses
from spotscope.model import NotConvergedWarning

if TYPE_CHECKING:
    from spotscope.methods.cell_typing._composition import Compositions
    from spotscope.methods.cell_typing._potts import Graph

__all__ = [
    "Field",
    "Solution",
    "descend",
    "evidence_only",
    "local_terms",
    "spot_energies",
    "total_energy",
]

Codes = npt.NDArray[np.int16]

_MOST_SWEEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """Cells of spots, sorted by spot, with their evidence and their neighbours.

    Parameters
    ----------
    start
        (spot + 1,) cells of spot i are ``start[i] : start[i + 1]``.
    spot
        (cell,) spot of every cell.
    compositions
        Evidence of the spots.
    graph
        Neighbours of the cells.
    locked
        (cell,) cells whose type is given and stays; None when there are none.
    looks
        (cell, type) float32, what the looks of a nucleus say for a type, in nats; (0, 0) for none.
    like
        (type, type) how well types go together; (0, 0) for the plain Potts prior.
    order
        (busy spot,) spots that have cells, in the order they are visited in; None for their rows'.
    numbers
        (cell,) uint64, from which the tosses of chains are made; None for the cells' own.
    """

    start: npt.NDArray[np.int64]
    spot: npt.NDArray[np.int64]
    compositions: Compositions
    graph: Graph
    locked: npt.NDArray[np.bool_] | None = None
    looks: npt.NDArray[np.float32] = field(default_factory=lambda: NO_LOOKS)
    like: npt.NDArray[np.float64] = field(default_factory=lambda: POTTS)
    order: npt.NDArray[np.int64] | None = None
    numbers: npt.NDArray[np.uint64] | None = None

    def prior(self, nu: float) -> Prior:
        """What kernels need besides the graph."""
        return Prior(float(nu), self.looks, self.like)

    @property
    def held(self) -> npt.NDArray[np.bool_]:
        """(cell,) whether its type stays."""
        return np.zeros(len(self.spot), np.bool_) if self.locked is None else self.locked

    @property
    def visits(self) -> npt.NDArray[np.int64]:
        """(busy spot,) in the order they are visited in."""
        return np.flatnonzero(np.diff(self.start) > 0) if self.order is None else self.order

    def tosses(self, sweep: int) -> npt.NDArray[np.float32]:
        """(cell,) the random numbers of a sweep, in [0, 1)."""
        own = self.numbers
        return tosses(np.arange(len(self.spot), dtype=np.uint64) if own is None else own, sweep)


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Labels, their energy, and the energy after each sweep that led there."""

    codes: Codes
    energy: float
    trace: tuple[float, ...]


def descend(field: Field, start: Codes, nu: float, *, swaps_only: bool = False) -> Solution:
    """Lower the energy from the labels ``start`` until no move does.

    Parameters
    ----------
    field
        The problem.
    start
        (cell,) labels, each a candidate of its spot.
    nu
        Smoothness, in nats.
    swaps_only
        Keep every composition and only place the labels.

    Warns
    -----
    NotConvergedWarning
        If moves were still to be had after the most sweeps there are.
    """
    codes = start.astype(np.int16)
    prior, order, dirty = field.prior(nu), field.visits, np.diff(field.start) > 0
    n = len(order)
    trace = [total_energy(field, codes, nu)]
    for _ in range(_MOST_SWEEPS):
        gained = np.zeros(len(dirty))
        sweep(0, n, order, codes, dirty, gained, prior, swaps_only, field.held, *_arrays(field))
        field.compositions.grow()
        trace.append(trace[-1] + float(gained.sum()))
        if not dirty.any():
            break
    else:
        said = (
            f"Expected no label to move after {_MOST_SWEEPS} sweeps over the spots, found "
            f"{int(dirty.sum()):,} of {n:,} spots where one still may; the labels are those of the "
            "lowest energy so far. A smaller ν settles sooner."
        )
        warnings.warn(NotConvergedWarning(said), stacklevel=2)
    return Solution(codes, total_energy(field, codes, nu), tuple(trace))


def evidence_only(field: Field, starts: list[Codes]) -> Codes:
    """Labels at ν = 0: each spot's likeliest composition found from any of ``starts``.

    Spots do not touch one another here, so they are shared out over the cores. Labels are placed
    within their spots as the neighbours like best.
    """
    n, order = len(field.start) - 1, field.visits
    best, lowest = starts[0].astype(np.int16), np.full(n, math.inf)
    for start in starts:
        codes = start.astype(np.int16)
        dirty = np.diff(field.start) > 0
        for _ in range(_MOST_SWEEPS):
            rest = (np.zeros(n), field.prior(0.0), False, field.held, *_arrays(field))
            over_rows(sweep, len(order), order, codes, dirty, *rest)
            field.compositions.grow()
            if not dirty.any():
                break
        nll = np.zeros(n)
        over_rows(spot_nll, n, codes, nll, *_arrays(field))
        better = nll < lowest
        lowest[better] = nll[better]
        best = np.where(better[field.spot], codes, best)
    return descend(field, best, 1.0, swaps_only=True).codes


def total_energy(field: Field, codes: Codes, nu: float) -> float:
    """E of the labels, summed anew."""
    nll = spot_energies(field, codes)
    a = np.repeat(np.arange(len(codes)), np.diff(field.graph.start))
    one, other = codes[a], codes[field.graph.other]
    apart = 1 - field.like[one, other] if len(field.like) else one != other
    prior = nu * (field.graph.weight * apart).sum() / 2
    if len(field.looks):
        prior -= field.looks[np.arange(len(codes)), codes].sum(dtype=np.float64)
    return float(nll.sum() + prior)


def spot_energies(field: Field, codes: Codes) -> npt.NDArray[np.float64]:
    """(spot,) NLL of the spots' compositions."""
    nll = np.zeros(len(field.start) - 1)
    over_rows(spot_nll, len(nll), codes, nll, *_arrays(field))
    return nll


def local_terms(
    field: Field, codes: Codes, nu: float
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Of every cell, given all others: energy to the runner-up type, chances, what speaks for it.

    Returns
    -------
    margin
        (cell,) nats.
    chance
        (cell, candidate) rows that sum to 1.
    agreed
        (cell, candidate) what neighbours and looks say, in nats.
    """
    most = int(np.diff(field.compositions.evidence.start).max(initial=1))
    margin = np.zeros(len(codes), np.float32)
    chance, agreed = np.zeros((2, len(codes), most), np.float32)
    n = len(field.start) - 1
    over_rows(conditionals, n, codes, field.prior(nu), margin, chance, agreed, *_arrays(field))
    return margin, chance, agreed


def _arrays(field: Field):  # type: ignore[no-untyped-def]
    kept = field.compositions
    return field.start, field.spot, field.graph, kept.evidence, kept.memory
