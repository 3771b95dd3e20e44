"""Watershed of a surface by falling water, in which shallow basins join.

Pixels come up from the highest to the lowest. A pixel with no neighbour above water opens a basin;
otherwise it joins its highest neighbour's. Where two basins meet at the height s, the lower summit
stands  min(peak₁, peak₂) - s  above the pass: less than ``depth`` of it and the two are one.
So every local maximum may be a marker, and noise does not cut a nucleus in two.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["flood"]


def flood(
    surface: npt.NDArray[np.float32], mask: npt.NDArray[np.bool_], depth: float
) -> tuple[npt.NDArray[np.int32], int]:
    """Part ``mask`` into basins of ``surface``.

    Parameters
    ----------
    surface
        (y, x) heights; summits are where objects are.
    mask
        (y, x) what belongs to an object at all.
    depth
        Two summits part only if the lower stands this much above the pass between them.

    Returns
    -------
    labels
        (y, x) 1 … n, 0 outside the mask.
    n
        Number of basins.
    """
    inside = np.flatnonzero(mask)
    # stable: equal heights keep raster order, so a tile and the whole image agree
    order = inside[np.argsort(-surface.ravel()[inside], kind="stable")]
    return _flood(surface, order, np.float32(depth))


@numba.njit(cache=True, nogil=True)
def _root(parent, i):  # type: ignore[no-untyped-def]
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@numba.njit(cache=True, nogil=True)
def _flood(surface, order, depth):  # type: ignore[no-untyped-def]
    height, width = surface.shape
    basin = np.zeros((height, width), np.int32)
    parent = np.zeros(len(order) + 1, np.int32)
    peak = np.zeros(len(order) + 1, np.float32)
    n = 0
    for flat in order:
        y, x = flat // width, flat % width
        level = surface[y, x]
        best, best_level = 0, np.float32(-np.inf)
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                v, u = y + dy, x + dx
                if v < 0 or u < 0 or v >= height or u >= width or basin[v, u] == 0:
                    continue
                here = _root(parent, basin[v, u])
                if best == 0:
                    best, best_level = here, surface[v, u]
                    continue
                if here != best and min(peak[here], peak[best]) - level < depth:
                    # the higher summit keeps its name
                    if peak[here] > peak[best]:
                        parent[best] = here
                        best = here
                    else:
                        parent[here] = best
                        here = best
                if surface[v, u] > best_level:
                    best, best_level = here, surface[v, u]
        if best == 0:
            n += 1
            best = n
            parent[n] = n
            peak[n] = level
        basin[y, x] = best
    return _renumbered(basin, parent, n)


@numba.njit(cache=True, nogil=True)
def _renumbered(basin, parent, n):  # type: ignore[no-untyped-def]
    """Labels 1 … in the order in which basins are met, row by row."""
    name = np.zeros(n + 1, np.int32)
    count = 0
    for y in range(basin.shape[0]):
        for x in range(basin.shape[1]):
            if basin[y, x]:
                root = _root(parent, basin[y, x])
                if name[root] == 0:
                    count += 1
                    name[root] = count
                basin[y, x] = name[root]
    return basin, count
