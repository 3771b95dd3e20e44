"""Triangles painted on pixels, one after the other, the last one on top.

A pixel is a triangle's if its middle is inside; a middle on an edge is moved by a hair, down and
to the right, the same for all, so that neighbours neither overlap nor leave gaps. Its colour is
that of the corners, weighted by how near they are (barycentric).
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

__all__ = ["paint_triangles"]

Floats = npt.NDArray[np.float32]

#: By which a pixel's middle is moved, of a pixel: far more than is lost to rounding.
_DOWN, _RIGHT = 3.7e-5, 7.1e-5


def paint_triangles(canvas: Floats, corners: npt.NDArray[np.float64], colours: Floats) -> None:
    """Paint triangles.

    Parameters
    ----------
    canvas
        (y, x, 4), multiplied by alpha; changed.
    corners
        (triangle, 3, 2) row and column.
    colours
        (triangle, 3, 4) of the corners, not multiplied by alpha.
    """
    _paint(canvas, corners, colours)


@numba.njit(cache=True, nogil=True)
def _paint(canvas, corners, colours):  # type: ignore[no-untyped-def]
    height, width = canvas.shape[:2]
    for i in range(len(corners)):
        ay, ax = corners[i, 0, 0], corners[i, 0, 1]
        by, bx = corners[i, 1, 0] - ay, corners[i, 1, 1] - ax
        cy, cx = corners[i, 2, 0] - ay, corners[i, 2, 1] - ax
        twice = bx * cy - by * cx
        if twice == 0.0 or not np.isfinite(twice):
            continue
        top = max(int(np.ceil(ay + min(0.0, by, cy))), 0)
        bottom = min(int(np.floor(ay + max(0.0, by, cy))), height - 1)
        left = max(int(np.ceil(ax + min(0.0, bx, cx))), 0)
        right = min(int(np.floor(ax + max(0.0, bx, cx))), width - 1)
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                dy, dx = y + _DOWN - ay, x + _RIGHT - ax
                b, c = (dx * cy - dy * cx) / twice, (bx * dy - by * dx) / twice
                a = 1.0 - b - c
                if a < 0.0 or b < 0.0 or c < 0.0:
                    continue
                alpha = a * colours[i, 0, 3] + b * colours[i, 1, 3] + c * colours[i, 2, 3]
                under = 1.0 - alpha
                for k in range(3):
                    here = a * colours[i, 0, k] + b * colours[i, 1, k] + c * colours[i, 2, k]
                    canvas[y, x, k] = alpha * here + under * canvas[y, x, k]
                canvas[y, x, 3] = alpha + under * canvas[y, x, 3]
