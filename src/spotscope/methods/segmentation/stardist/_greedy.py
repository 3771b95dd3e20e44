"""From the most probable outline to the least: who stays.

As in the stardist package an outline stays unless one that stays shares more than a limit of the
smaller one's area with it. What two of them share is found here (see ``_overlap``), and for nine
outlines in ten that is enough. Where it is so near to the limit that the package's area could lie
on the other side, the package is asked, about the outline and those it hangs on. This is done some
at a time, so that few hang on what is not known yet.
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

#: An outline goes, stays, or hangs on more than is known so far.
_GOES, _STAYS, _OPEN = range(3)

#: So many are settled first, and by so much more of them each time.
_FIRST, _MORE = 256, 1.2


class _Plane(NamedTuple):
    """Those that may stay, found again by squares that no outline is wider than.

    Parameters
    ----------
    square
        (outline, 2) which one its centre lies in, y and x.
    newest
        (y, x) the last outline that was put there; -1: none.
    before
        (outline,) who was there before it.
    doubtful
        (outline,) room for a list.
    """

    square: _Whole
    newest: _Whole
    before: _Whole
    doubtful: _Whole


def who_stays(points: Floats, dist: Floats, limit: float) -> npt.NDArray[np.bool_]:
    """(outline,) whether each stays.

    Parameters
    ----------
    points, dist
        (outline, 2) centres and (outline, ray) distances, by falling probability.
    limit
        Largest share of the smaller one's area.
    """
    if len(points) == 0 or not dist.max() <= _FURTHEST:  # or no number at all
        return by_package(points, dist, limit)
    square = np.floor((points - points.min(axis=0)) / (2 * dist.max() + 2)).astype(np.int64)
    before, room = np.full((2, len(points)), -1)
    plane = _Plane(square, np.full(square.max(axis=0) + 1, -1), before, room)
    outlines, share = covered(points, dist), float(np.float32(limit))
    fates, asked = np.full(len(points), _GOES, np.int8), np.zeros(len(points), bool)
    start = 0
    while start < len(points):
        stop = min(len(points), int(start * _MORE) + _FIRST)
        _settle(start, stop, outlines, share, plane, fates, asked)
        about = np.flatnonzero(asked)
        stays = by_package(points[about], dist[about], limit)
        fates[about] = np.where(stays, _STAYS, _GOES)
        asked[about] = False
        start = stop
    return np.asarray(fates == _STAYS)


def warm_up() -> None:
    """Run it once on a dot: the compiler works before the first tile, and once a machine."""
    who_stays(np.zeros((1, 2), np.float32), np.ones((1, 32), np.float32), 0.5)


@numba.njit(cache=True, nogil=True)
def _settle(start, stop, outlines, limit, plane, fates, asked):  # type: ignore[no-untyped-def]
    """Tell who of some outlines goes, stays or is open; ask about those and what they hang on."""
    for i in range(start, stop):
        fates[i] = _fate(i, outlines, limit, plane, fates, asked)
        if fates[i] != _GOES:
            y, x = plane.square[i]
            plane.before[i], plane.newest[y, x] = plane.newest[y, x], i


@numba.njit(cache=True, nogil=True)
def _fate(i, outlines, limit, plane, fates, asked):  # type: ignore[no-untyped-def]
    hangs_on = 0
    (y, x), box = plane.square[i], outlines.box
    for v in range(max(y - 1, 0), min(y + 2, plane.newest.shape[0])):
        for u in range(max(x - 1, 0), min(x + 2, plane.newest.shape[1])):
            k = plane.newest[v, u]
            while k >= 0:
                if fates[k] != _GOES and _meet(box[k], box[i]):
                    area, doubt = shared(outlines, k, i)
                    most = limit * min(outlines.area[k], outlines.area[i])
                    if area - doubt > most and fates[k] == _STAYS:
                        return _GOES
                    if area + doubt >= most:
                        plane.doubtful[hangs_on] = k
                        hangs_on += 1
                k = plane.before[k]
    if hangs_on == 0:
        return _STAYS
    asked[i] = True
    asked[plane.doubtful[:hangs_on]] = True
    return _OPEN


@numba.njit(cache=True, nogil=True)
def _meet(a, b):  # type: ignore[no-untyped-def]
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def by_package(points: Floats, dist: Floats, limit: float) -> npt.NDArray[np.bool_]:
    """(outline,) whether each stays, as the package finds; as :func:`who_stays`."""
    if len(points) == 0:
        return np.zeros(0, bool)
    require("stardist")
    from stardist.nms import non_maximum_suppression_inds

    scores = np.ones(len(points), np.float32)  # only looked at for its length
    # its threads wait by spinning: in a window, whose own threads want the cores, two of them take
    # four times as long as one, and alone hardly less
    with _openmp().limit(limits=1):
        kept = non_maximum_suppression_inds(dist, points, scores, thresh=limit, verbose=False)
    return np.asarray(kept, bool)


@lru_cache(maxsize=1)
def _openmp() -> ThreadpoolController:
    """The OpenMP threads of this process; looked for once, as that takes milliseconds."""
    from threadpoolctl import ThreadpoolController

    import_module("stardist.lib.stardist2d")  # it brings threads of its own
    return ThreadpoolController().select(user_api="openmp")
