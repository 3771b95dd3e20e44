"""How a session came about, told from its records: what it takes to do the same again.

Nothing is remembered beside the records, so a session that was saved and sent tells as much as the
window that made it. What cannot be had again exactly is among the remarks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import EditLog, ExpressionKey, ExpressionSource, MethodError
from spotscope.pipeline._fingerprint import of_outlines
from spotscope.pipeline.cell_typing._hold import held_of
from spotscope.pipeline.cell_typing._slice_of import SLICES
from spotscope.pipeline.expression._cells import has_expression
from spotscope.pipeline.expression._decompose_inputs import membership_of_cells
from spotscope.pipeline.expression._marks import mark_of_cells
from spotscope.pipeline.segmentation._edit_types import EDITS, fitted_nuclei

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spotscope.model import Params, RunRecord, Session, Transform

__all__ = ["ESTIMATED", "STEPS", "Recipe", "differing", "nu_of", "recipe_of"]

#: What the record of cells that were put into spots calls them.
ESTIMATED = "estimated"
#: What a recipe may end with, in order.
STEPS = ("sample", "segment", "type", "decompose")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to do to come to a session.

    Parameters
    ----------
    upto
        The last step, of :data:`STEPS`.
    opened
        ``path``, ``image``, ``mpp``, ``n_cells`` of the sample.
    alignment
        By which the spots were moved.
    regions
        Where nuclei were looked for, as records in µm; empty for everywhere.
    nuclei
        The file they were taken from, or "".
    estimated
        Whether cells were put into spots, as there is no image.
    segment, type, decompose
        Parameters that differ from the defaults; None where the step is not asked for.
    before, edits
        Corrections in force when cells were typed, and now.
    held
        What is held of the types now, as its record; empty for nothing.
    reference
        ``path``, ``cell_type``, ``labels`` of the reference.
    infer_in
        Where expression was inferred, as records in µm; empty for everywhere.
    seed, infer_seed
        Of every random number, up to the types and of expression.
    remarks
        What would not come out the same, and why.
    """

    upto: str
    opened: Mapping[str, Any]
    alignment: Transform | None = None
    regions: tuple[Mapping[str, Any], ...] = ()
    nuclei: str = ""
    estimated: bool = False
    segment: Mapping[str, Any] | None = None
    type: Mapping[str, Any] | None = None
    decompose: Mapping[str, Any] | None = None
    before: EditLog = field(default_factory=EditLog)
    edits: EditLog = field(default_factory=EditLog)
    held: Mapping[str, Any] = field(default_factory=dict)
    reference: Mapping[str, str] = field(default_factory=dict)
    infer_in: tuple[Mapping[str, Any], ...] = ()
    seed: int = 0
    infer_seed: int = 0
    remarks: tuple[str, ...] = ()


def recipe_of(session: Session, upto: str | None = None) -> Recipe:
    """Tell how to come to a session.

    Parameters
    ----------
    session
        With the records of its steps.
    upto
        The last step that is told; all that was done by default.

    Raises
    ------
    MethodError
        If the sample or its reference were made in memory, or the step was not done.
    """
    opened = session.sample.opened
    if "path" not in opened:
        raise MethodError(
            f"Expected files that {session.sample.name} was opened from, found none: it was made "
            "in memory, or saved by an earlier version; open it from its files."
        )
    done = [step for step in STEPS if step == "sample" or step in session.records]
    upto = done[-1] if upto is None else upto
    if upto not in done:
        raise MethodError(
            f"Expected a step that was done ({', '.join(done)}), found {upto!r}; run it first."
        )
    asked = set(STEPS[: STEPS.index(upto) + 1]) & set(done)
    records, remarks = session.records, _remarks(session, asked)
    typing, expression = records.get("type"), records.get("decompose")
    found: dict[str, Any] = {}
    if "segment" in asked:
        found |= _of_nuclei(records["segment"])
        found["edits"] = EditLog(session.edits.done)
    if "type" in asked and typing is not None:
        where = typing.figures.get("reference")
        if where is None:
            raise MethodError(
                "Expected a file that the reference was opened from, found none: it was made in "
                "memory; open it from its file and type again."
            )
        params = differing(typing.params, CellTypingParams) | {"nu": nu_of(typing)}
        before = EditLog.from_json(typing.figures.get(EDITS, {}))
        found |= {"type": params, "reference": where, "seed": typing.seed or 0}
        found["before"] = EditLog(before.done)
        held = held_of(session)
        found["held"] = held.to_json() if held else {}
    if "decompose" in asked and expression is not None:
        found["decompose"] = differing(expression.params, ExpressionParams)
        found["infer_in"] = tuple(expression.figures.get("regions", ()))
        found["infer_seed"] = expression.seed or 0
    return Recipe(upto, opened, session.sample.alignment, remarks=remarks, **found)


