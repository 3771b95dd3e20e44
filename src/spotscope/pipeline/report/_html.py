"""One page that says what was found and how: a file of its own, with no script and no link out.

Figures are inside it, every number stands with its unit, and every step with its parameters, its
versions and what to cite.
"""

from __future__ import annotations

import base64
from html import escape
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import io
from spotscope.layers import TypeLooks
from spotscope.model import CellKey, MethodError, Region, TypeSource, is_estimated, run
from spotscope.pipeline._ask_region import ask_region_step
from spotscope.pipeline._save import overview_step
from spotscope.pipeline.analyses._html import finding_sections
from spotscope.pipeline.report._how import (
    alignment_section,
    log_section,
    region_picture,
    repeat_section,
)
from spotscope.pipeline.segmentation._nuclei_area import nuclei_area

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from spotscope.model import RunRecord, Session, Task
    from spotscope.pipeline._ask_region import RegionAnswer
    from spotscope.pipeline.analyses._step import Finding

__all__ = ["REPORT", "html_report", "page_task", "regions_of", "report_step", "write_report"]

REPORT = "report.html"
_NOT_FOR_DIAGNOSIS = "For research. Not for diagnosis."
_STEPS = {
    "align": "Alignment",
    "segment": "Nuclei",
    "edit": "Corrections",
    "type": "Cell types",
    "decompose": "Expression",
}
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1b1b1f; background: #fff; max-width: 980px;
       margin: 2rem auto; padding: 0 1.2rem; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.2rem; border-bottom: 1px solid #ccc; }
