"""The cases on which imputation is judged: genes of a panel are hidden, and told again.

Two kinds of folds. *gene*: the genes are dealt at random into five parts, each hidden in turn.
*program*: genes that go together in the reference (Ward's linkage of their standardised profiles)
are hidden together, so that no close relative is left in the panel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from spotscope.evaluation._draws import drawn, some_cells
from spotscope.evaluation._real_cells import CELL_SETS
from spotscope.model import GeneSpace, Reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import scipy.sparse as sp

__all__ = ["IMPUTATION_SETS", "ImputationCase", "gene_folds", "imputation_cases", "program_folds"]

Role = Literal["development", "reporting"]
FOLDS = 5

IMPUTATION_SETS = {name: CELL_SETS[name] for name in ("starmap", "merfish", "xenium")}


@dataclass(frozen=True, slots=True, eq=False)
class ImputationCase:
    """A panel that lacks some genes.

    Parameters
    ----------
    name, seed, folds, fold
        Set, draw, kind of folds, and number of the fold.
    counts
        (cell, gene) of the panel that is left.
    panel
        (gene,) its names.
    yx_um
        (cell, 2).
    hidden
        (gene,) names of the genes to tell.
    truth
        (cell, hidden gene) their counts.
    reference
        Has all of them.
    """

    name: str
    seed: int
    folds: str
    fold: int
    counts: sp.csr_matrix
    panel: tuple[str, ...]
    yx_um: npt.NDArray[np.float64]
    hidden: tuple[str, ...]
    truth: sp.csr_matrix
    reference: Reference


def imputation_cases(
    data: Path, role: Role, seeds: int = 1, sets: Sequence[str] = ()
) -> Iterator[ImputationCase]:
    """All cases, one after another; those of one set and seed follow each other.

    Parameters
    ----------
    data
        Folder of the data sets.
    role
        Part that choices are made on, or part that is shown.
    seeds
        Draws of the random folds, and of the cells.
    sets
        Names of sets; none means all.

    Raises
    ------
    ReadError
        If a set is not there.
    """
    from anndata import AnnData

    for name, seed, read in drawn(IMPUTATION_SETS, sets, seeds):
        whole = read(data, role == "development", 0)
        cells = some_cells(whole, np.random.default_rng(seed))
        table = AnnData(cells.counts.astype(np.int32))
        table.var_names = list(cells.genes)
        space = GeneSpace.shared(table, cells.reference.table, ("panel", "reference"))
        counts = (cells.counts @ space.left).tocsc()
        genes = np.array(space.genes)
        learned = (cells.reference.table.X @ space.right).tocsc()
        for kind, folds in (
            ("gene", gene_folds(len(genes), seed)),
            ("program", program_folds(learned)),
        ):
            for fold, hidden in enumerate(folds):
                left = np.setdiff1d(np.arange(len(genes)), hidden)
                yield ImputationCase(
                    name,
                    seed,
                    kind,
                    fold,
                    counts[:, left].tocsr(),
                    tuple(map(str, genes[left])),
                    cells.yx_um,
                    tuple(map(str, genes[hidden])),
                    counts[:, hidden].tocsr(),
                    cells.reference,
                )


def gene_folds(n_genes: int, seed: int, folds: int = FOLDS) -> list[npt.NDArray[np.intp]]:
    """Deal genes at random into parts of one size."""
    order = np.random.default_rng(seed).permutation(n_genes)
    return [np.sort(part) for part in np.array_split(order, folds)]


def program_folds(counts: sp.csc_matrix, folds: int = FOLDS) -> list[npt.NDArray[np.intp]]:
    """Put genes that go together into one part; programs are dealt, the largest first.

    Parameters
    ----------
    counts
        (cell, gene) of the reference.
    folds
        Number of parts; they are of about one size.
    """
    from scipy.cluster.hierarchy import fcluster, linkage

    dense = np.log1p(counts.toarray().astype(np.float32))
    centred = dense - dense.mean(axis=0)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-9)
    # Euclidean distances of unit columns are those of correlations: |a - b|² = 2 - 2 r
    program = fcluster(linkage(unit.T, "ward"), min(4 * folds, unit.shape[1]), "maxclust")
    parts: list[list[int]] = [[] for _ in range(folds)]
    names, sizes = np.unique(program, return_counts=True)
    for name in names[np.argsort(-sizes, kind="stable")]:
        smallest = min(parts, key=len)
        smallest += np.flatnonzero(program == name).tolist()
    return [np.array(sorted(part), np.intp) for part in parts if part]
