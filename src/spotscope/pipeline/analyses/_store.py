"""Findings in the output folder: ``OUT/analysis``, a table each, and how it came about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from spotscope import io
from spotscope.model import ReadError, RunRecord
from spotscope.pipeline.analyses._step import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ANALYSIS", "forget_findings", "out_of_date", "read_findings", "save_findings"]

#: Folder of the findings in an output folder.
ANALYSIS = "analysis"
#: These ask nothing but counts of spots.
_OF_SPOTS = ("variable", "ligands_spots")


def save_findings(out: Path | str, findings: Sequence[Finding]) -> tuple[Path, ...]:
    """Write each finding: ``NAME.csv``, ``NAME.json``, and ``NAME_spots.parquet`` if it has scores.

    Each file is replaced whole or not at all; other findings that are there stay.

    Parameters
    ----------
    out
        The output folder.
    findings
        What was found.

    Returns
    -------
    The files.

    Raises
    ------
    WriteError
        If they cannot be written.
    """
    home, written = Path(out) / ANALYSIS, []
    for finding in findings:
        paths = [home / f"{finding.name}.csv", home / f"{finding.name}.json"]
        with io.staged(paths[0]) as temporary:
            finding.table.to_csv(temporary, index=False, float_format="%.6g")
        if finding.per_spot is not None:
            paths.append(home / f"{finding.name}_spots.parquet")
            with io.staged(paths[-1]) as temporary:
                finding.per_spot.to_parquet(temporary)
        about = {"title": finding.title, "record": finding.record.to_json()}
        with io.staged(paths[1]) as temporary:
            temporary.write_text(json.dumps(about, indent=2, ensure_ascii=False) + "\n")
        written += paths
    return tuple(written)


def read_findings(out: Path | str) -> tuple[Finding, ...]:
    """Read what :func:`save_findings` wrote; none where nothing was asked.

    Raises
    ------
    ReadError
        If a finding is damaged.
    """
    import pandas as pd

    found = []
    for path in sorted((Path(out) / ANALYSIS).glob("*.json")):
        scores = path.with_name(f"{path.stem}_spots.parquet")
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            record = RunRecord.from_json(about["record"])
            # a gene may be called NA
            table = pd.read_csv(path.with_suffix(".csv"), keep_default_na=False, na_values=[""])
            per_spot = pd.read_parquet(scores) if scores.exists() else None
            found.append(Finding(path.stem, about["title"], table, record, per_spot))
        except (OSError, ValueError, KeyError, TypeError) as err:
            raise ReadError(
                f"Expected a whole finding in {path}, found it damaged ({err}); ask again "
                "(spotscope analyse)."
            ) from err
    return tuple(found)


def forget_findings(out: Path | str, names: Sequence[str]) -> None:
    """Remove these findings from an output folder, as far as they are there."""
    for name in names:
        for end in (".json", ".csv", "_spots.parquet"):
            (Path(out) / ANALYSIS / f"{name}{end}").unlink(missing_ok=True)


def out_of_date(finding: Finding, inputs: Mapping[str, str]) -> bool:
    """Whether a finding rests on anything else than is there now (see ``inputs_of``)."""
    used = dict(finding.record.inputs)
    if finding.record.step.split()[-1] in _OF_SPOTS:
        used, inputs = {"spots": used["spots"]}, {"spots": inputs.get("spots", "")}
    return used != inputs
