"""An earlier session's settings, to be used on another slide.

Taken over is how: every parameter, the seed, the steps, the column of the cell types. Not taken
over is what and where: no file, and nothing that speaks of places on the earlier slide (regions,
corrections, where its spots were moved to).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import MethodError
from spotscope.pipeline._recipe import ESTIMATED, differing, nu_of
from spotscope.pipeline.cell_typing._hold import held_of

if TYPE_CHECKING:
    from spotscope.model import Params, RunRecord, Session

    P = TypeVar("P", bound=Params)

__all__ = ["Replay", "replay_of"]


@dataclass(frozen=True, slots=True)
class Replay:
    """Settings of an earlier session.

    Parameters
    ----------
    steps
        That were done, of ``segment``, ``type``, ``decompose``.
    segmentation, typing, expression
        Parameters; the defaults where a step was not done.
    cell_type
        Column of the reference that names types.
    seed
        Of every random number.
    nuclei_given
        Whether its nuclei came from a file.
    said
        What is taken over and what is not, a line each.
    """

    steps: tuple[str, ...]
    segmentation: SegmentationParams
    typing: CellTypingParams
    expression: ExpressionParams
    cell_type: str
    seed: int
    nuclei_given: bool
    said: tuple[str, ...]


def replay_of(session: Session) -> Replay:
    """Take the settings of a session.

    Raises
    ------
    MethodError
        If nothing was done to it that could be done to another.
    """
    records = session.records
    steps = tuple(step for step in ("segment", "type", "decompose") if step in records)
    if not steps:
        raise MethodError(
            f"Expected a session in which something was done, found {session.sample.name} as it "
            "was opened; give the folder of a finished run (--like OUT)."
        )
    typing, segment = records.get("type"), records.get("segment")
    taken = segment is not None and "nuclei" in segment.inputs
    given = taken and segment is not None and segment.params.get("nuclei") != ESTIMATED
    source = (typing.figures.get("reference") or {}) if typing is not None else {}
    params = {
        "nuclei": _params(None if taken else segment, SegmentationParams),
        "cell types": _typing(typing),
        "expression": _params(records.get("decompose"), ExpressionParams),
    }
    seed = next((r.seed for r in (typing, records.get("decompose")) if r and r.seed), 0)
    segmentation, cells, expression = params.values()
    return Replay(
        steps,
        segmentation,  # type: ignore[arg-type]
        cells,  # type: ignore[arg-type]
        expression,  # type: ignore[arg-type]
        str(source.get("cell_type", "cell_type")),
        int(seed or 0),
        given,
        _said(session, steps, params, given),
    )


def _params(record: RunRecord | None, model: type[P]) -> P:
    known = {} if record is None else record.params
    return model.model_validate({k: v for k, v in known.items() if k in model.model_fields})


def _typing(record: RunRecord | None) -> CellTypingParams:
    params = _params(record, CellTypingParams)
    if record is None:
        return params
    return params.model_copy(update={"nu": nu_of(record)})


def _said(
    session: Session, steps: tuple[str, ...], params: dict[str, Params], given: bool
) -> tuple[str, ...]:
    said = [f"settings of {session.sample.name}: {', '.join(steps)}"]
    for name, chosen in params.items():
        other: dict[str, Any] = differing(chosen.model_dump(mode="json"), type(chosen))
        if other:
            said.append(f"{name}: {', '.join(f'{k} {v}' for k, v in other.items())}")
    left = []
    if session.edits.done:
        left.append(f"{len(session.edits.done)} corrections")
    if held_of(session):
        left.append("types that were held, and ν of regions")
    if session.sample.alignment is not None:
        left.append("where its spots were moved to")
    if session.view.get("regions") or any(
        r.figures.get("regions") for r in session.records.values()
    ):
        left.append("its regions")
    if given:
        left.append("its nuclei, which came from a file")
    if left:
        said.append(f"not taken over, as it is of that slide: {', '.join(left)}")
    return tuple(said)
