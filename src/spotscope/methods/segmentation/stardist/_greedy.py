"""From the most probable outline to the least: who stays.

As in the stardist package an outline stays unless one that stays shares more than a limit of the
smaller one's area with it. What two of them share is found here (see ``_overlap``), several times
as fast; where the package's area could lie on the other side of the limit, the package is asked
about these few. So those that stay are the package's.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation.stardist._overlap import covered, shared
from spotscope.methods.segmentation.stardist._require import require

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

    from spotscope.methods.segmentation.stardist._run import Floats

__all__ = ["by_package", "warm_up", "who_stays"]

_Whole = npt.NDArray[np.int64]

#: Outlines that reach further are no nuclei, and have too many rows to be kept: the package's.
_FURTHEST = 256


class _Plane(NamedTuple):
    """Those that stay so far, found again by squares that no outline is wider than.

    Parameters
    ----------
    square
        (outline, 2) which one its centre lies in, y and x.
    newest
        (y, x) the last outline that was put there; -1: none.
    before
        (outline,) who was there before it.
    """

    square: _Whole
    newest: _Whole
    before: _Whole


def who_stays(points: Floats, dist: Floats, limit: float) -> npt.NDArray[np.bool_]:
    """(outline,) whether each stays.

    Parameters
    ----------
    points, dist
        (outline, 2) centres and (outline, ray) distances, by falling probability.
    limit
        Largest share of the smaller one's area.
    """
    n = len(points)
    if n == 0 or not dist.max() <= _FURTHEST:  # or no number at all
        return by_package(points, dist, limit)
    square = np.floor((points - points.min(axis=0)) / (2 * dist.max() + 2)).astype(np.int64)
    plane = _Plane(square, np.full(square.max(axis=0) + 1, -1), np.full(n, -1))
    outlines, share = covered(points, dist), float(np.float32(limit))
    stays, undecided = np.zeros(n, bool), np.empty(n, np.int64)
    i, m = _go_on(0, outlines, share, plane, stays, undecided)
    while i < n:
        about = np.append(undecided[:m], i)
        stays[i] = by_package(points[about], dist[about], limit)[-1]
        if stays[i]:
            _put(i, plane)
        i, m = _go_on(i + 1, outlines, share, plane, stays, undecided)
    return stays


def warm_up() -> None:
    """Run it once on a dot: the compiler works before the first tile, and once a machine."""
    who_stays(np.zeros((1, 2), np.float32), np.ones((1, 32), np.float32), 0.5)


@numba.njit(cache=True, nogil=True)
def _go_on(i, outlines, limit, plane, stays, undecided):  # type: ignore[no-untyped-def]
    """Decide from outline i on; stop at one that is undecided, with those it hangs on."""
    while i < len(stays):
        gone, m = _compare(i, outlines, limit, plane, undecided)
        if m > 0 and not gone:
            return i, m
        stays[i] = not gone
        if not gone:
            _put(i, plane)
        i += 1
    return i, 0


@numba.njit(cache=True, nogil=True)
def _compare(i, outlines, limit, plane, undecided):  # type: ignore[no-untyped-def]
    """Whether one that stays surely takes outline i's place, and how many may or may not."""
    m, (y, x), box = 0, plane.square[i], outlines.box
    for v in range(max(y - 1, 0), min(y + 2, plane.newest.shape[0])):
        for u in range(max(x - 1, 0), min(x + 2, plane.newest.shape[1])):
            k = plane.newest[v, u]
            while k >= 0:
                if (
                    box[k, 0] <= box[i, 2]
                    and box[i, 0] <= box[k, 2]
                    and box[k, 1] <= box[i, 3]
                    and box[i, 1] <= box[k, 3]
                ):
                    area, doubt = shared(outlines, k, i)
                    most = limit * min(outlines.area[k], outlines.area[i])
                    if area - doubt > most:
                        return True, m
                    if area + doubt >= most:
                        undecided[m] = k
                        m += 1
                k = plane.before[k]
    return False, m


@numba.njit(cache=True, nogil=True)
def _put(i, plane):  # type: ignore[no-untyped-def]
    y, x = plane.square[i]
    plane.before[i] = plane.newest[y, x]
    plane.newest[y, x] = i


def by_package(points: Floats, dist: Floats, limit: float) -> npt.NDArray[np.bool_]:
    """(outline,) whether each stays, as the package finds; as :func:`who_stays`."""
    if len(points) == 0:
        return np.zeros(0, bool)
    require("stardist")
    from stardist.nms import non_maximum_suppression_inds

    scores = np.ones(len(points), np.float32)  # only looked at for its length
    few = len(points) < 20  # a tree of places costs more than it saves
    # its threads wait by spinning: in a window, whose own threads want the cores, two of them take
    # four times as long as one, and alone hardly less
    with _openmp().limit(limits=1):
        kept = non_maximum_suppression_inds(
            dist, points, scores, thresh=limit, use_kdtree=not few, verbose=False
        )
    return np.asarray(kept, bool)


@lru_cache(maxsize=1)
def _openmp() -> ThreadpoolController:
    """The OpenMP threads of this process; looked for once, as that takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    import_module("stardist.lib.stardist2d")  # it brings threads of its own
    return ThreadpoolController().select(user_api="openmp")
