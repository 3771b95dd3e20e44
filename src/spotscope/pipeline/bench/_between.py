"""The benchmark of nuclei that no spot sees: their type's mean, and leaning to those around."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation import BetweenScore, score_between
from spotscope.methods import expression
from spotscope.methods.expression import ExpressionParams
from spotscope.model import Progress
from spotscope.pipeline.expression._fit import learn_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spotscope.evaluation import BetweenCase
    from spotscope.model import Task

__all__ = ["bench_between"]


def bench_between(cases: Iterable[BetweenCase]) -> Task[list[BetweenScore]]:
    """Score the closed form's prior with and without places.

    Parameters
    ----------
    cases
        Read one at a time.
    """
    scores, params = [], ExpressionParams(method="gaussian")
    for case in cases:
        yield Progress(f"{case.name}, {case.rate:.0%}, seed {case.seed}", 0, 1)
        fitted = yield from learn_reference(case.reference, params)
        codes = fitted.codes(case.reference.types, case.codes)
        for method, yx_um in (("type mean", None), ("type and neighbourhood", case.yx_um)):
            found = yield from expression.predict(
                fitted, case.spots, codes, case.membership, params, yx_um=yx_um, rng=0
            )
            rows = np.searchsorted(found.cells, np.arange(case.first, len(case.codes)))
            assert found.from_prior[rows].all()
            scores.append(score_between(case, method, found.gene_names, found.mean[rows]))
        yield Progress(f"{case.name}, {case.rate:.0%}, seed {case.seed}", 1, 1)
    return scores
