"""A section cut into tiles of equal numbers of spots, each with a halo of those around it.

The spots are halved at the median of their longer side, again and again, until no part has more
than asked. A part is a tile's *heart*: every spot is in exactly one. Its halo are the spots within
three reaches of neighbours, which are solved with it and then forgotten: what a label is hangs on
little beyond that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

__all__ = ["HALO_REACHES", "Tile", "Tiling", "cut_tiles", "evenly"]

Rows = npt.NDArray[np.intp]

HALO_REACHES = 3.0


@dataclass(frozen=True, slots=True)
class Tiling:
    """How a section is cut.

    Parameters
    ----------
    spots
        Most spots of a tile, its halo not counted.
    ahead
        Tiles that are under way at once.
    """

    spots: int = 25_000
    ahead: int = 4


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """Spots that are solved together.

    Parameters
    ----------
    spots
        Rising numbers of the spots, halo included.
    heart
        (spot,) which of them this tile answers for.
    """

    spots: Rows
    heart: npt.NDArray[np.bool_]


def cut_tiles(yx_um: npt.NDArray[np.float64], most: int, halo_um: float) -> list[Tile]:
    """Cut spots into tiles.

    Parameters
    ----------
    yx_um
        (spot, 2).
    most
        Spots of a heart, at most.
    halo_um
        Width of the halo.
    """
    tiles = []
    tree = cKDTree(yx_um)
    for heart in _halved(yx_um, np.arange(len(yx_um)), most):
        low, high = yx_um[heart].min(axis=0), yx_um[heart].max(axis=0)
        # rounded up: the circle is through the corners, where spots are
        around = 1.001 * float(np.linalg.norm(high - low)) / 2 + halo_um + 1e-3
        near = tree.query_ball_point((low + high) / 2, around)
        some = np.sort(np.asarray(near, np.intp))
        gap = np.maximum(low - yx_um[some], yx_um[some] - high)
        some = some[(gap <= halo_um).all(axis=1)]
        tiles.append(Tile(some, np.isin(some, heart)))
    return tiles


def evenly(tiles: list[Tile], spots: int) -> Rows:
    """Rising numbers of about so many spots: the hearts of tiles taken evenly from all."""
    sizes = [int(tile.heart.sum()) for tile in tiles]
    number = int(np.clip(round(spots * len(sizes) / max(sum(sizes), 1)), 1, len(tiles)))
    chosen = np.unique(np.linspace(0, len(tiles) - 1, number).round().astype(int))
    return np.sort(np.concatenate([tiles[k].spots[tiles[k].heart] for k in chosen]))


def _halved(yx_um: npt.NDArray[np.float64], some: Rows, most: int) -> list[Rows]:
    if len(some) <= most:
        return [some]
    axis = int(np.argmax(np.ptp(yx_um[some], axis=0)))
    order = some[np.argsort(yx_um[some, axis], kind="stable")]
    half = len(order) // 2
    return [
        part
        for side in (order[:half], order[half:])
        for part in _halved(yx_um, np.sort(side), most)
    ]
