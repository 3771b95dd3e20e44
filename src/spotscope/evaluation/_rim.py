"""How far the rim of a star-convex outline is in any direction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["rim_distance"]


def rim_distance(
    radii: npt.NDArray[np.float32], dy: npt.NDArray[np.float32], dx: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """(nucleus, pixel) distance to the polygon's edge in the direction of each pixel.

    Between rays of lengths p and q that enclose δ, the edge is met at the angle α from the first
    at p q sin δ / (p sin α + q sin(δ - α)).
    """
    n_rays = radii.shape[1]
    step = np.float32(2 * np.pi / n_rays)
    turn = np.arctan2(dy, dx) % np.float32(2 * np.pi)
    ray = np.minimum((turn / step).astype(np.intp), n_rays - 1)
    alpha = turn - ray.astype(np.float32) * step
    row = np.arange(len(radii))[:, None]
    p, q = radii[row, ray], radii[row, (ray + 1) % n_rays]
    edge = p * q * np.sin(step) / (p * np.sin(alpha) + q * np.sin(step - alpha))
    return np.asarray(edge, np.float32)