.warn { border: 2px solid #8a1c1c; color: #8a1c1c; padding: .4rem .8rem; font-weight: 600; }
img { width: 100%; height: auto; } table { border-collapse: collapse; margin: .6rem 0; }
th, td { text-align: right; padding: .15rem .7rem; } th:first-child, td:first-child {
text-align: left; } tr:nth-child(even) td { background: #f4f4f6; }
.log td { text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.log td:first-child, .log td:nth-child(n+3) { white-space: nowrap; overflow-wrap: normal; }
.swatch { display: inline-block; width: .8em; height: .8em; margin-right: .5em;
          border: 1px solid #777; } small, .soft { color: #55555c; } code { font-size: 13px; }
pre { background: #f4f4f6; padding: .6rem .8rem; font-size: 13px; white-space: pre-wrap;
      overflow-wrap: anywhere; }
"""


def write_report(session: Session, path: Path | str, findings: Sequence[Finding] = ()) -> Path:
    """Write the page at once; see :func:`report_step`."""
    return run(report_step(session, path, findings))


def report_step(session: Session, path: Path | str, findings: Sequence[Finding] = ()) -> Task[Path]:
    """Write the page; it is replaced whole or not at all.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    path = Path(path)
    text = yield from page_task(session, findings)
    with io.staged(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return path


def html_report(session: Session, findings: Sequence[Finding] = ()) -> str:
    """The page at once; see :func:`page_task`."""
    return run(page_task(session, findings))


def page_task(session: Session, findings: Sequence[Finding] = ()) -> Task[str]:
    """The page of a session, as far as its steps have come, and of what was asked of it.

    Pictures take the time: the overview, and one of each region.
    """
    picture = yield from _picture(session)
    regions = yield from _regions(session)
    name = escape(session.sample.name)
    parts = [
        f"<h1>{name}</h1>",
        f'<p class="warn">{_NOT_FOR_DIAGNOSIS}</p>',
        _list(_facts(session)),
        picture,
        *alignment_section(session),
        *_types(session),
        *regions,
        *finding_sections(session, findings),
        *log_section(session),
        *(part for record in session.records.values() for part in _step(record)),
        *repeat_section(session),
        *_citations([*session.records.values(), *(f.record for f in findings)]),
        f'<p class="warn">{_NOT_FOR_DIAGNOSIS}</p>',
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>{name} · spotscope</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def regions_of(session: Session) -> tuple[Region, ...]:
    """The regions that were drawn in the window and saved with the view."""
    return tuple(
        Region(
            str(r["name"]),
            np.asarray(r["polygon_yx_um"], float),
            r.get("classification"),
            remark=str(r.get("remark", "")),
        )
        for r in session.view.get("regions", ())
    )


def _facts(session: Session) -> list[str]:
    slide, spots = session.sample.slide, session.sample.spots
    facts = []
    if slide is not None:
        high, wide = slide.shape
        facts.append(f"Image {wide:,} × {high:,} px at {slide.mpp:.3g} µm per pixel")
    if spots is not None:
        lattice = spots.lattice
        facts.append(
            f"{spots.n:,} spots of {lattice.diameter_um:.0f} µm, {lattice.pitch_um:.0f} µm apart; "
            f"{spots.table.n_vars:,} genes, median {np.median(spots.umis):,.0f} counts a spot"
        )
    if session.nuclei is not None:
        said = f"{session.nuclei.n:,} {session.called}"
        area, of = nuclei_area(session)
        if of == "tissue" and area:
            seen = int((~is_estimated(session.nuclei)).sum())
            said += f", {seen / area:,.0f} per mm² of {area:.2f} mm² tissue"
        facts.append(said)
    return facts + [str(problem) for problem in session.sample.problems]


def _types(session: Session) -> list[str]:
    if session.cells is None:
        return []
    cells, record = session.cells, session.records["type"]
    named = _names(session)
    inside = (cells.table.obs[CellKey.SOURCE] == TypeSource.SPOT).to_numpy()
    codes = cells.type_codes[inside]
    shares = np.bincount(codes[codes >= 0], minlength=len(cells.types)) / max(len(codes), 1)
    plain = record.figures.get("baseline", {})
    found = cells.counts_per_type()
    rows = [
        (
            named[name],
            f"{found[name]:,}",
            f"{found[name] / max(cells.n, 1):.1%}",
            f"{shares[cells.types.index(name)]:.1%}",
            f"{plain[name]:.1%}" if name in plain else "",
        )
        for name in sorted(found, key=lambda name: -found[name])
    ]
    head = ("Type", session.called, "share", "of those in spots", "baseline there")
    parts = ["<h2>Cell types</h2>", _table(head, rows)]
    parts.append(
        f'<p class="soft">Inferred. ν = {record.params["nu_used"]:g}. {len(codes):,} '
        f"{session.called} lie in spots; all others follow their neighbours. The baseline is "
        "least squares, rounded.</p>"
    )
    told = record.figures.get("against_baseline")
    if told is not None:
        parts.append(f"<p>{escape(str(told['sentence']))}.</p>")
    return parts


def _regions(session: Session) -> Task[list[str]]:
    parts, named, drawn = [], _names(session), regions_of(session)
    for done, region in enumerate(drawn):
        try:
            answer = yield from ask_region_step(session, region)
            parts += _region(answer, named, region.remark)
            parts.append((yield from region_picture(session, region, done, len(drawn))))
        except MethodError as error:
            parts.append(f"<h3>{escape(region.name)}</h3><p>{escape(str(error))}</p>")
    return ["<h2>Regions</h2>", *parts] if parts else []


def _region(answer: RegionAnswer, named: Mapping[str, str], remark: str) -> list[str]:
    said = [f"{answer.area_mm2:.3g} mm²"]
    if answer.nuclei is not None:
        said.append(f"{answer.nuclei:,} {answer.called} ({answer.per_mm2:,.0f} per mm²)")
    if answer.spots is not None:
        said.append(f"{answer.spots:,} spots")
    types = [
        (named[t.name], f"{t.count:,}", f"{t.share:.1%}", f"{t.low:.1%} to {t.high:.1%}",
         f"{t.elsewhere:.1%}")
        for t in answer.types
    ]  # fmt: skip
    genes = [
        (escape(g.name), f"{g.inside:.1f}", f"{g.elsewhere:.1f}", f"{g.ratio:.1f}",
         f"{g.low:.1f} to {g.high:.1f}")
        for g in answer.genes
    ]  # fmt: skip
    lines = [", ".join(said), *map(escape, answer.within)]
    if remark:
        lines.insert(0, f"<em>{escape(remark)}</em>")
    parts = [f"<h3>{escape(answer.name)}</h3>", *(f"<p>{line}</p>" for line in lines)]
    if types:
        parts.append(_table(("Type", answer.called, "share", "95%", "elsewhere"), types))
    if genes:
        head = ("Gene (measured, surest first)", "per 10,000", "elsewhere", "ratio", "95%")
        parts.append(_table(head, genes))
    return [*parts, *([_list(answer.notes)] if answer.notes else [])]


def _step(record: RunRecord) -> list[str]:
    rows = [(escape(str(k)), f"<code>{escape(str(v))}</code>") for k, v in record.params.items()]
    seed = "" if record.seed is None else f", seed {record.seed}"
    used = ", ".join(f"{k} {v}" for k, v in record.versions.items())
    return [
        f"<h2>How: {escape(_STEPS.get(record.step, record.step))}</h2>",
        f"<p>{record.seconds:,.1f} s{seed}. <small>{escape(used)}</small></p>",
        _list(record.notes) if record.notes else "",
        f"<details><summary>Parameters</summary>{_table(('Parameter', 'value'), rows)}</details>",
    ]


def _citations(records: Iterable[RunRecord]) -> list[str]:
    cited = dict.fromkeys(reference for record in records for reference in record.references)
    return ["<h2>To cite</h2>", _list(tuple(cited))] if cited else []


def _picture(session: Session) -> Task[str]:
    """The overview, inside the page; nothing where there is nothing to draw."""
    drawn = yield from overview_step(session)
    if drawn is None:
        return ""
    stream = BytesIO()
    drawn.save(stream, "PNG", compress_level=4)
    held = base64.b64encode(stream.getvalue()).decode("ascii")
    name = escape(session.sample.name)
    return f'<img alt="Overview of {name}" src="data:image/png;base64,{held}">'


def _names(session: Session) -> dict[str, str]:
    """A swatch and the name of every type, as painted and called by hand; HTML."""
    if session.cells is None:
        return {}
    looks = TypeLooks.from_json(session.view.get("legend"))
    named = {}
    for name, colour in looks.table(session.cells.types).items():
        shown = looks.shown(name)
        own = f" <small>({escape(name)})</small>" if shown != name else ""
        named[name] = _swatch(colour) + escape(shown) + own
    return named


def _swatch(colour: tuple[int, int, int]) -> str:
    return f'<span class="swatch" style="background:#{bytes(colour).hex()}"></span>'


def _list(lines: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Cells are HTML already; the head is words."""
    top = "".join(f"<th>{escape(word)}</th>" for word in head)
    body = "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{top}</tr>{body}</table>"
