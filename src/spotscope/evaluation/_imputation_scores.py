"""Imputed genes held against the measured ones.

As defined by Li et al. (2022, Nature Methods 19, 662), gene by gene over the cells, with m the
answer and x the measured counts:

    PCC    cov(m, x) / (sd(m) sd(x))
    SSIM   (2 μ_m μ_x + C₁)(2 cov(m, x) + C₂) / ((μ_m² + μ_x² + C₁)(var(m) + var(x) + C₂)),
           of m / max m and x / max x; C₁ = 0.01², C₂ = 0.03²
    RMSE   root mean square difference of the z-scores of m and x

and MAE, the mean of |log(1 + m) - log(1 + x)|. A gene that is the same in all cells on one side has
PCC 0, as nothing was said of it; genes that were measured in no cell are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.evaluation._expression_scores import covered_share

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.evaluation._imputation_cases import ImputationCase

__all__ = ["GeneScores", "ImputationScore", "gene_scores", "imputation_table", "score_imputation"]

Floats = npt.NDArray[np.floating]
_C1, _C2 = 0.01**2, 0.03**2


@dataclass(frozen=True, slots=True, eq=False)
class GeneScores:
    """(gene,) scores of every gene that was measured in some cell."""

    pcc: npt.NDArray[np.float64]
    ssim: npt.NDArray[np.float64]
    rmse: npt.NDArray[np.float64]
    mae: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ImputationScore:
    """One answer on one fold: means over its genes; ``n_genes`` of them."""

    case: str
    folds: str
    seed: int
    fold: int
    method: str
    n_genes: int
    pcc: float
    ssim: float
    rmse: float
    mae: float
    covered: float
    seconds: float


def gene_scores(mean: Floats, truth: Floats) -> GeneScores:
    """Score every gene.

    Parameters
    ----------
    mean, truth
        (cell, gene) said and measured.
    """
    m, x = np.asarray(mean, float), np.asarray(truth, float)
    assert m.shape == x.shape, (m.shape, x.shape)
    seen = x.max(axis=0, initial=0) > 0
    m, x = m[:, seen], x[:, seen]
    zm, zx = _z(m), _z(x)
    one, other = m / np.maximum(m.max(axis=0), 1e-12), x / x.max(axis=0)
    mu, nu = one.mean(axis=0), other.mean(axis=0)
    cov = ((one - mu) * (other - nu)).mean(axis=0)
    ssim = (2 * mu * nu + _C1) * (2 * cov + _C2)
    ssim = ssim / ((mu**2 + nu**2 + _C1) * (one.var(axis=0) + other.var(axis=0) + _C2))
    return GeneScores(
        (zm * zx).mean(axis=0),
        ssim,
        np.sqrt(((zm - zx) ** 2).mean(axis=0)),
        np.abs(np.log1p(np.maximum(m, 0)) - np.log1p(x)).mean(axis=0),
    )


def score_imputation(
    case: ImputationCase,
    method: str,
    mean: Floats,
    interval: tuple[Floats, Floats] | None = None,
    seconds: float = float("nan"),
) -> ImputationScore:
    """Hold an answer against the hidden counts of its case.

    Parameters
    ----------
    case
        What was asked.
    method
        Name of who answers.
    mean
        (cell, hidden gene), in the order of ``case.hidden``.
    interval
        Bounds that should hold 90 % of the counts, where the method gives any.
    seconds
        From counts to the answer.
    """
    truth = case.truth.toarray().astype(float)
    scores = gene_scores(mean, truth)
    return ImputationScore(
        case.name,
        case.folds,
        case.seed,
        case.fold,
        method,
        len(scores.pcc),
        float(scores.pcc.mean()),
        float(scores.ssim.mean()),
        float(scores.rmse.mean()),
        float(scores.mae.mean()),
        covered_share(interval, truth),
        seconds,
    )


_SHOWN = {
    "pcc": "PCC",
    "ssim": "SSIM",
    "rmse": "RMSE",
    "mae": "MAE",
    "covered": "90 % covers",
    "seconds": "s",
}


def imputation_table(scores: Sequence[ImputationScore]) -> str:
    """Markdown: a table for each set and kind of folds.

    Means over folds, weighed by their genes, ± their standard deviation over draws; of one draw
    over folds. *PCC, folds* is that over folds, however many draws there are.
    """
    parts = []
    for case, folds in dict.fromkeys((score.case, score.folds) for score in scores):
        here = [s for s in scores if (s.case, s.folds) == (case, folds)]
        rows = []
        for method in dict.fromkeys(score.method for score in here):
            own = [score for score in here if score.method == method]
            cells = [_cell(own, name) for name in _SHOWN]
            cells.insert(1, f"{np.mean([_over_folds(draw, 'pcc') for draw in _draws(own)]):.3f}")
            rows.append(f"| {method} | {' | '.join(cells)} |")
        title = f"### {case}, left out by {folds}"
        first, *others = _SHOWN.values()
        head = f"| method | {first} | {first}, folds | {' | '.join(others)} |"
        rule = "|" + "---|" * (2 + len(_SHOWN))
        parts.append("\n".join([title, "", head, rule, *rows]))
    return "\n\n".join(parts)


def _cell(scores: list[ImputationScore], name: str) -> str:
    values = np.array([getattr(score, name) for score in scores])
    if not np.isfinite(values).all():
        return "–"
    if name == "seconds":
        return f"{values.mean():.1f}"
    draws = _draws(scores)
    means = [_mean(draw, name) for draw in draws]
    spread = float(np.std(means)) if len(draws) > 1 else _over_folds(scores, name)
    return f"{np.mean(means):.3f} ± {spread:.3f}"


def _draws(scores: list[ImputationScore]) -> list[list[ImputationScore]]:
    """The folds of every draw."""
    seeds = sorted({score.seed for score in scores})
    return [[score for score in scores if score.seed == seed] for seed in seeds]


def _mean(draw: list[ImputationScore], name: str) -> float:
    weight = np.array([score.n_genes for score in draw], float)
    return float(np.average([getattr(score, name) for score in draw], weights=weight))


def _over_folds(draw: list[ImputationScore], name: str) -> float:
    return float(np.std([getattr(score, name) for score in draw]))


def _z(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Columns to mean 0 and standard deviation 1; constant ones to 0."""
    centred = values - values.mean(axis=0)
    sd = centred.std(axis=0)
    return np.asarray(np.divide(centred, sd, out=np.zeros_like(centred), where=sd > 1e-12))
