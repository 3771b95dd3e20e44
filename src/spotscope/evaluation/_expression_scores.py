"""Expression of single cells held against the truth.

With m the answer and x the truth of a cell, both over the shared genes:

    cosine    m·x / (|m| |x|)                              of counts, not of logarithms
    PCC       Pearson correlation over genes of log(1 + T m / Σm) and log(1 + T x / Σx)
    RMSE      root mean square difference of the same
    matched   cosine after the best exchange of answers within each spot (Hungarian method)
    covered   share of entries with low ≤ x' ≤ high of the answer's 90 % interval, x' the part of x
              that the spot captured, among those whose middle is 1 or more: of genes nobody
              expects, every interval holds
    lost      max |Σ_{c in s} a_c - Y_s| of the assigned counts a

The highest cosine there can be, when cells of one type in one spot are told the same, is that of
the direction Σ_c x_c / |x_c| over them: it maximises Σ_c m·x_c / (|m| |x_c|).

T is the median total of the true cells: all are brought to one depth first, where an answer below 0
counts as 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.evaluation._expression_cases import ExpressionCase

__all__ = [
    "ExpressionAnswer",
    "ExpressionScore",
    "cosine_per_cell",
    "covered_share",
    "score_ceiling",
    "score_expression",
]

Floats = npt.NDArray[np.floating]


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionAnswer:
    """What a method says about a case.

    Parameters
    ----------
    method
        Its name.
    gene_names
        (gene,) of the columns.
    mean
        (cell, gene) expected counts at the spot's depth, all cells of the case in order.
    interval
        (cell, gene) bounds that should hold 90 % of the cells' counts at the spot's depth, where
        the method gives any.
    assigned
        (cell, gene) whole counts, where the method gives any.
    seconds
        From counts to the answer, without what is learned from the reference.
    """

    method: str
    gene_names: Sequence[str]
    mean: Floats
    interval: tuple[Floats, Floats] | None = None
    assigned: sp.csr_matrix | None = None
    seconds: float = float("nan")


@dataclass(frozen=True, slots=True)
class ExpressionScore:
    """One answer, scored; NaN where the method says nothing. See the module for the metrics."""

    case: str
    labels: str
    rate: float
    seed: int
    method: str
    cosine: float
    matched: float
    pcc: float
    rmse: float
    covered: float
    lost: float
    seconds: float


def score_expression(
    case: ExpressionCase, answer: ExpressionAnswer, labels: str = "known"
) -> ExpressionScore:
    """Hold one answer against the truth of its case.

    Parameters
    ----------
    case, answer
        What was asked and what was said.
    labels
        ``known`` or ``inferred``: where the types of the cells came from.
    """
    columns = case.spots.table.var_names.get_indexer(list(answer.gene_names))
    assert (columns >= 0).all(), "an answer names genes that the spots lack"
    truth = case.truth[:, columns].toarray().astype(float)
    mean = np.asarray(answer.mean, float)
    assert mean.shape == truth.shape, (mean.shape, truth.shape)
    known = truth.sum(axis=1) > 0
    owner = case.membership.owner
    depth = float(np.median(truth[known].sum(axis=1)))
    said, true = _logged(mean[known], depth), _logged(truth[known], depth)
    return ExpressionScore(
        case.name,
        labels,
        case.rate,
        case.seed,
        answer.method,
        cosine=float(cosine_per_cell(mean, truth)[known].mean()),
        matched=_matched(mean[known], truth[known], owner[known]),
        pcc=float(_pcc_per_row(said, true).mean()),
        rmse=float(np.sqrt(((said - true) ** 2).mean())),
        covered=covered_share(answer.interval, case.captured[:, columns].toarray()),
        lost=_lost(case, answer, columns),
        seconds=answer.seconds,
    )


def score_ceiling(case: ExpressionCase) -> ExpressionScore:
    """Score what nobody can pass whose cells of one type in one spot are alike: the cosine alone.

    Counts of a spot and types of its cells say nothing of which cell of a type is which.

    Parameters
    ----------
    case
        Its truth is read; types are taken as known.
    """
    truth = case.truth.toarray().astype(float)
    length = np.linalg.norm(truth, axis=1, keepdims=True)
    alike = np.stack([case.membership.owner, case.codes], axis=1)
    _, group = np.unique(alike, axis=0, return_inverse=True)
    group = group.reshape(-1)  # numpy 2.0 gives it the shape of the axis
    picker = sp.csr_matrix((np.ones(len(group)), (group, np.arange(len(group)))))
    best = (picker @ (truth / np.maximum(length, 1e-12)))[group]
    known = length[:, 0] > 0
    cosine = float(cosine_per_cell(best, truth)[known].mean())
    unsaid = dict.fromkeys(("matched", "pcc", "rmse", "covered", "lost", "seconds"), float("nan"))
    return ExpressionScore(case.name, "known", case.rate, case.seed, "ceiling", cosine, **unsaid)


def cosine_per_cell(mean: Floats, truth: Floats) -> npt.NDArray[np.float64]:
    """(cell,) cosine of each row with its own; 0 where either is empty."""
    inner = np.einsum("cg,cg->c", mean, truth, dtype=float)
    length = np.linalg.norm(mean, axis=1) * np.linalg.norm(truth, axis=1)
    return np.asarray(np.divide(inner, length, out=np.zeros_like(inner), where=length > 0))


def _matched(mean: Floats, truth: Floats, owner: npt.NDArray[np.int32]) -> float:
    """Mean cosine under the best one-to-one exchange within each spot."""

    def unit(rows: Floats) -> Floats:
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    found, wanted = unit(mean), unit(truth)
    total = 0.0
    for spot in np.unique(owner):
        here = np.flatnonzero(owner == spot)
        table = found[here] @ wanted[here].T
        rows, columns = linear_sum_assignment(-table)
        total += float(table[rows, columns].sum())
    return total / max(len(owner), 1)


def _logged(rows: Floats, depth: float) -> npt.NDArray[np.float64]:
    rows = np.maximum(rows, 0)
    return np.log1p(depth * rows / np.maximum(rows.sum(axis=1, keepdims=True), 1e-12))


def _pcc_per_row(a: Floats, b: Floats) -> npt.NDArray[np.float64]:
    """(row,) Pearson correlation; 0 where either is constant, as nothing was said of the genes."""
    a, b = (rows - rows.mean(axis=1, keepdims=True) for rows in (a, b))
    return cosine_per_cell(a, b)


def covered_share(interval: tuple[Floats, Floats] | None, truth: Floats) -> float:
    """Share of true counts within their interval, of those whose middle is at least 1."""
    if interval is None:
        return float("nan")
    low, high = (np.asarray(bound, float) for bound in interval)
    asked = (low + high) / 2 >= 1
    if not asked.any():
        return float("nan")
    return float(((low <= truth) & (truth <= high))[asked].mean())


def _lost(case: ExpressionCase, answer: ExpressionAnswer, columns: npt.NDArray[np.intp]) -> float:
    if answer.assigned is None:
        return float("nan")
    owner = case.membership.owner
    members = sp.csr_matrix(
        (np.ones(len(owner), np.int64), (owner, np.arange(len(owner)))),
        shape=(case.spots.n, len(owner)),
    )
    gap = members @ answer.assigned.astype(np.int64) - case.spots.counts[:, columns]
    return float(abs(gap).max()) if gap.nnz else 0.0
