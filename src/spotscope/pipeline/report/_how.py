"""Of the report: where spots lie, pictures of regions, what was done when, how to repeat it."""

from __future__ import annotations

import base64
import tempfile
from contextlib import closing
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope.model import Progress, SpotscopeError
from spotscope.pipeline._copy_as import as_command
from spotscope.pipeline._log import local_time, session_log
from spotscope.pipeline.report._figures import draw_figure

if TYPE_CHECKING:
    from spotscope.model import Region, Session, Task

__all__ = ["alignment_section", "log_section", "region_picture", "repeat_section"]

_DPI, _WIDTH_MM = 110, 110


def alignment_section(session: Session) -> list[str]:
    """Where the spots lie upon the image; nothing where there is but one of the two."""
    sample = session.sample
    if sample.spots is None or sample.slide is None:
        return []
    middle = sample.spots.yx_um.mean(axis=0)
    said = "Spots lie upon the image as their files say."
    if sample.alignment is not None:
        said = f"Spots were moved upon the image: {sample.alignment.describe(middle)}."
    parts = ["<h2>Alignment</h2>", f"<p>{escape(said)}</p>"]
    record = session.records.get("align")
    measured = None if record is None else record.figures.get("measured")
    if measured is not None:
        parts.append(
            f"<p>Measured by counts and stain, before they were moved: "
            f"{escape(str(measured['sentence']))}; the image explained "
            f"{measured['agreement']:.0%} of how counts differ from spot to spot, "
            f"{measured['at_best']:.0%} at best.</p>"
        )
    return parts


def region_picture(session: Session, region: Region, done: int = 0, total: int = 1) -> Task[str]:
    """The region with its types, inside the page; nothing where it cannot be drawn.

    It is one of ``total``, of which so many are done.
    """
    if session.sample.slide is None:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "region.png"
        try:
            drawing = draw_figure(session, path, region=region, dpi=_DPI, width_mm=_WIDTH_MM)
            yield from _as_part(drawing, done, total)
        except SpotscopeError:  # the numbers stand without it
            return ""
        held = base64.b64encode(path.read_bytes()).decode("ascii")
    name = escape(region.name, quote=True)
    return f'<img alt="The region {name}" src="data:image/png;base64,{held}">'


def _as_part(task: Task[Path], done: int, total: int) -> Task[None]:
    """One of several figures, as a part of all: how far they are never falls back."""
    best = 0
    with closing(task):
        for progress in task:
            # gathering is little beside drawing
            whole = 10 if progress.stage.startswith("gathering") else 100
            best = max(best, min(round(whole * progress.fraction), 99))
            yield Progress("drawing the regions", 100 * done + best, 100 * total)


def log_section(session: Session) -> list[str]:
    """What was done, and when."""
    rows = []
    for entry in session_log(session):
        took = "" if entry.seconds is None else f"{entry.seconds:,.1f} s"
        # what came of steps stands with the step; deeds stand nowhere else
        said = [entry.said, *(entry.notes if entry.step == "hand" else ())]
        cells = [escape(entry.title), "<br>".join(map(escape, said))]
        cells += [escape(local_time(entry.when)), took]
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    return ["<h2>What was done</h2>", f'<table class="log">{"".join(rows)}</table>']


def repeat_section(session: Session) -> list[str]:
    """The commands that do it again, or why there are none."""
    try:
        text = as_command(session)
    except SpotscopeError as error:
        return ["<h2>To do it again</h2>", f"<p>{escape(str(error))}</p>"]
    return ["<h2>To do it again</h2>", f"<pre>{escape(text)}</pre>"]
