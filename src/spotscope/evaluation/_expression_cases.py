"""The cases on which expression is judged: cells summed into spots, and thinned.

    x_cg ~ Binomial(X_cg, ρ),    Y_sg = Σ_{c in s} x_cg

A spot holds 2 to 8 cells that are neighbours in the tissue; ρ is the capture rate. The counts X of
every cell are known, so that each cell of an answer can be held against its own; and so are x, the
part of them that the spot counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.spatial import cKDTree

from spotscope.evaluation._draws import drawn
from spotscope.evaluation._expression_sets import EXPRESSION_SETS
from spotscope.model import Lattice, Membership, MethodError, Reference, Spots

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from spotscope.evaluation._real_cells import RealCells

__all__ = ["CAPTURE_RATES", "ExpressionCase", "expression_cases", "pool_cells"]

Floats = npt.NDArray[np.float64]
Role = Literal["development", "reporting"]

CAPTURE_RATES = (1.0, 0.5, 0.2, 0.05)
FEWEST, MOST = 2, 8
#: Spots of a case, at most: what a user opens at a time.
_SPOTS = 120
_PITCH_UM, _WIDTH_UM = 100.0, 55.0


@dataclass(frozen=True, slots=True, eq=False)
class ExpressionCase:
    """Spots whose cells are known, with all that each of them expressed.

    Parameters
    ----------
    name, seed, rate
        Set, draw, and capture rate ρ.
    spots, reference
        Raw counts.
    membership, yx_um, codes
        The cells of the spots: where they are, and their true types.
    truth
        (cell, gene) counts X of every cell, none lost; genes as in ``spots``.
    captured
        (cell, gene) counts x: their sums are the spots'.
    """

    name: str
    seed: int
    rate: float
    spots: Spots
    reference: Reference
    membership: Membership
    yx_um: Floats
    codes: npt.NDArray[np.int64]
    truth: sp.csr_matrix
    captured: sp.csr_matrix


def expression_cases(
    data: Path,
    role: Role,
    seeds: int = 3,
    sets: Sequence[str] = (),
    rates: Sequence[float] = CAPTURE_RATES,
    most_cells: int = MOST,
) -> Iterator[ExpressionCase]:
    """All cases, one after another; those of one set and seed follow each other.

    Parameters
    ----------
    data
        Folder of the data sets.
    role
        Part that choices are made on, or part that is shown.
    seeds
        Draws of every case: which cells make a spot, and what is captured.
    sets, rates
        Names of sets, none means all; capture rates.
    most_cells
        Of a spot; 2 makes the published example, two cells in every spot.

    Raises
    ------
    ReadError
        If a set is not there.
    """
    for name, seed, made in drawn(EXPRESSION_SETS, sets, seeds):
        cells = made.read(data, role == "development", seed)
        pooled = pool_cells(cells, seed, places=made.has_places, most_cells=most_cells)
        for rate in rates:
            yield _thinned(name, seed, rate, cells, pooled)


def pool_cells(
    cells: RealCells,
    seed: int,
    *,
    places: bool = True,
    most_spots: int = _SPOTS,
    most_cells: int = MOST,
) -> list[npt.NDArray[np.intp]]:
    """Draw the cells of every spot: 2 to 8 that lie together, no cell twice.

    Parameters
    ----------
    cells
        With at least two cells that counted anything.
    seed
        Of the draw.
    places
        Whether to take neighbours; else cells at random.
    most_spots
        Spots are made until there are so many, or no cells are left.
    most_cells
        Of a spot, two at least.

    Raises
    ------
    MethodError
        If no spot can be made.
    """
    rng = np.random.default_rng(seed)
    free = np.asarray(cells.counts.sum(axis=1)).ravel() > 0
    order = rng.permutation(np.flatnonzero(free))
    tree = cKDTree(cells.yx_um) if places else None
    spots: list[npt.NDArray[np.intp]] = []
    for first in order:
        if len(spots) == most_spots:
            break
        if not free[first]:
            continue
        wanted = int(rng.integers(FEWEST, most_cells + 1))
        if tree is None:
            near = order
        else:
            near = tree.query(cells.yx_um[first], min(4 * MOST, len(cells.yx_um)))[1]
        members = np.asarray(near)[free[near]][:wanted]
        if len(members) >= FEWEST:
            free[members] = False
            spots.append(members)
    if not spots:
        raise MethodError(
            f"Expected at least {FEWEST} cells with counts, found {int(free.sum())}; "
            "give a larger part of the set."
        )
    return spots


def _thinned(
    name: str, seed: int, rate: float, cells: RealCells, pooled: list[npt.NDArray[np.intp]]
) -> ExpressionCase:
    import pandas as pd
    from anndata import AnnData

    chosen = np.concatenate(pooled)
    owner = np.repeat(np.arange(len(pooled), dtype=np.int32), [len(spot) for spot in pooled])
    truth = cells.counts[chosen].astype(np.int32).tocsr()
    captured = truth.copy()
    if rate < 1:
        rng = np.random.default_rng([seed, round(1e4 * rate)])
        captured.data = rng.binomial(captured.data, rate).astype(np.int32)
        captured.eliminate_zeros()
    ones = np.ones(len(owner), np.int32)
    members = sp.csr_matrix((ones, (owner, np.arange(len(owner)))))
    counts = (members @ captured).tocsr()
    # spots are laid side by side: cells that lie together in the tissue stay so within a spot
    side = int(np.ceil(np.sqrt(len(pooled))))
    centres = _PITCH_UM * np.stack(np.divmod(np.arange(len(pooled)), side), axis=1).astype(float)
    angle = 2 * np.pi * np.concatenate([np.arange(len(spot)) / len(spot) for spot in pooled])
    around = _WIDTH_UM / 4 * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    obs = pd.DataFrame(index=[f"pooled_{i}" for i in range(len(pooled))])
    table = AnnData(counts, obs=obs, var=pd.DataFrame(index=list(cells.genes)))
    return ExpressionCase(
        name,
        seed,
        rate,
        Spots(table, centres, Lattice("square", _PITCH_UM, _WIDTH_UM)),
        cells.reference,
        Membership(sp.csr_matrix(members, dtype=float), owner),
        centres[owner] + around,
        cells.codes[chosen],
        truth,
        captured,
    )
