"""Marks of napari's kinds painted on pixels, one after the other, the last one on top.

With d the signed distance to a mark's outline in pixels, below zero inside, and w the width of
its rim, which lies half inside and half outside, a pixel is covered by

    rim   c(d - w/2) - c(d + w/2),    face   c(d + w/2),    c(d) = clip(½ - d, 0, 1),

so that edges are smooth, and a rim thinner than a pixel is faint. Colours are multiplied by their
alpha, and what is painted lies over what was there.
"""

from __future__ import annotations

from functools import cache

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["code_of", "paint_marks", "straight"]

Floats = npt.NDArray[np.float32]

_DISC, _RING, _CLOBBER, _POLYGONS = 0, 1, 2, 3


def _turned(corners: list[tuple[float, float]], degrees: float) -> list[tuple[float, float]]:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return [(c * x - s * y, s * x + c * y) for x, y in corners]


_THIRD = 1 / 3
_CROSS = [
    corner
    for turn in range(4)
    for corner in _turned([(-_THIRD, -1), (_THIRD, -1), (_THIRD, -_THIRD)], 90 * turn)
]
#: Half a shaft's width of an arrow with a tail.
_SHAFT = 0.177
_HEAD = [(1.0, 0.0), (0.0, 1.0), (-0.25, 0.75)]
_HEIGHT = 0.75**0.5
#: Corners (x, y), y down, in halves of a mark's size.
_CORNERS: dict[str, list[tuple[float, float]]] = {
    "square": [(-1, -1), (1, -1), (1, 1), (-1, 1)],
    "diamond": [(0, -1), (1, 0), (0, 1), (-1, 0)],
    "hbar": [(-1, -_THIRD), (1, -_THIRD), (1, _THIRD), (-1, _THIRD)],
    "vbar": [(-_THIRD, -1), (_THIRD, -1), (_THIRD, 1), (-_THIRD, 1)],
    "cross": _CROSS,
    "x": _turned(_CROSS, 45),
    "triangle_up": [(0, -_HEIGHT), (1, _HEIGHT), (-1, _HEIGHT)],
    "triangle_down": [(0, _HEIGHT), (-1, -_HEIGHT), (1, -_HEIGHT)],
    "star": [
        (r * np.sin(np.pi * k / 5), 0.1 - r * np.cos(np.pi * k / 5))
        for k, r in enumerate([1.0, 0.382] * 5)
    ],
    "arrow": [*_HEAD, (0.5, 0.0), (-0.25, -0.75), (0.0, -1.0)],
    "tailed_arrow": [
        *_HEAD,
        *((0.5 - _SHAFT, _SHAFT), (-1.0, _SHAFT), (-1.0, -_SHAFT), (0.5 - _SHAFT, -_SHAFT)),
        *((-0.25, -0.75), (0.0, -1.0)),
    ],
}
_CODES = {
    "disc": _DISC,
    "ring": _RING,
    "clobber": _CLOBBER,
    **{name: _POLYGONS + k for k, name in enumerate(_CORNERS)},
}


def code_of(symbol: str) -> int:
    """The number of a symbol; one that is not known is a disc."""
    return _CODES.get(symbol, _DISC)


def paint_marks(
    canvas: Floats,
    middles: npt.NDArray[np.float64],
    halves: Floats,
    rims: Floats,
    faces: Floats,
    edges: Floats,
    codes: npt.NDArray[np.int64],
) -> None:
    """Paint marks.

    Parameters
    ----------
    canvas
        (y, x, 4), multiplied by alpha; changed.
    middles
        (mark, 2) row and column.
    halves, rims
        (mark,) half a mark's size and the width of its rim, in pixels.
    faces, edges
        (mark, 4) colours, not multiplied by alpha.
    codes
        (mark,) of symbols.
    """
    _paint(canvas, middles, halves, rims, faces, edges, codes, *_polygons())


def straight(canvas: Floats) -> npt.NDArray[np.uint8]:
    """(y, x, 4) bytes of colours that were multiplied by their alpha."""
    out = np.zeros(canvas.shape, np.uint8)
    _straighten(canvas, out)
    return out


