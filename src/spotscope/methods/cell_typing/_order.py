"""The order in which spots are visited, whatever that of their rows is.

What labels come to hangs a little on who is visited first. So spots are taken in the order of
numbers made from their counts: where and how the section lies changes nothing either. Many cells
are walked line by line, as what lies far apart in memory takes long to get, and by several cores at
once: each has a band of the section and sees the others' as they were a sweep before.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["band_edges", "visiting_order"]

Spots = npt.NDArray[np.int64]

#: The number is fixed, so that the answer hangs on no machine's cores.
BANDS = 8
#: Sections of more cells are cut into bands, and walked by place.
MANY_CELLS = 20_000
#: µm. Places that differ by less are one: what is added to all of them is not to part them.
_SAME_UM = 1e-3


def visiting_order(
    numbers: npt.NDArray[np.uint64],
    start: npt.NDArray[np.int64],
    yx_um: npt.NDArray[np.floating],
) -> Spots:
    """(busy spot,) the spots that have cells, in the order they are visited in.

    Parameters
    ----------
    numbers
        (spot,) of their counts.
    start
        (spot + 1,) cells of spot i are ``start[i] : start[i + 1]``.
    yx_um
        (cell, 2) or (cell, 3) places.
    """
    busy = np.flatnonzero(np.diff(start) > 0)
    if len(yx_um) <= MANY_CELLS:
        return busy[np.argsort(numbers[busy], kind="stable")]
    places = yx_um[start[busy]]
    places = np.rint((places - places.min(axis=0)) / _SAME_UM)
    line = np.sqrt(np.prod(places[:, -2:].max(axis=0)) / len(busy))  # as high as spots are apart
    places[:, -2] //= max(line, 1.0)
    return busy[np.lexsort((numbers[busy], *places.T[::-1]))]


def band_edges(n_spots: int, n_cells: int) -> npt.NDArray[np.int64]:
    """(band + 1,) where each band begins among the visited spots.

    Parameters
    ----------
    n_spots
        Spots that are visited.
    n_cells
        Their cells.
    """
    bands = BANDS if n_cells > MANY_CELLS else 1
    return np.linspace(0, n_spots, bands + 1).astype(np.int64)
