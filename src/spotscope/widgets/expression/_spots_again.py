"""Spots whose nuclei or types have changed are inferred again, unasked while they are few."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.expression import ExpressionParams
from spotscope.widgets.dock._state import Step
from spotscope.widgets.expression._expression_tasks import infer_task

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from spotscope.model import Session
    from spotscope.widgets.dock._workbench import Workbench
    from spotscope.widgets.expression._expression_tasks import Inferred

__all__ = ["infer_again"]

#: More of them are left until somebody asks.
_MOST = 80


def infer_again(
    bench: Workbench,
    session: Session,
    stale: Collection[str],
    then: Callable[[Inferred], None],
) -> None:
    """Infer spots anew as they were inferred, while they are few.

    Parameters
    ----------
    bench
        What runs it.
    session
        As it is now.
    stale
        Names of the spots.
    then
        Takes the answer.
    """
    record, spots = session.records.get("decompose"), session.sample.spots
    assert spots is not None
    if record is None or len(stale) > _MOST:
        return  # the card says that they are not told
    known = {k: v for k, v in record.params.items() if k in ExpressionParams.model_fields}
    params = ExpressionParams.model_validate(known)
    wanted = np.sort(spots.table.obs_names.get_indexer(sorted(stale)))
    # when its turn comes: on the session of that moment, which may be edited further
    bench.ask(
        Step.EXPRESSION,
        "infer again",
        lambda: infer_task(bench.session or session, bench.reference, params, (), wanted),
        then,
        waits=True,
    )
