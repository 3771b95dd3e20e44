"""Smooth noise, smooth enlargement, and streaks that follow a field of directions.

Enlargement is by cubic B-splines, as two thin sparse products: it is exact for straight ramps, so
an enlarged distance field still measures distance, and it is the same to the bit on every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.ndimage import gaussian_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Field", "enlarge", "noise", "ramp", "sample", "streaks"]

Field = npt.NDArray[np.float32]


def ramp(distance: Field, soft: float) -> Field:
    """0 outside, 1 inside, a straight ramp of width ``soft`` where ``distance`` is 0."""
    return np.clip(distance / np.float32(soft) + np.float32(0.5), 0, 1).astype(np.float32)


def _spline_rows(n_out: int, n_in: int, ratio: float) -> sp.csr_matrix:
    """(out, in) weights: output i is the input at the place i · ratio."""
    place = np.minimum(np.arange(n_out) * ratio, n_in - 1)
    base = np.floor(place).astype(np.intp)
    t = place - base
    weight = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1
    )
    column = np.clip(base[:, None] + np.arange(-1, 3), 0, n_in - 1)
    row = np.repeat(np.arange(n_out), 4)
    entries = (weight.ravel().astype(np.float32) / 6, (row, column.ravel()))
    return sp.csr_matrix(entries, shape=(n_out, n_in), dtype=np.float32)


def enlarge(field: Field, ratio: float, size: int) -> Field:
    """Enlarge a square field: pixel i of the (size, size) result is the input at i · ratio."""
    rows = _spline_rows(size, len(field), ratio)
    across = np.ascontiguousarray((rows @ field.T).T, dtype=np.float32)
    return np.asarray(rows @ across, np.float32)


def noise(rng: np.random.Generator, size: int, scale: float) -> Field:
    """Noise (size, size) with mean 0 and deviation 1, its blobs about ``scale`` pixels wide."""
    grain = rng.standard_normal((int(size / scale) + 4,) * 2, dtype=np.float32)
    field = enlarge(grain, 1 / scale, size)
    return (field - field.mean()) / field.std()


def sample(field: Field, yx: npt.NDArray[np.float64], step: float) -> npt.NDArray[np.float32]:
    """The field's values at (n, 2) places, in the unit of ``step``, by nearest pixel."""
    place = np.clip(np.rint(yx / step).astype(np.intp), 0, len(field) - 1)
    return field[place[:, 0], place[:, 1]]


def streaks(
    rng: np.random.Generator, angle: Field, widths: Sequence[float], steps: int
) -> list[Field]:
    """Average white noise along the streamlines of ``angle``: fibres (line integral convolution).

    Parameters
    ----------
    angle
        (y, x) direction at every pixel, in radians, a turn by π meaning nothing.
    widths
        Thickness of the fibres in pixels, one result each.
    steps
        Half the length of a fibre, in steps of two pixels.

    Returns
    -------
    One (y, x) field each, mean 0 and deviation 1.
    """
    size = len(angle)
    grain = np.stack(
        [gaussian_filter(rng.standard_normal((size, size), np.float32), w).ravel() for w in widths]
    )
    along = (np.sin(angle).ravel().astype(np.float32), np.cos(angle).ravel().astype(np.float32))
    total = grain.copy()
    for forth in (1.0, -1.0):
        y, x = (axis.ravel().astype(np.float32) for axis in np.indices((size, size), np.int32))
        before = (along[0] * np.float32(forth), along[1] * np.float32(forth))
        for _ in range(steps):
            y += 2 * before[0]
            x += 2 * before[1]
            here = np.rint(np.clip(y, 0, size - 1)).astype(np.intp) * size
            here += np.rint(np.clip(x, 0, size - 1)).astype(np.intp)
            for k in range(len(widths)):
                total[k] += grain[k][here]
            dy, dx = along[0][here], along[1][here]
            turn = np.sign(dy * before[0] + dx * before[1])
            before = (dy * turn, dx * turn)
    fields = total.reshape(-1, size, size)
    return [(f - f.mean()) / f.std() for f in fields]
