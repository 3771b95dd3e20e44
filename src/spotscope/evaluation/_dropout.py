"""Drop-out: the highest genes of real cells thinned to a few counts, and told again.

Of every set the 22 genes with the most counts are thinned, each by itself and without replacement,
until 50, 100 or 200 counts of it are left in all cells together; all other genes stay. An answer is
scaled to the gene's own total before it is held against the counts that were there: how much of a
gene there was is told to everybody, where it was to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.evaluation._draws import drawn, some_cells
from spotscope.evaluation._imputation_cases import IMPUTATION_SETS
from spotscope.evaluation._imputation_scores import gene_scores

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from spotscope.evaluation._imputation_cases import Role
    from spotscope.evaluation._real_cells import RealCells
    from spotscope.model import Reference

__all__ = [
    "DROPOUT_LEVELS",
    "DropoutCase",
    "DropoutScore",
    "dropout_cases",
    "dropout_table",
    "score_dropout",
    "thin_genes",
]

Floats = npt.NDArray[np.floating]

DROPOUT_LEVELS = (50, 100, 200)
_GENES = 22


@dataclass(frozen=True, slots=True, eq=False)
class DropoutCase:
    """Cells of which some genes have lost most of their counts.

    Parameters
    ----------
    name, seed, level
        Set, draw, and counts that are left of a gene.
    counts
        (cell, gene) with the thinned genes.
    genes
        Names.
    thinned
        (thinned gene,) columns.
    truth
        (cell, thinned gene) counts that were there.
    yx_um
        (cell, 2).
    reference
        Other cells, with all of the genes.
    """

    name: str
    seed: int
    level: int
    counts: sp.csr_matrix
    genes: tuple[str, ...]
    thinned: npt.NDArray[np.intp]
    truth: npt.NDArray[np.int64]
    yx_um: npt.NDArray[np.float64]
    reference: Reference


@dataclass(frozen=True, slots=True)
class DropoutScore:
    """One answer: means over the thinned genes."""

    case: str
    level: int
    seed: int
    method: str
    pcc: float
    mae: float


def dropout_cases(
    data: Path, role: Role, seeds: int = 1, sets: Sequence[str] = ()
) -> Iterator[DropoutCase]:
    """All cases, one after another.

    Parameters
    ----------
    data
        Folder of the data sets.
    role
        Part that choices are made on, or part that is shown.
    seeds
        Draws of every set.
    sets
        Names of sets; all of :data:`IMPUTATION_SETS` by default.
    """
    for name, seed, read in drawn(IMPUTATION_SETS, sets, seeds):
        rng = np.random.default_rng(seed)
        cells = some_cells(read(data, role == "development", seed), rng)
        for level in DROPOUT_LEVELS:
            yield thin_genes(name, seed, level, cells, rng)


def thin_genes(
    name: str, seed: int, level: int, cells: RealCells, rng: np.random.Generator
) -> DropoutCase:
    """Leave ``level`` counts of each of the highest genes that the reference has too."""
    known = np.isin(cells.genes, cells.reference.table.var_names.to_numpy(str))
    counts = cells.counts[:, known].toarray().astype(np.int64)
    totals = counts.sum(axis=0)
    order = np.argsort(-totals, kind="stable")[:_GENES]
    thinned = np.sort(order[totals[order] > level])
    truth = counts[:, thinned].copy()
    for column, gene in enumerate(thinned):
        counts[:, gene] = rng.multivariate_hypergeometric(truth[:, column], level)
    genes = tuple(np.array(cells.genes)[known].tolist())
    return DropoutCase(
        name, seed, level, sp.csr_matrix(counts), genes, thinned, truth, cells.yx_um,
        cells.reference,
    )  # fmt: skip


def score_dropout(case: DropoutCase, method: str, told: Floats) -> DropoutScore:
    """Hold an answer against the counts that were there.

    Parameters
    ----------
    case
        What was asked.
    method
        Name of who answers.
    told
        (cell, thinned gene), at any scale.
    """
    told = np.asarray(told, float)
    scaled = told * (case.truth.sum(axis=0) / np.maximum(told.sum(axis=0), 1e-12))
    scores = gene_scores(scaled, case.truth.astype(float))
    return DropoutScore(
        case.name, case.level, case.seed, method, float(scores.pcc.mean()), float(scores.mae.mean())
    )


def dropout_table(scores: Sequence[DropoutScore]) -> str:
    """Markdown: a table for each set, mean ± standard deviation over seeds."""
    parts = []
    levels = [level for level in DROPOUT_LEVELS if any(s.level == level for s in scores)]
    for case in dict.fromkeys(score.case for score in scores):
        head = " | ".join(f"{what}, {level}" for what in ("PCC", "MAE") for level in levels)
        rows = [f"### {case}, counts left of a gene", "", f"| method | {head} |"]
        rows.append("|" + "---|" * (1 + 2 * len(levels)))
        here = [score for score in scores if score.case == case]
        for method in dict.fromkeys(score.method for score in here):
            cells = []
            for what in ("pcc", "mae"):
                for level in levels:
                    own = [s for s in here if (s.method, s.level) == (method, level)]
                    cells.append(_cell([getattr(s, what) for s in own]))
            rows.append(f"| {method} | {' | '.join(cells)} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def _cell(values: list[float]) -> str:
    if not values:
        return "–"
    spread = f" ± {np.std(values):.3f}" if len(values) > 1 else ""
    return f"{np.mean(values):.3f}{spread}"
