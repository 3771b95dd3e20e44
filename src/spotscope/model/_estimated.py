"""Cells that are counted, not seen: where they are drawn.

Nobody knows where in a spot such a cell lies. So that it can be shown, typed and corrected like any
other, it is drawn as a small circle, always the same for the same number. Its probability is not
a number: no image says that it is there.

In an empty disc k cells are spread evenly (Vogel 1979), a single one in the middle,

    c_i = ρ √((i + ½) / k) (sin iα, cos iα),   i = 0 … k - 1,   α = π (3 - √5);

beside nuclei each takes, of a denser such spread, the place farthest from all that is there.
ρ = R - r keeps circles of radius r = min(3 µm, 0.4 R / √k) inside the disc of radius R.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from spotscope.model._star_convex import StarConvex

__all__ = ["cells_in_discs", "is_estimated", "places_in_disc"]

Floats = npt.NDArray[np.float64]
_ANGLE = np.pi * (3 - np.sqrt(5))
#: Fewest places to choose from, and places a cell.
_PLACES, _PER_CELL = 127, 8
_RADIUS_UM, _SHARE = 3.0, 0.4
_RAYS = 32


def is_estimated(nuclei: StarConvex) -> npt.NDArray[np.bool_]:
    """(nucleus,) whether it is one that was counted, not seen."""
    return np.isnan(nuclei.probability)


def radius_of(n: int, radius_um: float) -> float:
    """Radius of each of ``n`` cells in a disc."""
    return min(_RADIUS_UM, _SHARE * radius_um / np.sqrt(max(n, 1)))


def places_in_disc(
    n: int,
    radius_um: float,
    taken_um: Floats | None = None,
    reach_um: Floats | None = None,
    cell_um: float | None = None,
) -> Floats:
    """(n, 2) places about the middle of a disc.

    Parameters
    ----------
    n
        How many.
    radius_um
        Of the disc.
    taken_um, reach_um
        (nucleus, 2) middles of what is there already, about that of the disc, and how far each
        reaches.
    cell_um
        Radius of the cells; by default what suits ``n`` of them.
    """
    within = radius_um - (radius_of(n, radius_um) if cell_um is None else cell_um)
    if taken_um is None or not len(taken_um):
        return _spread(n) * within
    spread = _spread(max(_PLACES, _PER_CELL * (n + len(taken_um)))) * within
    reach = np.zeros(len(taken_um)) if reach_um is None else reach_um
    apart = np.linalg.norm(spread[:, None] - taken_um[None], axis=2) - reach
    return spread[_farthest(spread, apart.min(axis=1), n)]


def cells_in_discs(
    counts: npt.NDArray[np.int64], centres_um: Floats, radius_um: float
) -> StarConvex:
    """Cells that are known by their number in each disc alone, disc by disc.

    Parameters
    ----------
    counts
        (disc,) how many.
    centres_um
        (disc, 2) middles.
    radius_um
        Of every disc.
    """
    disc = np.repeat(np.arange(len(counts)), counts)
    yx, radii = np.zeros((len(disc), 2)), np.zeros(len(disc))
    for n in np.unique(counts[counts > 0]):
        mine = counts[disc] == n
        places = places_in_disc(int(n), radius_um)
        yx[mine] = np.tile(places, (int((counts == n).sum()), 1)) + centres_um[disc[mine]]
        radii[mine] = radius_of(int(n), radius_um)
    rays = np.repeat(radii[:, None], _RAYS, axis=1).astype(np.float32)
    return StarConvex(yx, rays, np.full(len(disc), np.nan, np.float32))


@lru_cache(maxsize=256)
def _spread(n: int) -> Floats:
    """(n, 2) places spread evenly over a disc of radius 1."""
    if n == 1:
        return np.zeros((1, 2))
    i = np.arange(n)
    out, angle = np.sqrt((i + 0.5) / n), i * _ANGLE
    return np.stack([out * np.sin(angle), out * np.cos(angle)], axis=1)


def _farthest(spread: Floats, apart: Floats, n: int) -> list[int]:
    """Indices of ``n`` places, each the farthest from what is there and those before it."""
    chosen = []
    for _ in range(n):
        best = int(apart.argmax())
        chosen.append(best)
        apart = np.minimum(apart, np.linalg.norm(spread - spread[best], axis=1))
    return chosen
