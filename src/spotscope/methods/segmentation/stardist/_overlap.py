"""What two outlines share, and how far the stardist package could find another area for it.

The package cuts the corners of outlines down to whole numbers and lets a library of polygons
(Clipper) intersect them; most of its seconds go there. Between two rows y and y + 1 such an outline
has no corner, so its rim is made of straight pieces there, and what two of them share is

    A = sum over rows y of the length that both cover at y + 1/2,

but for rows where their rims cross. There the length bends: a change of slope s takes at most
|s| / 8 of area away or adds it. Clipper, for its part, moves the corner it puts at a crossing to
whole numbers, by half at most each way: with rims of pieces no longer than l that is another
sqrt(1/2) l of area. The sum of these is how far A can be from what the package finds.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from spotscope.model import ray_directions

__all__ = ["Covered", "covered", "shared"]

_Floats = npt.NDArray[np.float32]
_Reals = npt.NDArray[np.float64]
_Whole = npt.NDArray[np.int64]

#: Crossings on pieces of a rim that lie along a row, which no row shows: hardly ever more.
_UNSEEN = 4


class Covered(NamedTuple):
    """What outlines cover, row by row.

    Parameters
    ----------
    area, longest
        (outline,) its area, and the length of the longest piece of its rim.
    box
        (outline, 4) least y and x, largest y and x.
    first
        (outline + 1,) where its rows begin in ``begin``: the first of them is row ``box[:, 0]``.
    begin, end
        (row,) where the row's crossings begin and end in ``x``.
    x, slope
        (crossing,) where, at the middle of its row, a span begins and ends, in turn, and by how
        much that moves in a row.
    """

    area: _Reals
    longest: _Reals
    box: _Whole
    first: _Whole
    begin: _Whole
    end: _Whole
    x: _Floats
    slope: _Floats


def covered(points: _Floats, radii: _Floats) -> Covered:
    """What outlines cover, cut as the package cuts them.

    Parameters
    ----------
    points, radii
        (outline, 2) centres and (outline, ray) distances.
    """
    polygons = _corners(points, radii, ray_directions(radii.shape[1]))
    area, longest, box, crossings = _sizes(polygons)
    first = np.concatenate([[0], np.cumsum(box[:, 2] - box[:, 0])])
    begin, end = np.empty((2, first[-1]), np.int64)
    x, slope = np.empty((2, crossings), np.float32)
    _fill(polygons, box, first, begin, end, x, slope)
    return Covered(area, longest, box, first, begin, end, x, slope)


@numba.njit(cache=True, nogil=True)
def _corners(points, radii, rays):  # type: ignore[no-untyped-def]
    polygons = np.empty((len(points), len(rays), 2), np.int32)
    for i in range(len(points)):
        for k in range(len(rays)):
            for axis in range(2):
                # summed in float32, as there: another sum may be cut to another whole number
                polygons[i, k, axis] = int(
                    np.float32(points[i, axis] + radii[i, k] * rays[k, axis])
                )
    return polygons


@numba.njit(cache=True, nogil=True)
def _sizes(polygons):  # type: ignore[no-untyped-def]
    n, corners = polygons.shape[:2]
    area, longest, box = np.empty(n), np.empty(n), np.empty((n, 4), np.int64)
    crossings = 0
    for i in range(n):
        double, furthest = 0, 0
        ay, ax = int(polygons[i, -1, 0]), int(polygons[i, -1, 1])
        box[i] = ay, ax, ay, ax
        for k in range(corners):
            by, bx = int(polygons[i, k, 0]), int(polygons[i, k, 1])
            double += ax * by - ay * bx
            furthest = max(furthest, (by - ay) ** 2 + (bx - ax) ** 2)
            crossings += abs(by - ay)
            box[i, 0], box[i, 1] = min(box[i, 0], by), min(box[i, 1], bx)
            box[i, 2], box[i, 3] = max(box[i, 2], by), max(box[i, 3], bx)
            ay, ax = by, bx
        area[i], longest[i] = abs(double) / 2, np.sqrt(furthest)
    return area, longest, box, crossings


@numba.njit(cache=True, nogil=True)
def _fill(polygons, box, first, begin, end, x, slope):  # type: ignore[no-untyped-def]
    """Sort every outline's crossings into its rows."""
    way = np.empty(len(x), np.int8)
    used = 0
    for i in range(len(polygons)):
        top, row0, row1 = box[i, 0], first[i], first[i + 1]
        end[row0:row1] = 0
        for k in range(polygons.shape[1]):
            ay, by = polygons[i, k - 1, 0], polygons[i, k, 0]
            for y in range(min(ay, by), max(ay, by)):
                end[row0 + y - top] += 1
        for row in range(row0, row1):  # rows behind one another, empty so far
            begin[row], used = used, used + end[row]
            end[row] = begin[row]
        for k in range(polygons.shape[1]):
            ay, by = polygons[i, k - 1, 0], polygons[i, k, 0]
            if ay == by:
                continue
            ax, per_row = (
                polygons[i, k - 1, 1],
                (polygons[i, k, 1] - polygons[i, k - 1, 1]) / (by - ay),
            )
            for y in range(min(ay, by), max(ay, by)):
                row, at = row0 + y - top, ax + (y + 0.5 - ay) * per_row
                m = end[row]
                while m > begin[row] and x[m - 1] > at:
                    x[m], slope[m], way[m] = x[m - 1], slope[m - 1], way[m - 1]
                    m -= 1
                x[m], slope[m], way[m] = at, per_row, 1 if by > ay else -1
                end[row] += 1
        for row in range(row0, row1):
            if end[row] - begin[row] > 2:
                end[row] = _unfold(x, slope, way, begin[row], end[row])


@numba.njit(cache=True, nogil=True)
def _unfold(x, slope, way, begin, end):  # type: ignore[no-untyped-def]
    """Leave out crossings inside: where a rim folds over itself it goes round a place twice."""
    kept, round_it = begin, 0
    for m in range(begin, end):
        before, round_it = round_it, round_it + way[m]
        if before == 0 or round_it == 0:
            x[kept], slope[kept] = x[m], slope[m]
            kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def shared(outlines, a, b):  # type: ignore[no-untyped-def]
    """What two outlines share.

    Parameters
    ----------
    outlines
        A :class:`Covered`.
    a, b
        Two of them.

    Returns
    -------
    Area, and how far from it the package's can be.
    """
    x, slope, begin, end = outlines.x, outlines.slope, outlines.begin, outlines.end
    top, bottom = outlines.box[:, 0], outlines.box[:, 2]
    area, bends, crossings = 0.0, 0.0, _UNSEEN
    for y in range(max(top[a], top[b]), min(bottom[a], bottom[b])):
        row_a, row_b = outlines.first[a] + y - top[a], outlines.first[b] + y - top[b]
        for i in range(begin[row_a], end[row_a], 2):
            for j in range(begin[row_b], end[row_b], 2):
                area += max(min(x[i + 1], x[j + 1]) - max(x[i], x[j]), 0.0)
        for i in range(begin[row_a], end[row_a]):
            for j in range(begin[row_b], end[row_b]):
                bend = abs(slope[i] - slope[j])
                if 2 * abs(x[i] - x[j]) < bend:
                    bends += bend / 8
                    crossings += 1
    longest = max(outlines.longest[a], outlines.longest[b])
    return area, bends + crossings * np.sqrt(0.5) * longest
