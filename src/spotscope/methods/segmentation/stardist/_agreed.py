"""Outlines that the pixels at the heart of a nucleus agree on.

Every pixel of a nucleus says an outline of its own, and the most probable of them is one opinion of
many. Seen from its place c, pixel q says that the rim lies along ray r at

    t_qr = the first t > 0 at which  c + t u_r  meets the outline that q says,

and the outline that is taken is, ray by ray, the smallest t that a given share of them do not
exceed. Asked are the pixels q that the outline of c, drawn to 0.7 of its size, holds, that are
candidates themselves, and whose outline holds c. A share of ½ is the median; on patients never
learned from a network says too little more often than too much, so a larger share errs less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np
import numpy.typing as npt

from spotscope.model import ray_directions

if TYPE_CHECKING:
    from spotscope.methods.segmentation.stardist._run import Floats

__all__ = ["AGREEMENT", "agreed", "warm_up"]

#: Share that has to agree, of networks of ours for H&E; in fluorescence, where a network is surer,
#: asking around gains nothing.
AGREEMENT = 0.6

#: Pixels nearer to the rim than this share of the way know one side of a nucleus better.
_HEART = 0.7


def agreed(
    prob: Floats,
    dist: Floats,
    grid: tuple[int, int],
    at: npt.NDArray[np.intp],
    least: float,
    share: float,
) -> Floats:
    """Outlines of some candidates as the candidates around them see them.

    Parameters
    ----------
    prob, dist
        (y, x) and (y, x, ray) on the grid, as the network says them.
    grid
        Image pixels per point of the grid.
    at
        (nucleus, 2) places on the grid's points, in image pixels.
    least
        Candidates are more probable than this.
    share
        Of the pixels asked, how many do not say more; above 0, at most 1.

    Returns
    -------
    (nucleus, ray) distances, in image pixels.
    """
    points, rays = at // np.array(grid), ray_directions(dist.shape[2])
    # of one layout, so that it is compiled once
    maps = np.ascontiguousarray(prob), np.ascontiguousarray(dist)
    return np.asarray(_agreed(*maps, grid[0], grid[1], points, rays, least, share))


def warm_up() -> None:
    """Run it once on nothing: the compiler works before the first tile, and once a machine."""
    nothing = np.zeros((1, 1), np.float32), np.ones((1, 1, 32), np.float32)
    agreed(*nothing, (2, 2), np.zeros((0, 2), np.intp), 0.5, AGREEMENT)


@numba.njit(cache=True, nogil=True)
def _agreed(prob, dist, step_y, step_x, points, rays, least, share):  # type: ignore[no-untyped-def]
    n, n_rays = len(points), len(rays)
    found = np.empty((n, n_rays), np.float32)
    said = np.empty((64, n_rays))
    seen = np.empty(n_rays)
    for i in range(n):
        row, column = points[i]
        own = dist[row, column]
        reach = _HEART * own.max()
        up, aside = int(reach / step_y), int(reach / step_x)
        m = 0
        for y in range(max(row - up, 0), min(row + up + 1, prob.shape[0])):
            for x in range(max(column - aside, 0), min(column + aside + 1, prob.shape[1])):
                dy, dx = (y - row) * step_y, (x - column) * step_x
                if prob[y, x] <= least or not _holds(own, rays, dy / _HEART, dx / _HEART):
                    continue
                # quicker than to find out that some rays do not meet it
                if not _holds(dist[y, x], rays, -dy, -dx):
                    continue
                if not _seen_from(dist[y, x], rays, dy, dx, seen):
                    continue
                if m == len(said):
                    said = np.concatenate((said, np.empty((m, n_rays))))
                _insert(said, m, seen)
                m += 1
        if m == 0:
            found[i] = own
            continue
        found[i] = said[int(np.ceil(share * m - 1e-9)) - 1]
    return found


@numba.njit(cache=True, nogil=True)
def _holds(radii, rays, dy, dx):  # type: ignore[no-untyped-def]
    """Whether an outline holds the point (dy, dx) from its centre."""
    n_rays = len(radii)
    a = int(np.floor(np.arctan2(dy, dx) / (2 * np.pi) * n_rays)) % n_rays
    b = (a + 1) % n_rays
    ay, ax = radii[a] * rays[a, 0], radii[a] * rays[a, 1]
    by, bx = radii[b] * rays[b, 0], radii[b] * rays[b, 1]
    # on the inner side of the one edge that lies that way
    return (bx - ax) * (dy - ay) - (by - ay) * (dx - ax) >= 0


@numba.njit(cache=True, nogil=True)
def _seen_from(radii, rays, dy, dx, seen):  # type: ignore[no-untyped-def]
    """Distances to an outline about (dy, dx), along rays from the origin; whether all meet it."""
    n_rays = len(radii)
    seen[:] = np.inf
    ay, ax = dy + radii[-1] * rays[-1, 0], dx + radii[-1] * rays[-1, 1]
    a = np.arctan2(ay, ax) / (2 * np.pi) * n_rays
    for k in range(n_rays):
        by, bx = dy + radii[k] * rays[k, 0], dx + radii[k] * rays[k, 1]
        b = np.arctan2(by, bx) / (2 * np.pi) * n_rays
        # the shorter way round from a to b: the rays between them meet this edge
        turn = (b - a + n_rays / 2) % n_rays - n_rays / 2
        first, last = (a, a + turn) if turn >= 0 else (a + turn, a)
        for ray in range(int(np.ceil(first - 1e-9)), int(np.floor(last + 1e-9)) + 1):
            r = ray % n_rays
            across = rays[r, 1] * (by - ay) - rays[r, 0] * (bx - ax)
            if abs(across) > 1e-12:
                away = (ax * (by - ay) - ay * (bx - ax)) / across
                if 0 < away < seen[r]:
                    seen[r] = away
        ay, ax, a = by, bx, b
    return np.isfinite(seen).all()


@numba.njit(cache=True, nogil=True)
def _insert(said, m, seen):  # type: ignore[no-untyped-def]
    """Put distances among m others that rise along the first axis, ray by ray."""
    for r in range(len(seen)):
        k = m
        while k > 0 and said[k - 1, r] > seen[r]:
            said[k, r] = said[k - 1, r]
            k -= 1
        said[k, r] = seen[r]
