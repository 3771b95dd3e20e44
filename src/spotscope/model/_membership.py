"""A, the membership of cells in spots: how much of each nucleus lies in each spot's disc.

The overlap is exact for star-convex polygons. The area common to a polygon and a disc about the
origin is the sum over the polygon's edges (p, q) of the signed area common to the disc and the
triangle (0, p, q): where the edge is inside the disc, half the cross product; outside, a sector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from spotscope.model._spots import Spots
    from spotscope.model._star_convex import StarConvex

__all__ = ["Membership", "polygon_disc_area"]

Floats = npt.NDArray[np.float64]
#: A nucleus belongs to a spot when at least this share of it lies in the disc.
MAJORITY = 0.5
#: Pairs of nucleus and disc that are worked on at once.
_BLOCK = 8192


def polygon_disc_area(polygons: Floats, radius: float) -> Floats:
    """Area common to polygons and the disc of ``radius`` about the origin.

    Parameters
    ----------
    polygons
        (polygon, corner, 2), the corners in order, not closed.
    radius
        Above 0, in the polygons' unit.

    Returns
    -------
    (polygon,) areas, never negative.
    """
    p, q = polygons, np.roll(polygons, -1, axis=1)
    edge = q - p
    # where the line p + t·edge crosses the circle
    a = (edge**2).sum(-1)
    b = (p * edge).sum(-1)
    c = (p**2).sum(-1) - radius**2
    root = np.sqrt(np.maximum(b * b - a * c, 0.0))
    safe = np.where(a > 0, a, 1.0)
    enter = np.clip((-b - root) / safe, 0.0, 1.0)
    leave = np.clip((-b + root) / safe, 0.0, 1.0)
    missed = (b * b - a * c <= 0) | (a == 0)
    enter, leave = np.where(missed, 0.0, enter), np.where(missed, 0.0, leave)
    inside_from, inside_to = p + enter[..., None] * edge, p + leave[..., None] * edge
    area = (
        _sector(p, inside_from, radius)
        + 0.5 * _cross(inside_from, inside_to)
        + _sector(inside_to, q, radius)
    )
    whole_outside = missed | (leave <= enter)
    area = np.where(whole_outside, _sector(p, q, radius), area)
    return np.asarray(np.abs(area.sum(axis=1)))


def _cross(u: Floats, v: Floats) -> Floats:
    return np.asarray(u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0])


def _sector(u: Floats, v: Floats, radius: float) -> Floats:
    """Signed area of the disc's sector from direction u to direction v."""
    return np.asarray(0.5 * radius**2 * np.arctan2(_cross(u, v), (u * v).sum(-1)))


@dataclass(frozen=True, slots=True, eq=False)
class Membership:
    """Which cell lies in which spot.

    Parameters
    ----------
    overlap
        (spot, cell) CSR: share of the nucleus' area inside the disc. Discs do not overlap, so
        columns sum to at most 1.
    owner
        (cell,) spot that holds at least half of the nucleus, or -1.
    """

    overlap: sp.csr_matrix
    owner: npt.NDArray[np.int32]

    @classmethod
    def from_discs(cls, outlines: StarConvex, spots: Spots) -> Membership:
        """Intersect every nucleus with the discs it may touch."""
        radius = spots.lattice.diameter_um / 2
        shape = (spots.n, outlines.n)
        if outlines.n == 0:
            return cls(sp.csr_matrix(shape), np.zeros(0, np.int32))
        reach = radius + outlines.reach_um()
        touching = cKDTree(spots.yx_um).query_ball_point(outlines.yx_um, reach)
        per_cell = np.array([len(near) for near in touching])
        cell = np.repeat(np.arange(outlines.n), per_cell)
        spot = np.array([s for near in touching for s in near], dtype=np.intp)
        if spot.size == 0:
            return cls(sp.csr_matrix(shape), np.full(outlines.n, -1, np.int32))
        area, share = outlines.area_um2(), np.zeros(len(cell))
        for start in range(0, len(cell), _BLOCK):  # polygons take much more room than rays
            part = slice(start, start + _BLOCK)
            local = outlines.take(cell[part]).polygons() - spots.yx_um[spot[part]][:, None, :]
            share[part] = polygon_disc_area(local, radius) / area[cell[part]]
        touched = share > 1e-9
        overlap = sp.csr_matrix(
            (np.minimum(share[touched], 1.0), (spot[touched], cell[touched])), shape=shape
        )
        return cls(overlap, _majority(overlap))

    @classmethod
    def from_counts(cls, cells_per_spot: npt.NDArray[np.int64]) -> Membership:
        """Cells that are known only by their number in each spot; cell order follows the spots."""
        owner = np.repeat(np.arange(len(cells_per_spot), dtype=np.int32), cells_per_spot)
        n = len(owner)
        overlap = sp.csr_matrix((np.ones(n), (owner, np.arange(n))), shape=(len(cells_per_spot), n))
        return cls(overlap, owner)

    @property
    def cells_per_spot(self) -> npt.NDArray[np.int64]:
        """(spot,) number of cells each spot owns."""
        return np.bincount(self.owner[self.owner >= 0], minlength=self.overlap.shape[0])


def _majority(overlap: sp.csr_matrix) -> npt.NDArray[np.int32]:
    by_cell = overlap.tocsc()
    owner = np.full(overlap.shape[1], -1, np.int32)
    cell = np.repeat(np.arange(overlap.shape[1]), np.diff(by_cell.indptr))
    # ascending share, so that the largest is written last
    order = np.argsort(by_cell.data, kind="stable")
    enough = order[by_cell.data[order] >= MAJORITY]
    owner[cell[enough]] = by_cell.indices[enough]
    return owner
