"""What the Expression step will cost, said before it runs.

Times are rough ones of one core, the network's from its number of multiplications; they
tell seconds from minutes, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import CellKey
from spotscope.pipeline._decompose_inputs import spots_in
from spotscope.pipeline._expression_cells import has_expression
from spotscope.pipeline._expression_fit import is_learned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.methods.expression import ExpressionParams
    from spotscope.model import Reference, Region, Session

__all__ = ["DecomposeCost", "decompose_cost"]

#: Seconds for a cell and gene to be answered, and for a reference's cell and gene to be learned.
_ANSWER = {"split": 1e-7, "gaussian": 2e-6, "score": 3e-5}
_LEARN = {"split": 1e-8, "gaussian": 1e-6, "score": 1.5e-5}
#: Arrays of four bytes: mean, sd, explained, split, and copies while they are put together.
_BYTES = 4 * 7


@dataclass(frozen=True, slots=True)
class DecomposeCost:
    """An estimate.

    Parameters
    ----------
    spots, cells, genes
        What is asked for.
    seconds
        About how long.
    learning
        How much of that goes into learning from the reference, which is done once.
    memory
        Bytes, at most.
    """

    spots: int
    cells: int
    genes: int
    seconds: float
    learning: float
    memory: int

    def __str__(self) -> str:
        size = self.memory / 1e9
        room = f"{size:.1f} GB" if size >= 0.1 else f"{1e3 * size:.0f} MB"
        said = (
            f"{self.spots:,} spots, {self.cells:,} nuclei × {self.genes:,} genes: about "
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
    n_cells, genes = cells.n, spots.table.n_vars
    if regions:
        names = set(spots.table.obs_names[wanted])
        n_cells = int(cells.table.obs[CellKey.SPOT_ID].astype(str).isin(names).sum())
    if has_expression(cells):
        genes = cells.table.n_vars
    learning = 0.0
    if reference is not None:
        known = set(reference.table.var_names.astype(str).str.upper())
        genes = int(np.sum([name.upper() in known for name in spots.table.var_names.astype(str)]))
        if not is_learned(reference, params):
            size = min(reference.table.n_obs, params.max_cells) * reference.table.n_vars
            learning = _LEARN[params.method] * size
    seconds = _ANSWER[params.method] * n_cells * genes + learning
    return DecomposeCost(
        len(wanted), n_cells, genes, seconds, learning, _BYTES * n_cells * max(genes, 1)
    )


def _spell(seconds: float) -> str:
    if seconds < 1:
        return "a second"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
