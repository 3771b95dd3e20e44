"""From a label image to star-convex outlines: rays are walked pixel by pixel to the first exit.

A ray from the centre crosses pixel borders at known distances; it leaves its object at the first
border behind which lies another label. That distance is exact for the pixelated shape; a circular
[1 2 1] / 4 along the rays then takes the stairs out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from spotscope.model import ray_directions

__all__ = ["Objects", "first_exit", "measure"]

N_RAYS = 32
#: How far outside (and inside) the rim the surroundings are looked at, in µm.
NEAR_UM, FAR_UM = 1.0, 2.0


@dataclass(frozen=True, slots=True)
class Objects:
    """What a tile's label image says of every object; lengths in pixels.

    Parameters
    ----------
    yx
        (object, 2) centres in the tile.
    radii
        (object, ray) distances to the rim.
    area
        (object,) pixels.
    fullness
        (object,) area over that of the ellipse with the same second moments: 1 for any ellipse,
        however long; less for a ragged or bent shape.
    step
        (object,) mean fall of the signal across the rim, where background lies behind it.
    """

    yx: npt.NDArray[np.float64]
    radii: npt.NDArray[np.float32]
    area: npt.NDArray[np.float64]
    fullness: npt.NDArray[np.float64]
    step: npt.NDArray[np.float32]

    @property
    def n(self) -> int:
        """Number of objects."""
        return len(self.area)

    def take(self, index: npt.NDArray[np.bool_]) -> Objects:
        """The objects at ``index``."""
        return Objects(
            self.yx[index],
            self.radii[index],
            self.area[index],
            self.fullness[index],
            self.step[index],
        )

    def followed_by(self, other: Objects) -> Objects:
        """These objects, then those."""
        return Objects(
            np.concatenate([self.yx, other.yx]),
            np.concatenate([self.radii, other.radii]),
            np.concatenate([self.area, other.area]),
            np.concatenate([self.fullness, other.fullness]),
            np.concatenate([self.step, other.step]),
        )


def measure(
    labels: npt.NDArray[np.int32],
    n: int,
    signal: npt.NDArray[np.float32],
    distance: npt.NDArray[np.float32],
    mpp: float,
) -> Objects:
    """Measure every object of a label image.

    Parameters
    ----------
    labels
        (y, x) 1 … n, 0 background.
    n
        Number of objects.
    signal
        (y, x) what nuclei stand out in.
    distance
        (y, x) distance to the background, in pixels: where a centroid falls outside its object
        the deepest pixel is the centre.
    mpp
        µm per pixel.
    """
    area, yx, fullness = _moments(labels, n, distance)
    directions = ray_directions(N_RAYS)
    radii, step = _cast(labels, yx, signal, directions, NEAR_UM / mpp, FAR_UM / mpp)
    return Objects(yx, radii, area, fullness, step)


@numba.njit(cache=True, nogil=True)
def _moments(labels, n, distance):  # type: ignore[no-untyped-def]
    area = np.zeros(n)
    yx = np.zeros((n, 2))
    # second moments about the first pixel met: sums of whole numbers, exact in any tile
    first = np.full((n, 2), -1)
    square = np.zeros((n, 3))
    deepest = np.full(n, -1.0)
    heart = np.zeros((n, 2))
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            i = labels[y, x] - 1
            if i < 0:
                continue
            area[i] += 1
            yx[i, 0] += y
            yx[i, 1] += x
            if first[i, 0] < 0:
                first[i, 0], first[i, 1] = y, x
            v, u = y - first[i, 0], x - first[i, 1]
            square[i, 0] += v * v
            square[i, 1] += u * u
            square[i, 2] += v * u
            if distance[y, x] > deepest[i]:
                deepest[i] = distance[y, x]
                heart[i, 0], heart[i, 1] = y, x
    fullness = np.empty(n)
    for i in range(n):
        v = yx[i, 0] / area[i] - first[i, 0]
        u = yx[i, 1] / area[i] - first[i, 1]
        # a pixel is a unit square: 1/12 of its own in either direction
        vv = square[i, 0] / area[i] - v * v + 1 / 12
        uu = square[i, 1] / area[i] - u * u + 1 / 12
        vu = square[i, 2] / area[i] - v * u
        fullness[i] = area[i] / (4 * np.pi * np.sqrt(max(vv * uu - vu * vu, 1e-9)))
        # in steps of 1/1024 pixel: exact in binary, so the same in whichever tile it is seen
        yx[i] = np.rint(yx[i] / area[i] * 1024) / 1024
        if labels[round(yx[i, 0]), round(yx[i, 1])] != i + 1:
            yx[i] = heart[i]
    return area, yx, fullness


@numba.njit(cache=True, nogil=True)
def first_exit(labels, y, x, dy, dx):  # type: ignore[no-untyped-def]
    """Distance at which the ray from (y, x) first leaves the label it starts in."""
    row, column = round(y), round(x)
    own = labels[row, column]
    row_step = 1 if dy > 0 else -1
    column_step = 1 if dx > 0 else -1
    tiny = 1e-12
    next_row = (row + 0.5 * row_step - y) / dy if abs(dy) > tiny else np.inf
    next_column = (column + 0.5 * column_step - x) / dx if abs(dx) > tiny else np.inf
    per_row = abs(1.0 / dy) if abs(dy) > tiny else np.inf
    per_column = abs(1.0 / dx) if abs(dx) > tiny else np.inf
    while True:
        if next_row < next_column:
            travelled = next_row
            row += row_step
            next_row += per_row
        else:
            travelled = next_column
            column += column_step
            next_column += per_column
        outside = row < 0 or column < 0 or row >= labels.shape[0] or column >= labels.shape[1]
        if outside or labels[row, column] != own:
            return travelled


@numba.njit(cache=True, nogil=True)
def _cast(labels, yx, signal, directions, near, far):  # type: ignore[no-untyped-def]
    n, rays = len(yx), len(directions)
    radii = np.empty((n, rays), np.float32)
    step = np.zeros(n, np.float32)
    raw = np.empty(rays)
    for i in range(n):
        seen, fall = 0, 0.0
        for r in range(rays):
            dy, dx = directions[r, 0], directions[r, 1]
            raw[r] = first_exit(labels, yx[i, 0], yx[i, 1], dy, dx)
            inner = max(raw[r] - near, 0.0)
            within = _at(signal, yx[i, 0] + inner * dy, yx[i, 1] + inner * dx)
            for out in (near, far):
                y = round(yx[i, 0] + (raw[r] + out) * dy)
                x = round(yx[i, 1] + (raw[r] + out) * dx)
                if y < 0 or x < 0 or y >= labels.shape[0] or x >= labels.shape[1]:
                    continue
                if labels[y, x] == 0:
                    seen += 1
                    fall += within - signal[y, x]
        for r in range(rays):
            radii[i, r] = 0.25 * (raw[r - 1] + 2 * raw[r] + raw[(r + 1) % rays])
        if seen:
            step[i] = fall / seen
    return radii, step


@numba.njit(cache=True, nogil=True)
def _at(signal, y, x):  # type: ignore[no-untyped-def]
    return signal[round(y), round(x)]
