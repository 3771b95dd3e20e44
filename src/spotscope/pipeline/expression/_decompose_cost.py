"""What the Expression step will cost, said before it runs.

The work is counted (``_decompose_work``) and divided by how fast this machine was when asked
(``_machine``): that tells seconds from minutes, no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.model import CellKey
from spotscope.pipeline._machine import machine_speed
from spotscope.pipeline.expression._cells import has_expression
from spotscope.pipeline.expression._decompose_inputs import spots_in
from spotscope.pipeline.expression._decompose_work import answering, learning
from spotscope.pipeline.expression._fit import is_learned

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import pandas as pd

    from spotscope.methods.expression import ExpressionParams
    from spotscope.model import Cells, Reference, Region, Session

__all__ = ["DecomposeCost", "decompose_cost"]

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
    names = spots.table.obs_names[wanted]
    m, k = _crowds(cells, names)
    outside = 0 if regions else cells.n - int(m.sum())
    genes = cells.table.n_vars if has_expression(cells) else spots.table.n_vars
    speed, once = machine_speed(), 0.0
    if reference is not None:
        known = set(reference.table.var_names.astype(str).str.upper())
        genes = int(np.sum([name.upper() in known for name in spots.table.var_names.astype(str)]))
        if not is_learned(reference, params):
            once = learning(params, reference.table.n_obs, reference.table.n_vars).seconds(speed)
    seconds = answering(params, m, k, outside, genes).seconds(speed) + once
    n_cells = int(m.sum()) + outside
    memory = _BYTES * n_cells * max(genes, 1)
    return DecomposeCost(len(wanted), n_cells, genes, seconds, once, memory)


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
