"""Work kept while it is done: written behind the user's back, and had again after a crash.

What was opened is not copied: the sample is read from its files again, and refused if they have
changed. A sample made in memory has no files and is written whole.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spotscope import io
from spotscope.model import (
    Cells,
    EditLog,
    Progress,
    ReadError,
    RunRecord,
    Session,
    Transform,
    is_file_of,
)
from spotscope.pipeline._align import move_sample
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_spots
from spotscope.pipeline._read import read_sample
from spotscope.pipeline._save import open_session
from spotscope.pipeline.analyses._store import forget_findings, save_findings
from spotscope.pipeline.segmentation._step import draw_labels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from spotscope.model import Sample, Task
    from spotscope.pipeline.analyses._step import Finding

__all__ = ["Autosaver", "KeptWork", "kept_work", "restore_work"]

_WHOLE = "whole/session.zarr"


@dataclass(frozen=True, slots=True)
class KeptWork:
    """Work that was kept in a folder.

    Parameters
    ----------
    folder
        Where.
    name
        Of the sample.
    when
        It was last kept, in UTC (ISO 8601).
    steps
        That were done.
    """

    folder: Path
    name: str
    when: str
    steps: tuple[str, ...]


class Autosaver:
    """Keeps a session in a folder, again and again.

    Parameters
    ----------
    folder
        Of this work alone.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writer = io.SessionWriter(folder)
        self._inputs: tuple[Sample | None, dict[str, Any]] = None, {}
        self._findings: tuple[Finding, ...] = ()

    def keep(self, session: Session, findings: Sequence[Finding] = ()) -> Task[Path]:
        """Keep a session as it is now, and what was asked of it (for ``read_findings``).

        Raises
        ------
        WriteError
            If it cannot be written.
        """
        about = {"when": datetime.now(UTC).isoformat(timespec="seconds")}
        if "path" in session.sample.opened:
            about |= self._told(session.sample)
        else:
            yield from io.write_session(self.folder / _WHOLE, session)
            about["whole"] = _WHOLE
            session = Session(session.sample, records=session.records)
        self._keep_findings(tuple(findings))
        return (yield from self._writer.write(session, about))

    def _keep_findings(self, findings: tuple[Finding, ...]) -> None:
        """Write those that are new, and remove those that are gone."""
        kept = {finding.name: finding for finding in self._findings}
        save_findings(self.folder, [one for one in findings if kept.get(one.name) is not one])
        forget_findings(self.folder, sorted(kept.keys() - {one.name for one in findings}))
        self._findings = findings

    def forget(self) -> None:
        """Remove what is kept."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._writer, self._findings = io.SessionWriter(self.folder), ()

    def _told(self, sample: Sample) -> dict[str, Any]:
        """By what the inputs are known again; told once a sample."""
        if not sample.same_as(self._inputs[0]):
            told: dict[str, Any] = {}
            if sample.spots is not None:
                told["spots_fingerprint"] = of_spots(sample.spots)
            self._inputs = sample, told
        return self._inputs[1]


def kept_work(folder: Path) -> KeptWork | None:
    """Say what is kept in a folder, without reading it; None where there is nothing whole."""
    try:
        about = json.loads((folder / io.STATE).read_text("utf-8"))
        return KeptWork(folder, str(about["name"]), str(about["when"]), tuple(about["records"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def restore_work(folder: Path, *, cache: StepCache | None = None) -> Task[Session]:
    """Open what was kept: the session with everything done to it, and the view.

    Raises
    ------
    ReadError
        If it is damaged, or the files it was made from are gone or have changed.
    """
    yield Progress("opening the work that was kept", 0, 2)
    parts = io.read_parts(folder)
    about = parts.about
    if "whole" in about:
        return (yield from open_session(folder / str(about["whole"])))
    opened = about["opened"]
    sample = yield from read_sample(
        opened["path"], image=opened.get("image"), mpp=opened.get("mpp")
    )
    if about.get("alignment") is not None:
        sample = move_sample(sample, Transform.from_json(about["alignment"]))
    sample = replace(sample, opened=opened)
    _refuse_others(sample, about)
    if sample.spots is not None and parts.told is not None:
        table = sample.spots.table
        table.obs = parts.told.obs.loc[table.obs_names]
        for key in parts.told.obsm:
            table.obsm[key] = parts.told.obsm[key]
    records = {step: RunRecord.from_json(record) for step, record in about["records"].items()}
    cells = None
    if parts.cells is not None and parts.cells_yx_um is not None:
        cells = Cells(parts.cells, parts.cells_yx_um, parts.nuclei)
    session = Session(
        sample,
        parts.nuclei,
        None,
        cells,
        records,
        about["view"],
        parts.found,
        EditLog.from_json(about["edits"]),
        parts.measures,
    )
    if parts.nuclei is not None:
        labels = yield from draw_labels(session, cache or StepCache(user_cache()))
        session = replace(session, labels=labels)
    return session


def _refuse_others(sample: Sample, about: Any) -> None:
    kept = about["slide"]
    known = None if kept is None else kept["fingerprint"]
    source = None if sample.slide is None else sample.slide.source
    image = known is None or (source is not None and is_file_of(source, known))
    spots = about.get("spots_fingerprint")
    counts = spots is None or (sample.spots is not None and of_spots(sample.spots) == spots)
    if not (image and counts):
        raise ReadError(
            f"Expected the files of {about['name']} as they were, found others at "
            f"{about['opened']['path']}; put them back to restore this work."
        )
