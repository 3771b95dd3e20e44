"""How the palette was found: again and again the colour furthest from all chosen before.

    next = argmax_c min_{chosen d} min_{eyes e} ‖ e(c) - e(d) ‖

over a grid of sRGB colours, in OKLab, for normal, deuteranope and protanope eyes: a greedy
max-min search in the manner of Glasbey et al. (2007). It begins with the colours of Okabe & Ito,
and keeps away from the pink and violet of H&E, from white, black, and the grey of the unknown.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spotscope.layers._oklab import oklab, seen_by_all

__all__ = ["KEPT_CLEAR", "OKABE_ITO", "distances", "search"]

#: Okabe & Ito (2008) without black, which vanishes on nuclei; those that stand out on H&E first.
OKABE_ITO = np.array(
    [
        (0, 158, 115),
        (240, 228, 66),
        (86, 180, 233),
        (230, 159, 0),
        (0, 114, 178),
        (213, 94, 0),
        (204, 121, 167),
    ],
    np.uint8,
)
#: Eosin, haematoxylin, glass, black, and the grey of the unknown.
KEPT_CLEAR = np.array(
    [(232, 178, 206), (104, 72, 140), (255, 255, 255), (0, 0, 0), (150, 150, 150)], np.uint8
)
_STEPS = np.array([0, 36, 73, 109, 146, 182, 219, 255], np.uint8)
#: Darker than this drowns in a nucleus, lighter in glass.
_LIGHTNESS = (0.45, 0.93)


def distances(colours: npt.NDArray[np.uint8], to: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """(colour, to) OKLab distances, for the eyes that see the least difference."""
    one, other = seen_by_all(colours), seen_by_all(to)
    return np.linalg.norm(one[:, :, None] - other[:, None], axis=-1).min(axis=0)


def search(n: int) -> npt.NDArray[np.uint8]:
    """(n, 3) colours; the same every time."""
    grid = np.stack(np.meshgrid(_STEPS, _STEPS, _STEPS, indexing="ij"), axis=-1).reshape(-1, 3)
    light = oklab(grid)[:, 0]
    grid = grid[(light >= _LIGHTNESS[0]) & (light <= _LIGHTNESS[1])]
    chosen = [tuple(map(int, colour)) for colour in OKABE_ITO[:n]]
    nearest = distances(grid, np.concatenate([OKABE_ITO, KEPT_CLEAR])).min(axis=1)
    while len(chosen) < n:
        # rounded, so that another processor's last bit does not choose another colour
        best = int(np.argmax(nearest.round(9)))
        chosen.append(tuple(map(int, grid[best])))
        nearest = np.minimum(nearest, distances(grid, grid[best : best + 1])[:, 0])
    return np.array(chosen, np.uint8)
