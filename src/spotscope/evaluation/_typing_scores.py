"""Answers of typing methods held against the truth, and the table of them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.evaluation._metrics import (
    calibration_by_chance,
    calibration_error,
    cell_error,
    composition_error,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.evaluation._typing_cases import TypingCase

__all__ = ["TypingAnswer", "TypingScore", "ratio_table", "score_table", "score_typing"]


@dataclass(frozen=True, slots=True, eq=False)
class TypingAnswer:
    """What a method says about a case.

    Parameters
    ----------
    method
        Its name.
    proportions
        (spot, type).
    codes
        (cell,) labels, when it gives any.
    support
        (cell,) probability of the labels, when it gives any.
    seconds
        From counts to the answer.
    """

    method: str
    proportions: npt.NDArray[np.floating]
    codes: npt.NDArray[np.integer] | None = None
    support: npt.NDArray[np.floating] | None = None
    seconds: float = float("nan")


@dataclass(frozen=True, slots=True)
class TypingScore:
    """One answer, scored; NaN where the method or the truth says nothing.

    Parameters
    ----------
    case, seed, method
        What was scored.
    pcc, pcc_median, rmse, js
        Of the proportions; see :func:`composition_error`.
    cell
        Share of cells with a wrong type.
    ece
        Expected calibration error of the labels' support.
    ece_chance
        What it would be by chance were the support right.
    seconds
        From counts to the answer.
    """

    case: str
    seed: int
    method: str
    pcc: float
    pcc_median: float
    rmse: float
    js: float
    cell: float
    ece: float
    ece_chance: float
    seconds: float


_SHOWN = {
    "pcc": "PCC",
    "pcc_median": "PCC, median of types",
    "rmse": "RMSE",
    "js": "JS (bits)",
    "cell": "cells wrong",
    "ece": "ECE",
    "ece_chance": "ECE by chance",
    "seconds": "s",
}
assert set(_SHOWN) < {field.name for field in fields(TypingScore)}


def score_typing(case: TypingCase, answer: TypingAnswer) -> TypingScore:
    """Hold one answer against the truth of its case."""
    found = composition_error(answer.proportions, case.truth)
    known = case.codes >= 0
    cell = ece = chance = float("nan")
    if answer.codes is not None and known.any():
        cell = cell_error(answer.codes, case.codes)
        if answer.support is not None:
            right = answer.codes[known] == case.codes[known]
            ece = calibration_error(answer.support[known], right)
            chance = calibration_by_chance(answer.support[known])
    return TypingScore(
        case.name,
        case.seed,
        answer.method,
        found.pcc,
        found.pcc_median,
        found.rmse,
        found.js_mean,
        cell,
        ece,
        chance,
        answer.seconds,
    )


def score_table(scores: Sequence[TypingScore]) -> str:
    """Markdown: a table for each case, mean ± standard deviation over its seeds."""
    parts = []
    for case in dict.fromkeys(score.case for score in scores):
        here = [score for score in scores if score.case == case]
        rows = [
            f"| {method} | {_row([s for s in here if s.method == method])} |"
            for method in dict.fromkeys(score.method for score in here)
        ]
        head = " | ".join(["method", *_SHOWN.values()])
        parts.append("\n".join([f"### {case}", "", f"| {head} |", _rule(), *rows]))
    return "\n\n".join(parts)


def ratio_table(scores: Sequence[TypingScore], pairs: Sequence[tuple[str, str, str, str]]) -> str:
    """Markdown: by how much one method errs less or more than another, case by case.

    Parameters
    ----------
    scores
        Of all cases.
    pairs
        Title, name of the score, method, and the method it is held against. The figure is the
        ratio of their means over seeds, less 1, in percent: below 0 the first errs less. A dash
        where one of them was not asked.
    """
    head = " | ".join(["case", *(title for title, *_ in pairs)])
    rows = []
    for case in dict.fromkeys(score.case for score in scores):
        here = [score for score in scores if score.case == case]
        shown = []
        for _, name, one, other in pairs:
            known = [
                [getattr(score, name) for score in here if score.method == method]
                for method in (one, other)
            ]
            means = [np.mean(values) if values else np.nan for values in known]
            ratio = 100 * (means[0] / means[1] - 1)
            shown.append(f"{ratio:+.0f} %" if np.isfinite(ratio) else "–")
        rows.append(f"| {case} | {' | '.join(shown)} |")
    return "\n".join([f"| {head} |", "|" + "---|" * (1 + len(pairs)), *rows])


def _rule() -> str:
    return "|" + "---|" * (1 + len(_SHOWN))


def _row(scores: list[TypingScore]) -> str:
    return " | ".join(_cell([getattr(score, name) for score in scores], name) for name in _SHOWN)


def _cell(values: list[float], name: str) -> str:
    if not np.isfinite(values).all():
        return "–"
    digits = 1 if name == "seconds" else 4 if name == "rmse" else 3
    mean = f"{np.mean(values):.{digits}f}"
    return (
        mean if len(values) == 1 or name == "seconds" else f"{mean} ± {np.std(values):.{digits}f}"
    )