def differing(params: Mapping[str, Any], model: type[Params]) -> dict[str, Any]:
    """The parameters of a record that are not as the model has them by default."""
    usual = model().model_dump(mode="json")
    return {name: params[name] for name in usual if name in params and params[name] != usual[name]}


def nu_of(record: RunRecord) -> float | str:
    """The smoothness to ask for: ``auto`` only where what it chose is what is shown."""
    used, asked = record.params.get("nu_used"), record.params.get("nu", "auto")
    # the figure of the labels' worth is told at the smoothness that was chosen
    told = [f["nu"] for f in record.figures.values() if isinstance(f, dict) and "nu" in f]
    if asked == "auto" and (used is None or used in told):
        return "auto"
    return float(asked if used is None else used)


def _of_nuclei(record: RunRecord) -> dict[str, Any]:
    regions = tuple(record.figures.get("regions", ()))
    if record.params.get("nuclei") == ESTIMATED:
        return {"segment": {}, "estimated": True}
    if "nuclei" in record.inputs:
        return {"segment": {}, "nuclei": str(record.figures.get("path", record.params["nuclei"]))}
    return {"segment": differing(record.params, SegmentationParams), "regions": regions}


def _remarks(session: Session, asked: set[str]) -> tuple[str, ...]:
    """Where doing it again would give something else."""
    remarks, records = [], session.records
    segment, typing = records.get("segment"), records.get("type")
    if segment is not None and "region" in segment.inputs and not segment.figures.get("regions"):
        remarks.append("nuclei were looked for in a region that an earlier version did not keep")
    told = () if segment is None else segment.notes
    if any("as given" in note for note in told):
        remarks.append("numbers of cells were given for some spots: give them again (--n-cells)")
    if "type" in asked and typing is not None and SLICES in typing.figures:
        names = ", ".join(typing.figures[SLICES]["names"])
        remarks.append(
            f"cells were typed with those of other slices ({names}; 'spotscope slices'): typed "
            "alone, some have another type"
        )
    if "type" in asked and typing is not None and session.nuclei is not None:
        was = fitted_nuclei(session)
        if was is not None and of_outlines(was) != typing.inputs.get("cells"):
            remarks.append(
                "the probability or overlap of nuclei was changed after typing and the types were "
                "carried over; typed again, some may differ"
            )
    if "decompose" in asked and has_expression(session.cells):
        assert session.cells is not None
        now = mark_of_cells(session.cells, membership_of_cells(session))
        if now != records["decompose"].inputs.get("cells"):
            remarks.append(
                "nuclei or types were changed after expression was inferred; inferred again, it "
                "follows those of now"
            )
        obs = session.cells.table.obs
        from_spots = obs[ExpressionKey.SOURCE] == ExpressionSource.SPOT
        told = obs[ExpressionKey.SPOT].astype(str)[from_spots].nunique()
        if told > int(records["decompose"].figures.get("spots", told)):
            remarks.append("expression came from several runs; only the last is repeated here")
    return tuple(remarks)
