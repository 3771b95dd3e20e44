"""How many cells are in each spot, where no image says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.cell_typing import estimate_cell_counts
from spotscope.model import MOST_CELLS, ParamsError

if TYPE_CHECKING:
    import numpy.typing as npt

    from spotscope.model import Spots

__all__ = ["cells_of_spots"]


def cells_of_spots(spots: Spots, column: str | None = None) -> tuple[npt.NDArray[np.int64], str]:
    """Take the numbers from a column of the spots, or estimate them.

    Returns
    -------
    (spot,) number of cells, and a note that says where they are from; empty for a column.

    Raises
    ------
    ParamsError
        If there is no such column, or it holds no such numbers.
    """
    if column is None:
        note = "each spot's number of cells is estimated from its counts and area (no --n-cells)"
        return estimate_cell_counts(spots), note
    if column not in spots.table.obs:
        raise ParamsError(
            f"Expected a column {column!r} of the spots, found "
            f"{', '.join(map(repr, spots.table.obs.columns)) or 'none'}; name one of them."
        )
    import pandas as pd

    found = spots.table.obs[column]
    values = pd.to_numeric(found.astype(object), errors="coerce").to_numpy(float)
    wrong = ~((values >= 0) & (values <= MOST_CELLS) & (values == np.rint(values)))
    if wrong.any():
        raise ParamsError(
            f"Expected whole numbers, 0 to {MOST_CELLS:,}, in the column {column!r}, found "
            f"{str(found[wrong].iloc[0])!r} in {found.index[wrong][0]!r}; correct the column."
        )
    return values.astype(np.int64), ""
