"""Cell typing of more spots than one machine should hold at once: learn on some, type by tiles.

What does not hang on the place of a spot (genes, metric, mix, ν, calibration) is learned from
patches spread evenly over the section. Then each tile is weighed, labelled and forgotten, here or
on a cluster: a tile is a function of what was learned and of its own spots, so where it runs makes
no difference to the answer. Only the choice of tiles does, by near ties: at the seams, and where
the chains behind a posterior toss other coins.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.cell_typing._answer import robust
from spotscope.methods.cell_typing._fit import fit
from spotscope.methods.cell_typing._result import CellTyping
from spotscope.methods.cell_typing._tile import Learned, Piece, TileAnswer, type_tile
from spotscope.methods.cell_typing._tiles import HALO_REACHES, cut_tiles, evenly
from spotscope.model import GeneSpace, Membership, Progress, Spots

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor, Future

    import scipy.sparse as sp

    from spotscope.methods.cell_typing._fitted import FittedTyping
    from spotscope.methods.cell_typing._params import CellTypingParams
    from spotscope.methods.cell_typing._tiles import Tile, Tiling
    from spotscope.model import Reference, Rng, Task

__all__ = ["fit_tiled"]

#: Spots that are learned from, and those of one patch of them.
_LEARN, _PATCH = 20_000, 2_500
_STAGE = "typing tiles"


def fit_tiled(
    spots: Spots,
    reference: Reference,
    membership: Membership,
    yx_um: npt.NDArray[np.float64],
    params: CellTypingParams,
    tiling: Tiling,
    executor: Executor,
    *,
    rng: Rng = None,
) -> Task[CellTyping]:
    """Type a section tile by tile, at the ν of ``params``.

    Parameters
    ----------
    spots, reference, membership, yx_um, params, rng
        As of ``fit``. The looks of nuclei are not used.
    tiling
        How the section is cut; the labels hang on it a little.
    executor
        Where tiles are typed: threads, processes or a cluster; the labels do not hang on it.

    Raises
    ------
    MethodError
        If an input stands in the way; the message says what to do.
    """
    some = evenly(cut_tiles(spots.yx_um, _PATCH, 0.0), _LEARN)
    part, members, places = _taken(spots, membership, yx_um, some)
    fitted = yield from fit(part, reference, members, places, params, rng=rng)
    nu = fitted.auto_nu if params.nu == "auto" else float(params.nu)
    learned = Learned.of(fitted, nu)
    space = GeneSpace.shared(spots.table, reference.table)
    at = {name: g for g, name in enumerate(space.genes)}
    picked = space.left[:, [at[name] for name in learned.genes]]
    tiles = cut_tiles(spots.yx_um, tiling.spots, HALO_REACHES * fitted.state.reach_um)
    pieces = _pieces(tiles, spots.counts, picked, spots.umis, membership.owner, yx_um)
    found = []
    yield Progress(_STAGE, 0, len(tiles))
    for answer in _in_order(executor, learned, pieces, tiling.ahead):
        found.append(answer)
        yield Progress(_STAGE, len(found), len(tiles))
    return _merged(found, tiles, fitted, nu, len(yx_um), spots.n)


def _taken(
    spots: Spots, membership: Membership, yx_um: npt.NDArray[np.float64], some: npt.NDArray[np.intp]
) -> tuple[Spots, Membership, npt.NDArray[np.float64]]:
    """Some spots and the cells of them."""
    place = np.full(spots.n + 1, -1, np.int32)
    place[some] = np.arange(len(some))
    owner = place[membership.owner]  # -1 is the last entry
    cells = np.flatnonzero(owner >= 0)
    overlap = membership.overlap[some][:, cells]
    return (
        Spots(spots.table[some].copy(), spots.yx_um[some], spots.lattice),
        Membership(overlap, owner[cells]),
        yx_um[cells],
    )


def _pieces(
    tiles: list[Tile],
    counts: sp.csr_matrix,
    picked: sp.csr_matrix,
    umis: npt.NDArray[np.int64],
    owner: npt.NDArray[np.int32],
    yx_um: npt.NDArray[np.float64],
) -> Iterator[Piece]:
    """What each tile is typed from, made when it is its turn."""
    by_spot = np.argsort(owner, kind="stable")
    begins = np.searchsorted(owner[by_spot], np.arange(counts.shape[0] + 1))
    for tile in tiles:
        number = begins[tile.spots + 1] - begins[tile.spots]
        first = np.repeat(begins[tile.spots] - (np.cumsum(number) - number), number)
        cells = by_spot[first + np.arange(number.sum())]
        part = (counts[tile.spots] @ picked).tocsr()
        part.sort_indices()
        local = np.repeat(np.arange(len(tile.spots), dtype=np.int32), number)
        yield Piece(part, umis[tile.spots].astype(float), local, yx_um[cells], tile.heart, cells)


def _in_order(
    executor: Executor, learned: Learned, pieces: Iterator[Piece], ahead: int
) -> Iterator[TileAnswer]:
    """Answers in the order of the tiles; only so many are under way, and those are ended."""
    waiting: deque[Future[TileAnswer]] = deque()
    try:
        for piece in pieces:
            waiting.append(executor.submit(type_tile, learned, piece))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for job in waiting:
            job.cancel()


def _merged(
    found: list[TileAnswer],
    tiles: list[Tile],
    fitted: FittedTyping,
    nu: float,
    n_cells: int,
    n_spots: int,
) -> CellTyping:
    """The hearts of all tiles; cells of no spot stay untyped."""
    k = len(fitted.types)
    codes, source = np.full(n_cells, -1, np.int16), np.full(n_cells, "none", "<U10")
    margin, support = np.zeros(n_cells, np.float32), np.zeros(n_cells, np.float32)
    weights, shares = np.zeros((n_spots, k), np.float32), np.zeros((n_spots, k), np.float32)
    misfit = np.full(n_spots if fitted.state.metric is not None else 0, np.nan, np.float32)
    for answer, tile in zip(found, tiles, strict=True):
        rows = tile.spots[tile.heart]
        codes[answer.cells], source[answer.cells] = answer.codes, "spot"
        margin[answer.cells], support[answer.cells] = answer.margin, answer.support
        weights[rows], shares[rows] = answer.weights, answer.proportions
        if len(misfit):
            misfit[rows] = answer.log_misfit
    return CellTyping(
        types=fitted.types,
        codes=codes,
        source=source,
        margin=margin,
        support=support,
        weights=weights,
        proportions=shares,
        nu=nu,
        energy=float(sum(answer.energy for answer in found)),
        share_flipped=float(sum(a.flipped for a in found) / max(1, sum(a.inside for a in found))),
        sigma=fitted.state.sigma,
        notes=(*fitted.notes, _said(len(tiles), n_spots, fitted)),
        misfit=robust(misfit),
    )


def _said(tiles: int, spots: int, fitted: FittedTyping) -> str:
    return (
        f"{spots:,} spots were typed in {tiles:,} tiles, by what {len(fitted.state.weights):,} "
        "of them taught; the energy is the sum over tiles, halos included."
    )
