"""Genes a panel lacks: every cell is a spot of one cell, the panel is the evidence.

How all cells of a type differ from the reference on the panel says how they do beyond it, so the
panel's means are left as the reference has them: moved to the panel's, that would be lost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.methods.expression._predict import predict
from spotscope.model import Lattice, Membership, Spots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.methods.expression._result import CellExpression
    from spotscope.model import Rng, Task

__all__ = ["impute"]


def impute(
    fitted: FittedExpression,
    counts: sp.csr_matrix | npt.NDArray[np.integer],
    gene_names: Sequence[str],
    codes: npt.NDArray[np.integer],
    params: ExpressionParams,
    *,
    genes: Sequence[str] | None = None,
    rng: Rng = None,
    device: str = "cpu",
) -> Task[CellExpression]:
    """Infer genes of single cells, or the drop-out of beads.

    Parameters
    ----------
    fitted
        Learned from the reference.
    counts
        (cell, panel gene) raw counts.
    gene_names
        Names of the panel's genes.
    codes
        (cell,) types, an index into ``fitted.type_names``; -1 where unknown.
    params
        Of this answer.
    genes
        Names of the genes to return; all of the reference by default.
    rng
        Of samples.
    device
        Where a network computes.

    Raises
    ------
    MethodError
        If an input stands in the way; the message says what to do.
    """
    import pandas as pd
    from anndata import AnnData

    n = np.shape(counts)[0]
    table = AnnData(
        sp.csr_matrix(counts),
        obs=pd.DataFrame(index=pd.RangeIndex(n).astype(str)),
        var=pd.DataFrame(index=pd.Index(list(gene_names))),
    )
    alone = Membership.from_counts(np.ones(n, np.int64))
    cells = Spots(table, np.zeros((n, 2)), Lattice("free", 1.0, 1.0))
    found = yield from predict(
        fitted, cells, np.asarray(codes), alone, params, genes=genes, own_means=False,
        rng=rng, device=device,
    )  # fmt: skip
    return replace(found, assigned=None)
