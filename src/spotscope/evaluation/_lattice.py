"""The hexagonal lattice of Visium."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["hex_lattice"]

Floats = npt.NDArray[np.float64]


def hex_lattice(
    extent_um: tuple[float, float], pitch_um: float
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """(spot, 2) centres of a hexagonal lattice over (y, x) µm, and their (row, column).

    Rows lie along x, √3/2 of a pitch apart, every other one shifted by half; columns count in half
    pitches, as Visium's do.
    """
    step = pitch_um * np.sqrt(3) / 2
    rows = np.arange(int(extent_um[0] / step) + 1)
    columns = np.arange(int(extent_um[1] / (pitch_um / 2)) + 1)
    row, column = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    on = (row + column) % 2 == 0
    row, column = row[on], column[on]
    return np.stack([row * step, column * pitch_um / 2], axis=1), np.stack([row, column], axis=1)
