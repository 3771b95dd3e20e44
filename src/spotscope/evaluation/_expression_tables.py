"""Scores of expression as Markdown: mean ± standard deviation over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.evaluation._expression_scores import ExpressionScore

__all__ = ["expression_margins", "expression_table"]

#: Beside the cosine of every capture rate, these are means over all rates.
_MORE = {
    "matched": "matched",
    "pcc": "PCC",
    "rmse": "RMSE",
    "covered": "90 % covers",
    "lost": "lost",
    "seconds": "s",
}


def expression_table(scores: Sequence[ExpressionScore]) -> str:
    """A table for each set and source of labels: a row a method, the cosine at every rate."""
    parts = []
    for case, labels in dict.fromkeys((score.case, score.labels) for score in scores):
        here = [s for s in scores if (s.case, s.labels) == (case, labels)]
        rates = sorted({score.rate for score in here}, reverse=True)
        head = ["method", *(f"cosine, {rate:.0%}" for rate in rates), *_MORE.values()]
        rows = []
        for method in dict.fromkeys(score.method for score in here):
            own = [score for score in here if score.method == method]
            cells = [_over_seeds([s for s in own if s.rate == rate], "cosine") for rate in rates]
            cells += [_over_seeds(own, name) for name in _MORE]
            rows.append(f"| {method} | {' | '.join(cells)} |")
        rule = "|" + "---|" * len(head)
        title = f"### {case}, labels {labels}"
        parts.append("\n".join([title, "", f"| {' | '.join(head)} |", rule, *rows]))
    return "\n\n".join(parts)


def expression_margins(scores: Sequence[ExpressionScore], pairs: Sequence[tuple[str, str]]) -> str:
    """By how much one method's cosine beats another's, case by case, all rates together.

    Parameters
    ----------
    scores
        Of all cases.
    pairs
        Method, and the one it is held against. Shown is the mean difference of the cosine, ± its
        standard deviation over seeds, and the ratio of the means less 1, in percent.
    """
    head = ["case", *(f"{one} - {other}" for one, other in pairs)]
    rows = []
    for case, labels in dict.fromkeys((score.case, score.labels) for score in scores):
        here = [s for s in scores if (s.case, s.labels) == (case, labels)]
        cells = [_margin(here, one, other) for one, other in pairs]
        rows.append(f"| {case}, labels {labels} | {' | '.join(cells)} |")
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *rows])


def _margin(here: list[ExpressionScore], one: str, other: str) -> str:
    means = []
    for seed in sorted({score.seed for score in here}):
        pair = [
            [s.cosine for s in here if s.seed == seed and s.method == name] for name in (one, other)
        ]
        if not all(pair):
            return "–"
        means.append([np.mean(values) for values in pair])
    found = np.array(means)
    gap = found[:, 0] - found[:, 1]
    ratio = 100 * (found[:, 0].mean() / found[:, 1].mean() - 1)
    spread = f" ± {gap.std():.3f}" if len(gap) > 1 else ""  # one draw has none
    return f"{gap.mean():+.3f}{spread} ({ratio:+.1f} %)"


def _over_seeds(scores: list[ExpressionScore], name: str) -> str:
    """Mean over rates, then mean and deviation over seeds."""
    seeds = sorted({score.seed for score in scores})
    values = [np.mean([getattr(s, name) for s in scores if s.seed == seed]) for seed in seeds]
    if not np.isfinite(values).all():
        return "–"
    if name == "seconds":
        return f"{np.mean(values):.2f}"
    if name == "lost":
        return f"{np.max(values):g}"
    mean = f"{np.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ± {np.std(values):.3f}"
