"""Exact distance transform of a mask, in two passes of linear time.

With g(y, x) the distance to the nearest background pixel in the same column,

    D²(y, x) = min_u (x - u)² + g(y, u)²,

the lower envelope of parabolas, found in one sweep a row (Meijster, Roerdink & Hesselink 2000;
Felzenszwalb & Huttenlocher 2012). Nothing outside the image counts as background.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["distance_to_background", "opened"]


@numba.njit(cache=True, nogil=True)
def distance_to_background(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.float32]:
    """Return (y, x) distances in pixels from every pixel to the nearest False one."""
    height, width = mask.shape
    far = float(height + width)
    column = np.empty((height, width), np.float32)
    for x in range(width):
        run = far
        for y in range(height):
            run = run + 1.0 if mask[y, x] else 0.0
            column[y, x] = run
        run = far
        for y in range(height - 1, -1, -1):
            run = run + 1.0 if mask[y, x] else 0.0
            column[y, x] = min(column[y, x], run)
    result = np.zeros((height, width), np.float32)
    apex = np.empty(width, np.int64)
    start = np.empty(width + 1, np.float64)
    for y in range(height):
        _row(column[y], mask[y], apex, start, result[y])
    return result


@numba.njit(cache=True, nogil=True)
def _row(g, inside, apex, start, out):  # type: ignore[no-untyped-def]
    """Lower envelope of the parabolas of one row: ``apex[k]`` rules from ``start[k]`` on."""
    width = len(g)
    k = 0
    apex[0] = 0
    start[0] = -np.inf
    start[1] = np.inf
    for u in range(1, width):
        height_u = float(g[u]) ** 2 + u * u
        cut = 0.0
        while True:
            v = apex[k]
            cut = (height_u - (float(g[v]) ** 2 + v * v)) / (2.0 * (u - v))
            if cut > start[k]:
                break
            k -= 1
        k += 1
        apex[k] = u
        start[k] = cut
        start[k + 1] = np.inf
    k = 0
    for x in range(width):
        while start[k + 1] < x:
            k += 1
        if inside[x]:
            v = apex[k]
            out[x] = np.sqrt((x - v) ** 2 + float(g[v]) ** 2)


def opened(mask: npt.NDArray[np.bool_], radius_px: float) -> npt.NDArray[np.bool_]:
    """Return ``mask`` without whatever a disc of ``radius_px`` cannot enter."""
    core = distance_to_background(mask) > radius_px
    return (distance_to_background(~core) <= radius_px) & mask
