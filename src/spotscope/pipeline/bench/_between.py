"""The benchmark of nuclei that no spot sees: their type's mean, and leaning to those around.

Their types are known, or inferred from the spots around; an inferred one is taken for sure, or
the nucleus is averaged over what it may be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.evaluation import BetweenScore, score_between
from spotscope.methods import cell_typing, expression
from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.expression import ExpressionParams
from spotscope.model import Progress, update
from spotscope.pipeline.expression._fit import learn_reference

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from spotscope.evaluation import BetweenCase
    from spotscope.methods.cell_typing import CellTyping
    from spotscope.methods.expression import FittedExpression
    from spotscope.model import Task

__all__ = ["bench_between"]


def bench_between(cases: Iterable[BetweenCase]) -> Task[list[BetweenScore]]:
    """Score the closed form's prior with and without places, and with inferred types.

    Parameters
    ----------
    cases
        Read one at a time.
    """
    scores, params = [], ExpressionParams(method="gaussian")
    for case in cases:
        yield Progress(f"{case.name}, {case.rate:.0%}, seed {case.seed}", 0, 1)
        fitted = yield from learn_reference(case.reference, params)
        for method, yx_um in (("type mean", None), ("type and neighbourhood", case.yx_um)):
            known = update(params, who="labelled")
            scores.append((yield from _score(case, method, fitted, case.codes, known, yx_um)))
        typing = yield from _typed(case)
        for who in ("labelled", "averaged"):
            found = yield from _score(
                case, f"types inferred, {who}", fitted, typing.codes, update(params, who=who),
                case.yx_um, typing.support,
            )  # fmt: skip
            scores.append(found)
        yield Progress(f"{case.name}, {case.rate:.0%}, seed {case.seed}", 1, 1)
    return scores


def _score(
    case: BetweenCase,
    method: str,
    fitted: FittedExpression,
    codes: npt.NDArray[np.integer],
    params: ExpressionParams,
    yx_um: npt.NDArray[np.float64] | None,
    support: npt.NDArray[np.float32] | None = None,
) -> Task[BetweenScore]:
    named = fitted.codes(case.reference.types, codes)
    found = yield from expression.predict(
        fitted, case.spots, named, case.membership, params, yx_um=yx_um, support=support, rng=0
    )
    rows = np.searchsorted(found.cells, np.arange(case.first, len(codes)))
    assert found.from_prior[rows].all()
    return score_between(case, method, found.gene_names, found.mean[rows])


def _typed(case: BetweenCase) -> Task[CellTyping]:
    """All cells' types as our own typing has them, those between spots by their neighbours."""
    params = CellTypingParams()
    fitted = yield from cell_typing.fit(
        case.spots, case.reference, case.membership, case.yx_um, params, rng=case.seed
    )
    return cell_typing.predict(fitted, params)
