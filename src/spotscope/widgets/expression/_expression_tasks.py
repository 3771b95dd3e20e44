"""What the Expression step runs on a thread; no Qt in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotscope import pipeline
from spotscope.methods.expression import CellExpression
from spotscope.model import Progress
from spotscope.pipeline import decompose_cost
from spotscope.widgets.expression._expression_shown import ExpressionShown

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from spotscope.methods.expression import ExpressionParams
    from spotscope.model import Reference, Region, Session, Task
    from spotscope.pipeline import DecomposeCost, Decomposed

__all__ = ["Inferred", "cost_task", "infer_task"]


@dataclass(frozen=True, slots=True, eq=False)
class Inferred:
    """A session whose spots have come apart, and what the window shows of it.

    Parameters
    ----------
    before
        The session it was made from: a later one must not be overwritten.
    done
        The answer.
    shown
        One gene at a time.
    """

    before: Session
    done: Decomposed
    shown: ExpressionShown


def infer_task(
    session: Session,
    reference: Reference | None,
    params: ExpressionParams,
    regions: Sequence[Region],
    spots_wanted: npt.NDArray[np.intp] | None = None,
) -> Task[Inferred]:
    """Infer, with previews that the window can show as they are.

    Parameters are those of :func:`spotscope.pipeline.decompose_step`. Of spots that are done again
    there are no previews: what is shown of all others must not go meanwhile.
    """
    assert session.cells is not None
    assert session.nuclei is not None
    last = int(session.nuclei.last_label)
    task = pipeline.decompose_step(
        session, reference, params, regions=regions, spots_wanted=spots_wanted
    )
    try:
        while True:
            try:
                progress = next(task)
            except StopIteration as stop:
                done: Decomposed = stop.value
                break
            preview, shown = progress.preview, None
            # a network that is being trained shows its loss
            if isinstance(preview, CellExpression) and spots_wanted is None:
                shown = ExpressionShown.of_preview(preview, session.cells, last)
            yield Progress(progress.stage, progress.done, progress.total, shown)
    finally:
        task.close()
    assert done.session.cells is not None
    return Inferred(session, done, ExpressionShown.of_cells(done.session.cells, last))


def cost_task(
    session: Session,
    reference: Reference | None,
    params: ExpressionParams,
    regions: Sequence[Region],
) -> Task[DecomposeCost]:
    """What a run would cost."""
    yield Progress("estimating", 0, 1)
    return decompose_cost(session, reference, params, regions)
