"""Findings as sections of the report."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from spotscope.pipeline.analyses._said import rows_of
from spotscope.pipeline.analyses._step import inputs_of
from spotscope.pipeline.analyses._store import out_of_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.model import Session
    from spotscope.pipeline.analyses._step import Finding

__all__ = ["finding_sections"]

_ROWS = 15
_OUT_OF_DATE = "Asked before counts, types or expression became what this page shows: ask again."


def finding_sections(session: Session, findings: Sequence[Finding]) -> list[str]:
    """A heading, a table and its notes for every finding; nothing where there are none."""
    if not findings:
        return []
    now = inputs_of(session) if session.sample.spots is not None else {}
    parts = ["<h2>Analyses</h2>"]
    for finding in findings:
        head, rows = rows_of(finding, _ROWS)
        parts.append(f"<h3>{escape(finding.title)}</h3>")
        if out_of_date(finding, now):
            parts.append(f'<p class="warn">{_OUT_OF_DATE}</p>')
        parts.append(_table(head, rows))
        shown = f"{min(_ROWS, len(finding.table))} of {len(finding.table):,} rows; all are in "
        parts.append(f'<p class="soft">{shown}<code>analysis/{finding.name}.csv</code></p>')
        notes = "".join(f"<li>{escape(note)}</li>" for note in finding.record.notes)
        parts.append(f"<ul>{notes}</ul>")
    return parts


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f"<th>{escape(word)}</th>" for word in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(word)}</td>" for word in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"
