"""What the Expression step will cost, said before it runs.

The work is counted (``_decompose_work``) and divided by how fast this machine was when asked
(``_machine``): that tells seconds from minutes, no more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.expression import how_many_genes
from spotscope.model import CellKey
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._machine import machine_speed
from spotscope.pipeline.expression._cells import has_expression
from spotscope.pipeline.expression._decompose_inputs import membership_of_cells, spots_in
from spotscope.pipeline.expression._decompose_work import answering, hiding, joining, learning
from spotscope.pipeline.expression._fit import is_learned
from spotscope.pipeline.expression._latents import is_held
from spotscope.pipeline.expression._marks import marks_of_question

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from spotscope.methods.expression import ExpressionParams
    from spotscope.model import Cells, Reference, Region, Session, Spots

__all__ = ["DecomposeCost", "decompose_cost", "expected_decompose_cost"]

#: Share of the types there are that a spot of many cells holds.
_HELD = 0.6

#: Arrays of four bytes: mean, sd, explained, split, and copies while they are put together.
_BYTES = 4 * 9
#: Mean and sd of all cells of the section, of however many they are known.
_BYTES_ALL = 4 * 2


@dataclass(frozen=True, slots=True)
class DecomposeCost:
    """An estimate.

    Parameters
    ----------
    spots, cells, genes
        What is asked for; genes that are told.
    seconds
        About how long.
    learning
        How much of that goes into learning from the reference, which is done once.
    memory
        Bytes, at most.
    called
        What the cells are called.
    """

    spots: int
    cells: int
    genes: int
    seconds: float
    learning: float
    memory: int
    called: str = "nuclei"

    def __str__(self) -> str:
        size = self.memory / 1e9
        room = f"{size:.1f} GB" if size >= 0.1 else f"{1e3 * size:.0f} MB"
        said = (
            f"{self.spots:,} spots, {self.cells:,} {self.called} × {self.genes:,} genes: about "
            f"{_spell(self.seconds)}, {room}"
        )
        if self.learning >= 1:
            said += f"; {_spell(self.learning)} of it to learn from the reference, once"
        return said


def decompose_cost(
    session: Session,
    reference: Reference | None,
    params: ExpressionParams,
    regions: Sequence[Region] = (),
) -> DecomposeCost:
    """Estimate, without opening or learning anything.

    Parameters
    ----------
    session
        With typed cells.
    reference
        Where it is open: whether it was learned from is then known.
    params, regions
        As for the step.

    Raises
    ------
    MethodError
        If no spot lies in the region.
    """
    spots, cells = session.sample.spots, session.cells
    assert spots is not None
    assert cells is not None
    wanted = spots_in(spots, regions)
    m, k = _crowds(cells, spots.table.obs_names[wanted])
    outside = 0 if regions else cells.n - int(m.sum())
    genes = cells.table.n_vars if has_expression(cells) else spots.table.n_vars
    cost = _cost(spots, reference, params, genes, m, k, outside, cells.n)
    if reference is not None and _is_held(spots, reference, session, wanted, params):
        seconds = joining(cost.cells, cost.genes).seconds(machine_speed())
        cost = replace(cost, seconds=min(seconds, cost.seconds), learning=0.0)
    return replace(cost, spots=len(wanted), called=session.called)


def _is_held(
    spots: Spots,
    reference: Reference,
    session: Session,
    wanted: npt.NDArray[np.intp],
    params: ExpressionParams,
) -> bool:
    """Whether these spots were asked before, whatever genes were told."""
    assert session.cells is not None
    membership = membership_of_cells(session)
    marks = marks_of_question(spots, reference, session.cells, membership, wanted, params, 0)
    return is_held(StepCache(user_cache()), marks, params)


def expected_decompose_cost(
    spots: Spots, reference: Reference, params: ExpressionParams, nuclei: int, per_mm2: float
) -> DecomposeCost:
    """Estimate before cells have types.

    Parameters
    ----------
    spots, reference, params
        As for the step.
    nuclei, per_mm2
        How many there will be, and how densely they will lie.
    """
    each = max(round(per_mm2 * np.pi * (spots.lattice.diameter_um / 2e3) ** 2), 1)
    m = np.full(spots.n, each)
    k = np.full(spots.n, max(round(_HELD * min(each, len(reference.types))), 1))
    outside = max(nuclei - each * spots.n, 0)
    n_cells = each * spots.n + outside
    return _cost(spots, reference, params, spots.table.n_vars, m, k, outside, n_cells)


def _cost(
    spots: Spots,
    reference: Reference | None,
    params: ExpressionParams,
    genes: int,
    m: npt.NDArray[np.int64],
    k: npt.NDArray[np.int64],
    outside: int,
    all_cells: int,
) -> DecomposeCost:
    """Of spots of m cells of k types, of so many genes where no reference says which."""
    speed, once = machine_speed(), 0.0
    if reference is not None:
        known = set(reference.table.var_names.astype(str).str.upper())
        genes = int(np.sum([name.upper() in known for name in spots.table.var_names.astype(str)]))
        if not is_learned(reference, params):
            once = learning(params, reference.table.n_obs, reference.table.n_vars).seconds(speed)
    told = min(how_many_genes(params, all_cells, genes) + len(params.also), genes)
    work = answering(params, m, k, outside, genes, told)
    if outside or len(m) == spots.n:  # not of a region
        work += hiding(params, m, k, genes)
    seconds = work.seconds(speed) + once
    n_cells = int(m.sum()) + outside
    memory = (_BYTES * n_cells + _BYTES_ALL * (all_cells - n_cells)) * max(told, 1)
    return DecomposeCost(len(m), n_cells, told, seconds, once, memory)


def _crowds(cells: Cells, names: pd.Index) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(spot,) cells and types of these spots, of those that have any."""
    home = names.get_indexer(cells.table.obs[CellKey.SPOT_ID].astype(str))
    inside = (home >= 0) & (cells.type_codes >= 0)
    home, codes = home[inside], cells.type_codes[inside]
    m = np.bincount(home, minlength=len(names))
    pairs = np.unique(home.astype(np.int64) * (len(cells.types) + 1) + codes)
    k = np.bincount(pairs // (len(cells.types) + 1), minlength=len(names))
    return m[m > 0], k[m > 0]


def _spell(seconds: float) -> str:
    if seconds < 1:
        return "a second"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
