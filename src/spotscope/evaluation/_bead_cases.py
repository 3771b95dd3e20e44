"""Beads whose cells are known, and how far an answer is from them.

A bead lies at a cell and counts what that cell counted; four in ten count one of the ten cells
nearest to it as well. Nothing is thinned or added.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.spatial import cKDTree

from spotscope.evaluation._real_cells import CELL_SETS
from spotscope.model import Lattice, Spots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from spotscope.evaluation._real_cells import RealCells
    from spotscope.evaluation._typing_cases import Role
    from spotscope.model import Reference

__all__ = ["BeadCase", "BeadScore", "bead_cases", "bead_table", "beads_of", "score_beads"]

_BEADS, _TWO, _NEAR, _WIDTH_UM = 2500, 0.4, 10, 10.0


@dataclass(frozen=True, slots=True, eq=False)
class BeadCase:
    """Beads.

    Parameters
    ----------
    name, seed
        Set; of what was drawn.
    spots, reference
        Raw counts.
    truth
        (bead, type) cells.
    """

    name: str
    seed: int
    spots: Spots
    reference: Reference
    truth: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BeadScore:
    """How far the types that are said to be in the beads are from those that are.

    Parameters
    ----------
    case, seed, method
        What was scored.
    answered
        Share of beads with an answer.
    first_wrong
        Share of answered beads whose first type is not in them.
    precision, recall, f1
        Of (bead, type), over all beads.
    number_right
        Share of all beads said to hold as many types as they do.
    seconds
        From counts to the answer.
    """

    case: str
    seed: int
    method: str
    answered: float
    first_wrong: float
    precision: float
    recall: float
    f1: float
    number_right: float
    seconds: float


def bead_cases(
    data: Path, role: Role, seeds: int = 3, sets: tuple[str, ...] = ()
) -> Iterator[BeadCase]:
    """All cases, one after another; parameters as of ``typing_cases``."""
    for name, read in CELL_SETS.items():
        if not sets or name in sets:
            for seed in range(seeds):
                yield beads_of(read(data, role == "development", seed), name, seed)


def beads_of(cells: RealCells, name: str, seed: int) -> BeadCase:
    """Make beads of cells with places."""
    import pandas as pd
    from anndata import AnnData

    rng = np.random.default_rng(seed)
    n = min(_BEADS, len(cells.codes))
    at = np.sort(rng.permutation(len(cells.codes))[:n])
    found = cKDTree(cells.yx_um).query(cells.yx_um[at], k=[*range(2, _NEAR + 2)])
    near = np.asarray(found[1])
    more = near[np.arange(n), rng.integers(0, _NEAR, n)]
    two = rng.random(n) < _TWO
    counts = cells.counts[at] + sp.diags(two.astype(float)) @ cells.counts[more]
    truth = np.zeros((n, cells.reference.n_types), np.int64)
    np.add.at(truth, (np.arange(n), cells.codes[at]), 1)
    np.add.at(truth, (np.flatnonzero(two), cells.codes[more[two]]), 1)
    table = AnnData(
        sp.csr_matrix(counts).astype(np.int32),
        obs=pd.DataFrame(index=[f"bead{i}" for i in range(n)]),
        var=pd.DataFrame(index=list(cells.genes)),
    )
    spots = Spots(table, cells.yx_um[at], Lattice("free", _WIDTH_UM, _WIDTH_UM))
    return BeadCase(name, seed, spots, cells.reference, truth)


def score_beads(
    case: BeadCase, method: str, types: Sequence[Sequence[int]], seconds: float = float("nan")
) -> BeadScore:
    """Hold an answer against the truth.

    Parameters
    ----------
    case
        With the truth.
    method
        Name shown.
    types
        Of every bead the types said to be in it, the surest first; none for no answer.
    seconds
        It took.
    """
    there = case.truth > 0
    said = np.zeros_like(there)
    for i, some in enumerate(types):
        said[i, list(some)] = True
    both = int((said & there).sum())
    firsts = [(i, some[0]) for i, some in enumerate(types) if len(some)]
    wrong = [not there[i, k] for i, k in firsts]
    return BeadScore(
        case=case.name,
        seed=case.seed,
        method=method,
        answered=len(firsts) / len(there),
        first_wrong=float(np.mean(wrong)) if wrong else float("nan"),
        precision=both / max(int(said.sum()), 1),
        recall=both / max(int(there.sum()), 1),
        f1=2 * both / max(int(said.sum() + there.sum()), 1),
        number_right=float((said.sum(axis=1) == there.sum(axis=1)).mean()),
        seconds=seconds,
    )


_SHOWN = {
    "f1": "F1 of types",
    "precision": "precision",
    "recall": "recall",
    "first_wrong": "first type wrong",
    "number_right": "number of types right",
    "answered": "answered",
    "seconds": "s",
}


def bead_table(scores: Sequence[BeadScore]) -> str:
    """Markdown: a table for each set, mean ± standard deviation over its seeds."""
    parts = []
    for case in dict.fromkeys(score.case for score in scores):
        here = [score for score in scores if score.case == case]
        rows = [f"### {case}", "", f"| method | {' | '.join(_SHOWN.values())} |"]
        rows.append("|" + "---|" * (1 + len(_SHOWN)))
        for method in dict.fromkeys(score.method for score in here):
            some = [score for score in here if score.method == method]
            shown = [_cell([getattr(score, name) for score in some], name) for name in _SHOWN]
            rows.append(f"| {method} | {' | '.join(shown)} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def _cell(values: list[float], name: str) -> str:
    if not np.isfinite(values).all():
        return "–"
    if name == "seconds":
        return f"{np.mean(values):.1f}"
    mean = f"{np.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ± {np.std(values):.3f}"
