"""One answer of an analysis, and its way from the program that found it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from spotscope.pipeline.analyses._params import Values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import numpy.typing as npt

__all__ = ["JOB", "Answer", "adjusted", "at_least_once", "pair_name", "read_answer", "write_answer"]

#: The file that says what is asked.
JOB = "job.json"


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A table and what must be known of it.

    Parameters
    ----------
    name
        Of the file it goes to.
    title
        For people; says whether values are measured or inferred.
    table
        One row an answer, best first, with a column ``values``.
    notes
        What should be known of these numbers.
    references
        What to cite.
    per_spot
        (spot, row of the table) scores, named as :attr:`key` names a row; or None.
    figures
        Numbers to read the table by (JSON).
    """

    name: str
    title: str
    table: pd.DataFrame
    notes: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    per_spot: pd.DataFrame | None = None
    figures: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert set(self.table["values"]) <= {str(value) for value in Values}


def adjusted(p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """p-values adjusted for their number (Benjamini and Hochberg 1995); what is no number stays."""
    from scipy.stats import false_discovery_control

    q = np.full(len(p), np.nan)
    known = np.isfinite(p)
    if known.any():
        q[known] = false_discovery_control(np.clip(p[known], 0.0, 1.0))
    return q


def at_least_once(p: npt.NDArray[np.float64], n: int) -> npt.NDArray[np.float64]:
    """p-values of ``n`` permutations that count what was seen among them: (k + 1) / (n + 1)."""
    return (np.rint(np.asarray(p, float) * n) + 1) / (n + 1)


def pair_name(ligand: str, receptor: str) -> str:
    """What a ligand and its receptor are called together."""
    return f"{ligand} → {receptor}"


def write_answer(folder: Path, answer: Answer) -> None:
    """Write an answer for the program that asked."""
    answer.table.to_parquet(folder / f"{answer.name}.parquet")
    if answer.per_spot is not None:
        answer.per_spot.to_parquet(folder / f"{answer.name}_spots.parquet")
    about = {
        "title": answer.title,
        "notes": answer.notes,
        "references": answer.references,
        "figures": answer.figures,
    }
    (folder / f"{answer.name}.json").write_text(json.dumps(about), encoding="utf-8")


def read_answer(folder: Path, name: str) -> Answer:
    """Read what :func:`write_answer` wrote."""
    about = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    spots = folder / f"{name}_spots.parquet"
    return Answer(
        name,
        about["title"],
        pd.read_parquet(folder / f"{name}.parquet"),
        tuple(about["notes"]),
        tuple(about["references"]),
        pd.read_parquet(spots) if spots.exists() else None,
        about["figures"],
    )
