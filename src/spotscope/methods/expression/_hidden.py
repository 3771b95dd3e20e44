"""How well every gene is told while it is hidden: what an inferred value of it is worth.

The spots' genes are dealt into parts; each is hidden in turn and told from the others, by the
reference alone as it were. Of the spots, with y their counts and ŷ what their cells are told to
have (both as shares of the spot, so that a deep spot does not count as a success),

    r_g = Corr_s( y_sg / Σ_g y_sg,  ŷ_sg / Σ_g y_sg ),    ŷ_sg = Σ_c a_c mean_cg

A value that was counted is better than this says; one beyond the counts is about as good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.expression._baseline import split_cells
from spotscope.methods.expression._evidence import gather
from spotscope.methods.expression._gaussian import GaussianCells
from spotscope.methods.expression._section import gene_table
from spotscope.model import GeneSpace, Membership, Progress, as_rng, in_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    import scipy.sparse as sp
    from anndata import AnnData

    from spotscope.methods.expression._describe import Described
    from spotscope.methods.expression._evidence import Evidence
    from spotscope.methods.expression._fitted import FittedExpression
    from spotscope.methods.expression._params import ExpressionParams
    from spotscope.model import Rng, Spots, Task

__all__ = ["hidden_gene_r"]

Floats = npt.NDArray[np.float64]

_FOLDS, _SPOTS, _FEWEST = 3, 120, 10
_CHUNK = 1 << 19


def hidden_gene_r(
    fitted: FittedExpression,
    spots: Spots,
    codes: npt.NDArray[np.integer],
    membership: Membership,
    params: ExpressionParams,
    *,
    rng: Rng = None,
) -> Task[npt.NDArray[np.float32]]:
    """(reference gene,) r of the genes that the spots have; NaN of others.

    Parameters
    ----------
    fitted
        Learned from the reference; the closed form tells where it can, else the split.
    spots, codes, membership
        As for ``predict``.
    params
        Of the expression.
    rng
        Draws spots, 120 at most, and deals genes.

    Notes
    -----
    NaN all over where there are fewer than ten spots or genes: nothing is to be said of them.
    """
    generator = as_rng(rng)
    space = GeneSpace.shared(spots.table, gene_table(fitted))
    shared = space.right.tocsc().indices
    r = np.full(len(fitted.gene_names), np.nan, np.float32)
    seen = np.asarray(membership.overlap[:, codes >= 0].sum(axis=1)).ravel() > 0
    seen &= np.asarray(spots.counts.sum(axis=1)).ravel() > 0
    some = np.sort(generator.permutation(np.flatnonzero(seen))[:_SPOTS])
    if len(some) < _FEWEST or len(shared) < _FEWEST:
        return r
    counts = (spots.counts[some] @ space.left).tocsr()
    held = Membership(
        membership.overlap[some].tocsr(), np.full(membership.overlap.shape[1], -1, np.int32)
    )
    names = np.array(fitted.gene_names)[shared]
    fold = generator.permutation(len(shared)) % _FOLDS
    for k in range(_FOLDS):
        yield Progress("hiding genes", k, _FOLDS)
        hidden = np.flatnonzero(fold == k)
        left = np.flatnonzero(fold != k)
        table = _table(counts[:, left], names[left])
        evidence = gather(fitted, table, codes, held, params, names[hidden].tolist(), None)
        told = _sums(evidence)
        r[shared[hidden]] = _correlations(counts, hidden, told)
    return r


def _sums(evidence: Evidence) -> Floats:
    """(spot, gene) what the cells of each spot are told to have there."""
    place = evidence.arrangement
    tell: Callable[[npt.NDArray[np.int64], npt.NDArray[np.int64]], Described]
    tell = split_cells(evidence) if evidence.fitted.factors is None else GaussianCells(evidence)
    told = np.zeros((len(place.start) - 1, len(evidence.wanted)))
    width = max(len(evidence.wanted), len(evidence.shared))

    def add(group: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]) -> None:
        some, cells = group
        share = place.seen[cells][..., None]
        told[some] = (tell(some, cells).mean * share).sum(axis=1)

    for _ in in_threads(add, place.groups(np.arange(len(told)), max(1, _CHUNK // width))):
        pass
    return told


def _correlations(counts: sp.csr_matrix, genes: npt.NDArray[np.intp], told: Floats) -> Floats:
    """(gene,) over spots, of shares; NaN of a gene that no spot counted."""
    total = np.maximum(np.asarray(counts.sum(axis=1, dtype=float)), 1.0).reshape(-1, 1)
    truth, said = counts[:, genes].toarray() / total, told / total
    a, b = truth - truth.mean(axis=0), said - said.mean(axis=0)
    size = np.sqrt((a * a).sum(axis=0) * (b * b).sum(axis=0))
    r = np.divide((a * b).sum(axis=0), size, out=np.zeros(len(size)), where=size > 0)
    return np.where(truth.any(axis=0), r, np.nan)


def _table(counts: sp.csr_matrix, names: npt.NDArray[np.str_]) -> AnnData:
    import pandas as pd
    from anndata import AnnData

    obs = pd.DataFrame(index=pd.RangeIndex(counts.shape[0]).astype(str))
    return AnnData(counts.tocsr(), obs=obs, var=pd.DataFrame(index=names.tolist()))
