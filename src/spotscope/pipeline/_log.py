"""What was done to a session, when, how long it took, and what was noted: lines to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from spotscope.methods.cell_typing import CellTypingParams
from spotscope.methods.expression import ExpressionParams
from spotscope.methods.segmentation import SegmentationParams
from spotscope.model import is_estimated
from spotscope.pipeline._recipe import differing, nu_of
from spotscope.pipeline.cell_typing._hold import held_of
from spotscope.pipeline.expression._told_by import method_words

if TYPE_CHECKING:
    from typing import Any

    from spotscope.model import Params, RunRecord, Session

__all__ = ["LogEntry", "local_time", "log_text", "session_log"]

_TITLES = {
    "sample": "Sample",
    "align": "Alignment",
    "segment": "Nuclei",
    "edit": "Corrections",
    "type": "Cell types",
    "decompose": "Expression",
}
#: Deeds of hands that are told one by one.
_TOLD = 30
_PARAMS: dict[str, type[Params]] = {
    "segment": SegmentationParams,
    "type": CellTypingParams,
    "decompose": ExpressionParams,
}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One thing that was done.

    Parameters
    ----------
    step
        Of the records; ``sample`` for opening, ``regions`` for what was drawn, ``hand`` for deeds.
    title
        The step's name on screen.
    when
        In UTC (ISO 8601), or "".
    seconds
        It took; None where that is not known.
    said
        What came of it.
    settings
        Parameters that differ from the defaults.
    notes
        What the user should know.
    """

    step: str
    title: str
    when: str
    seconds: float | None
    said: str
    settings: dict[str, Any]
    notes: tuple[str, ...] = ()


def session_log(session: Session) -> list[LogEntry]:
    """Everything that was done, step by step."""
    sample = session.sample
    places = [str(sample.opened[key]) for key in ("path", "image") if key in sample.opened]
    mpp = {"mpp": sample.opened["mpp"]} if "mpp" in sample.opened else {}
    notes = (*sample.notes, *map(str, sample.problems))
    opened = f"opened {' and '.join(places)}" if places else f"opened {sample.name}"
    entries = [LogEntry("sample", "Sample", "", None, opened, mpp, notes)]
    # not by time: a result that was kept from before is older than what leads to it
    for step, record in sorted(session.records.items(), key=lambda item: _place(item[0])):
        said, settings = _said(session, step, record), _settings(step, record)
        title = _TITLES.get(step, step.capitalize())
        entries.append(
            LogEntry(step, title, record.when, record.seconds, said, settings, record.notes)
        )
    names = [str(region["name"]) for region in session.view.get("regions", ())]
    if names:
        said = f"{len(names)} drawn: {', '.join(names)}"
        entries.append(LogEntry("regions", "Regions", "", None, said, {}))
    return entries + _by_hand(session)


def log_text(session: Session) -> str:
    """The log as lines of plain text, times of day as the clock here shows them."""
    lines = [session.sample.name]
    for entry in session_log(session):
        took = "" if entry.seconds is None else f"{entry.seconds:,.1f} s"
        lines.append(f"{local_time(entry.when):<16}  {took:>9}  {entry.title}: {entry.said}")
        if entry.settings:
            told = ", ".join(f"{name} {value}" for name, value in entry.settings.items())
            lines.append(f"{'':<29}settings: {told}")
        lines += [f"{'':<29}note: {note}" for note in entry.notes]
    return "\n".join(lines) + "\n"


def local_time(when: str) -> str:
    """Date and time to the minute, in the clock of this machine; "" where it is not known."""
    return datetime.fromisoformat(when).astimezone().strftime("%Y-%m-%d %H:%M") if when else ""


def _by_hand(session: Session) -> list[LogEntry]:
    """What hands did in the window and did not take back, in the order they did it."""
    deeds = session.view.get("deeds", ())
    if not deeds:
        return []
    told = [f"{local_time(str(deed['when']))[-5:]} {deed['said']}".strip() for deed in deeds]
    left = len(told) - _TOLD
    notes = (*([f"{left:,} before these"] if left > 0 else []), *told[-_TOLD:])
    said = f"{len(told):,} deed{'s' * (len(told) != 1)} in the window"
    return [LogEntry("hand", "By hand", "", None, said, {}, notes)]


def _place(step: str) -> int:
    order = list(_TITLES)
    return order.index(step) if step in order else len(order)


def _settings(step: str, record: RunRecord) -> dict[str, Any]:
    if step not in _PARAMS or "nuclei" in record.inputs:
        return {}
    settings = differing(record.params, _PARAMS[step])
    if "method" in settings:
        settings["method"] = method_words(settings["method"])
    if step == "type":
        settings["nu"] = nu_of(record)
    if record.seed:
        settings["seed"] = record.seed
    return settings


def _held(session: Session) -> str:
    held = held_of(session)
    parts = [f"{len(held.types):,} {session.called} held to a type"] if held.types else []
    parts += [f"ν = {nu:g} in {region.name}" for region, nu in held.regions]
    return "".join(f", {part}" for part in parts)


def _said(session: Session, step: str, record: RunRecord) -> str:
    if step == "segment" and session.as_found is not None:
        where = " in regions" if record.figures.get("regions") else ""
        how = "estimated" if is_estimated(session.as_found).all() else "found"
        return f"{session.as_found.n:,} {how}{where}"
    if step == "edit":
        made = record.figures.get("made", {})
        return ", ".join(f"{number} × {kind}" for kind, number in made.items()) or "none"
    if step == "type" and session.cells is not None:
        counts = session.cells.counts_per_type()
        source = record.figures.get("reference") or {}
        by = f", reference {source['path']}" if "path" in source else ""
        return (
            f"{sum(1 for n in counts.values() if n)} types on {sum(counts.values()):,} "
            f"{session.called}, ν = {record.params['nu_used']:g}{by}{_held(session)}"
        )
    if step == "decompose":
        told = record.figures
        how = method_words(told["method"])
        return f"{told['cells_in_spots']:,} cells, {told['genes']:,} genes, {how}"
    if step == "align":
        return str(record.params.get("how", ""))
    return "done"
