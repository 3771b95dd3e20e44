"""Cells between spots, of which no count is seen: half of a tissue's cells, the rest in spots.

Cells that lie together are pooled into spots, as in the other cases of expression; of the spots a
random half is kept. All other cells lie between them, their types known and their counts the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from spotscope.evaluation._draws import drawn
from spotscope.evaluation._expression_cases import pool_cells
from spotscope.evaluation._expression_sets import EXPRESSION_SETS
from spotscope.model import GeneSpace, Lattice, Membership, Reference, Spots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from spotscope.evaluation._expression_cases import Role
    from spotscope.evaluation._real_cells import RealCells

__all__ = ["BetweenCase", "BetweenScore", "between_cases", "between_table", "score_between"]

Floats = npt.NDArray[np.floating]

_RATES = (1.0, 0.2)
_JUDGED, _FEWEST_COUNTS = 1500, 10


@dataclass(frozen=True, slots=True, eq=False)
class BetweenCase:
    """A tissue of which spots see half.

    Parameters
    ----------
    name, seed, rate
        Set, draw, and capture rate of the spots.
    spots, reference
        Raw counts.
    membership, yx_um, codes
        Of all cells: those in spots first, then those between.
    first
        Number of the first cell between spots.
    truth
        (cell between, gene) counts; genes as in ``spots``.
    """

    name: str
    seed: int
    rate: float
    spots: Spots
    reference: Reference
    membership: Membership
    yx_um: npt.NDArray[np.float64]
    codes: npt.NDArray[np.int64]
    first: int
    truth: sp.csr_matrix


@dataclass(frozen=True, slots=True)
class BetweenScore:
    """Mean cosine of one answer."""

    case: str
    rate: float
    seed: int
    method: str
    cosine: float


def between_cases(
    data: Path, role: Role, seeds: int = 3, sets: Sequence[str] = ()
) -> Iterator[BetweenCase]:
    """All cases, one after another, of the sets whose cells have places.

    Parameters
    ----------
    data
        Folder of the data sets.
    role
        Part that choices are made on, or part that is shown.
    seeds
        Draws of every case.
    sets
        Names of sets; all by default.
    """
    placed = {name: made for name, made in EXPRESSION_SETS.items() if made.has_places}
    for name, seed, made in drawn(placed, sets, seeds):
        cells = made.read(data, role == "development", seed)
        for rate in _RATES:
            yield leave_between(name, seed, rate, cells)


def leave_between(name: str, seed: int, rate: float, cells: RealCells) -> BetweenCase:
    """Pool half of the cells, and leave the others where they are."""
    import pandas as pd
    from anndata import AnnData

    rng = np.random.default_rng(seed)
    pooled = pool_cells(cells, seed, most_spots=len(cells.codes))
    kept = [pooled[i] for i in rng.permutation(len(pooled))[: max(1, len(pooled) // 2)]]
    inside = np.concatenate(kept)
    rest = np.setdiff1d(np.arange(len(cells.codes)), inside)
    rest = rest[np.asarray(cells.counts[rest].sum(axis=1)).ravel() >= _FEWEST_COUNTS]
    rest = rng.permutation(rest)[:_JUDGED]
    owner = np.repeat(np.arange(len(kept), dtype=np.int32), [len(spot) for spot in kept])
    captured = cells.counts[inside].astype(np.int32).tocsr()
    captured.data = rng.binomial(captured.data, rate).astype(np.int32)
    every = np.concatenate([inside, rest])
    ones = np.ones(len(owner), np.int32)
    place = (owner, np.arange(len(owner)))
    members = sp.csr_matrix((ones, place), shape=(len(kept), len(every)))
    counts = (members[:, : len(inside)] @ captured).tocsr()
    counts.eliminate_zeros()
    obs = pd.DataFrame(index=[f"pooled_{i}" for i in range(len(kept))])
    table = AnnData(counts, obs=obs, var=pd.DataFrame(index=list(cells.genes)))
    centres = np.array([cells.yx_um[spot].mean(axis=0) for spot in kept])
    return BetweenCase(
        name,
        seed,
        rate,
        Spots(table, centres, Lattice("free", 100.0, 55.0)),
        cells.reference,
        Membership(sp.csr_matrix(members, dtype=float), np.append(owner, np.full(len(rest), -1))),
        cells.yx_um[every],
        cells.codes[every],
        len(inside),
        cells.counts[rest].tocsr(),
    )


def score_between(
    case: BetweenCase, method: str, genes: Sequence[str], mean: Floats
) -> BetweenScore:
    """Hold (cell between, gene) expected counts against what was counted.

    Parameters
    ----------
    case
        What was asked.
    method
        Name of who answers.
    genes, mean
        Of the answer, named as in the reference.
    """
    space = GeneSpace.shared(case.spots.table, case.reference.table)
    named = case.reference.table.var_names.to_numpy(str)[space.right.tocsc().indices]
    place = {name: i for i, name in enumerate(genes)}
    said = np.asarray(mean, float)[:, [place[name] for name in named]]
    truth = (case.truth @ space.left).toarray().astype(float)
    size = np.sqrt((said**2).sum(axis=1) * (truth**2).sum(axis=1))
    cosine = (said * truth).sum(axis=1) / np.maximum(size, 1e-12)
    return BetweenScore(case.name, case.rate, case.seed, method, float(cosine.mean()))


def between_table(scores: Sequence[BetweenScore]) -> str:
    """Markdown: a row a set and capture rate, mean ± standard deviation over draws.

    After each second method stands by how much it is ahead of the one before it.
    """
    methods = list(dict.fromkeys(score.method for score in scores))
    pairs = list(zip(methods[::2], methods[1::2], strict=True))
    head = ["set, capture rate", *(word for pair in pairs for word in (*pair, "difference"))]
    rows = []
    for case, rate in dict.fromkeys((score.case, score.rate) for score in scores):
        here = [score for score in scores if (score.case, score.rate) == (case, rate)]
        cells = []
        for pair in pairs:
            one, two = (np.array([s.cosine for s in here if s.method == m]) for m in pair)
            cells += [_spread(values) for values in (one, two, two - one)]
        rows.append(f"| {case}, {rate:.0%} | {' | '.join(cells)} |")
    return "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *rows])


def _spread(values: npt.NDArray[np.float64]) -> str:
    mean = f"{values.mean():.3f}"
    return mean if len(values) == 1 else f"{mean} ± {values.std():.3f}"
