"""Outlines made anew: from a polygon, from two nuclei, from one nucleus cut in two.

All of them end as rays from a centre. A ray's length is the distance at which it last leaves any
of the polygons: for corners p, q and the unit direction u, the edge p + s (q - p), 0 ≤ s < 1, is
met at t u with

    t = p × (q - p) / (u × (q - p)),   s = p × u / (u × (q - p)),   a × b = a_y b_x - a_x b_y.

Taking the last exit bridges the gap between two parts that are merged, and fills the bay of an
outline that is not star-convex.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spotscope.model._star_convex import StarConvex, ray_directions

__all__ = [
    "centroid",
    "cut",
    "heart",
    "holds",
    "outlines_of_polygons",
    "polygon_area",
    "recast",
]

Floats = npt.NDArray[np.float64]
#: Places along an edge at which its distance is taken.
_STEPS = (0.0, 0.25, 0.5, 0.75)
#: No ray is shorter, in µm: an outline must not turn inside out.
_SHORTEST_UM = 0.1


def polygon_area(corners: Floats) -> float:
    """Area enclosed by (corner, 2) corners (shoelace formula)."""
    y, x = (corners - corners[0]).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def centroid(corners: Floats) -> Floats:
    """(2,) centre of mass of the area enclosed by (corner, 2) corners."""
    local = corners - corners[0]
    following = np.roll(local, -1, axis=0)
    twice = local[:, 0] * following[:, 1] - local[:, 1] * following[:, 0]
    if abs(twice.sum()) < 1e-12:
        return np.asarray(corners.mean(axis=0))
    mean = ((local + following) * twice[:, None]).sum(axis=0) / (3 * twice.sum())
    return np.asarray(corners[0] + mean)


def recast(centre: Floats, polygons: list[Floats], n_rays: int) -> npt.NDArray[np.float32]:
    """(ray,) distance from ``centre`` at which each ray last leaves the polygons.

    Parameters
    ----------
    centre
        (2,) (y, x).
    polygons
        (corner, 2) corners each, not closed.
    n_rays
        Rays of the new outline. One that meets nothing has the mean of its neighbours' lengths.
    """
    u = ray_directions(n_rays)
    far = np.zeros(n_rays)
    for corners in polygons:
        p = corners - centre
        edge = np.roll(p, -1, axis=0) - p
        bottom = _cross(u[:, None], edge[None])
        with np.errstate(divide="ignore", invalid="ignore"):
            t = _cross(p, edge)[None] / bottom
            s = _cross(p[None], u[:, None]) / bottom
        met = (np.abs(bottom) > 1e-12) & (t > 0) & (s >= -1e-12) & (s < 1 + 1e-12)
        far = np.maximum(far, np.where(met, t, 0.0).max(axis=1))
    missed = far <= 0
    if missed.any() and not missed.all():
        seen = np.flatnonzero(~missed)
        far = np.interp(np.arange(n_rays), seen, far[seen], period=n_rays)
    return np.maximum(far, _SHORTEST_UM).astype(np.float32)


def cut(corners: Floats, first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """The parts of a polygon on either side of the line through two points.

    A part may be empty: (0, 2), where the line misses the polygon.
    """
    direction = second - first
    side = _cross(direction[None], corners - first)
    return _half(corners, side), _half(corners, -side)


def holds(corners: Floats, point: Floats) -> bool:
    """Whether a point lies in a polygon, by the even-odd rule."""
    y, x = corners.T
    y_next, x_next = np.roll(y, -1), np.roll(x, -1)
    crosses = (y > point[0]) != (y_next > point[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        at = x + (point[0] - y) * (x_next - x) / (y_next - y)
    return bool((crosses & (point[1] < at)).sum() % 2)


def heart(corners: Floats) -> Floats:
    """A place to draw rays from: the centroid, or where that lies outside, the deepest point."""
    centre = centroid(corners)
    if holds(corners, centre):
        return centre
    low, high = corners.min(axis=0), corners.max(axis=0)
    grid = low + (high - low) * (np.indices((24, 24)).reshape(2, -1).T + 0.5) / 24
    within = [point for point in grid if holds(corners, point)]
    if not within:
        return centre
    rim = np.concatenate([corners + s * (np.roll(corners, -1, axis=0) - corners) for s in _STEPS])
    depth = [((rim - point) ** 2).sum(axis=1).min() for point in within]
    return np.asarray(within[int(np.argmax(depth))])


def outlines_of_polygons(
    polygons: list[Floats], probability: npt.NDArray[np.float32] | None = None, n_rays: int = 32
) -> StarConvex:
    """Nuclei from outlines of any shape.

    Parameters
    ----------
    polygons
        (corner, 2) corners (y, x) in µm each, not closed.
    probability
        (polygon,) how sure they are; 1 where nothing is said.
    n_rays
        Rays of the outlines made of them.
    """
    if not polygons:
        return StarConvex.empty(n_rays)
    centres = np.array([heart(corners) for corners in polygons])
    radii = np.stack(
        [recast(c, [corners], n_rays) for c, corners in zip(centres, polygons, strict=True)]
    )
    sure = np.ones(len(polygons), np.float32) if probability is None else probability
    return StarConvex(centres, radii, np.asarray(sure, np.float32))


def _half(corners: Floats, side: Floats) -> Floats:
    """Corners where ``side`` is not negative, with the points where the rim crosses over."""
    kept = []
    for here in range(len(corners)):
        after = (here + 1) % len(corners)
        if side[here] >= 0:
            kept.append(corners[here])
        if (side[here] >= 0) != (side[after] >= 0):
            share = side[here] / (side[here] - side[after])
            kept.append(corners[here] + share * (corners[after] - corners[here]))
    return np.array(kept).reshape(-1, 2)


def _cross(a: Floats, b: Floats) -> Floats:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])