@cache
def _polygons() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Corners of all, and where each symbol's begin."""
    counts = [len(corners) for corners in _CORNERS.values()]
    corners = [corner for one in _CORNERS.values() for corner in one]
    return np.array(corners, float), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


@numba.njit(cache=True, nogil=True)
def _to_polygon(x, y, half, corners):  # type: ignore[no-untyped-def]
    """Distance to a polygon's edge, below zero inside."""
    nearest, inside = np.inf, False
    ax, ay = half * corners[-1, 0], half * corners[-1, 1]
    for k in range(len(corners)):
        bx, by = half * corners[k, 0], half * corners[k, 1]
        dx, dy = bx - ax, by - ay
        along = ((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12)
        along = min(max(along, 0.0), 1.0)
        ex, ey = x - ax - along * dx, y - ay - along * dy
        nearest = min(nearest, ex * ex + ey * ey)
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * dx:
            inside = not inside
        ax, ay = bx, by
    return -np.sqrt(nearest) if inside else np.sqrt(nearest)


@numba.njit(cache=True, nogil=True)
def _distance(code, x, y, half, corners, first):  # type: ignore[no-untyped-def]
    if code == 0:
        return np.sqrt(x * x + y * y) - half
    if code == 1:
        return abs(np.sqrt(x * x + y * y) - 0.75 * half) - 0.25 * half
    if code == 2:
        # three discs around the middle, one above
        nearest, shift = np.inf, 0.4157 * half
        for k in range(3):
            angle = 2 * np.pi * k / 3
            dx, dy = x - shift * np.sin(angle), y - 0.25 * shift + shift * np.cos(angle)
            nearest = min(nearest, np.sqrt(dx * dx + dy * dy))
        return nearest - 0.64 * half
    k = code - 3
    return _to_polygon(x, y, half, corners[first[k] : first[k + 1]])


@numba.njit(cache=True, nogil=True)
def _paint(canvas, middles, halves, rims, faces, edges, codes, corners, first):  # type: ignore[no-untyped-def]
    height, width = canvas.shape[:2]
    for i in range(len(middles)):
        row, column, half, rim = middles[i, 0], middles[i, 1], halves[i], 0.5 * rims[i]
        disc = codes[i] == 0
        # a corner of a square and of x reaches further than half its size
        reach = (half if disc else 1.42 * half) + rim + 0.5
        # so far from the middle a disc is nothing but face
        core = max(half - rim - 0.5, 0.0) ** 2 if disc else 0.0
        for y in range(max(int(np.ceil(row - reach)), 0), min(int(row + reach), height - 1) + 1):
            dy = y - row
            chord = np.sqrt(max(reach * reach - dy * dy, 0.0))
            left, right = int(np.ceil(column - chord)), int(np.floor(column + chord))
            for x in range(max(left, 0), min(right, width - 1) + 1):
                dx = x - column
                face, edge = faces[i, 3], np.float32(0)
                if dx * dx + dy * dy >= core:
                    d = _distance(codes[i], dx, dy, half, corners, first)
                    outer = np.float32(min(max(0.5 - d + rim, 0.0), 1.0))
                    inner = np.float32(min(max(0.5 - d - rim, 0.0), 1.0))
                    face, edge = inner * face, (outer - inner) * edges[i, 3]
                under = np.float32(1) - face - edge
                for c in range(3):
                    over = face * faces[i, c] + edge * edges[i, c]
                    canvas[y, x, c] = over + under * canvas[y, x, c]
                canvas[y, x, 3] = face + edge + under * canvas[y, x, 3]


@numba.njit(cache=True, nogil=True)
def _straighten(canvas, out):  # type: ignore[no-untyped-def]
    for y in range(canvas.shape[0]):
        for x in range(canvas.shape[1]):
            alpha = canvas[y, x, 3]
            if alpha > 0:
                for c in range(3):
                    out[y, x, c] = int(255 * min(canvas[y, x, c] / alpha, 1.0) + 0.5)
                out[y, x, 3] = int(255 * min(alpha, 1.0) + 0.5)
