"""Types of single cells measured with a panel: every cell is a spot of one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods import cell_typing
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.model import Lattice, Membership, Spots

if TYPE_CHECKING:
    from collections.abc import Sequence

    import scipy.sparse as sp

    from spotscope.model import Reference, Task

__all__ = ["panel_types"]

_WIDTH_UM = 10.0


def panel_types(
    counts: sp.csr_matrix,
    genes: Sequence[str],
    reference: Reference,
    yx_um: npt.NDArray[np.float64] | None = None,
) -> Task[npt.NDArray[np.int64]]:
    """Type cells from their own counts; neighbours have no say.

    Parameters
    ----------
    counts, genes
        (cell, gene) raw counts of the panel, and the names of its genes.
    reference
        Cells whose types are known.
    yx_um
        (cell, 2); None where cells have no place.

    Returns
    -------
    (cell,) index into ``reference.types``.
    """
    import pandas as pd
    from anndata import AnnData

    n = counts.shape[0]
    if yx_um is None:
        side = int(np.ceil(np.sqrt(n)))
        yx_um = 2 * _WIDTH_UM * np.stack(np.divmod(np.arange(n), side), axis=1).astype(float)
    obs = pd.DataFrame(index=[f"cell_{i}" for i in range(n)])
    table = AnnData(counts.astype(np.int32), obs=obs, var=pd.DataFrame(index=list(genes)))
    spots = Spots(table, yx_um, Lattice("free", 2 * _WIDTH_UM, _WIDTH_UM))
    one_each = Membership.from_counts(np.ones(n, np.int64))
    params = CellTypingParams(nu=0.0)
    fitted = yield from cell_typing.fit(spots, reference, one_each, yx_um, params, rng=0)
    return np.asarray(cell_typing.predict(fitted, params).codes, np.int64)
