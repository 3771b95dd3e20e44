"""What the network is to say of a label image: object probability and star distances.

For a pixel p of object o (Schmidt et al. 2018, Weigert et al. 2020)

    prob(p) = D(p) / max_{q ∈ o} D(q),      dist_r(p) = distance from p along ray r to where o ends,

with D the distance to the nearest pixel that is not of o. Rays are walked through the labels at
their own resolution, whatever the pixels of the network: the distances are those of the drawn
outline, and turning or mirroring an image turns the rays alone.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._distance import distance_to_background
from spotscope.methods.segmentation._rays import first_exit

__all__ = ["edge_probability", "star_distances"]


def edge_probability(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.float32]:
    """(y, x) distance to the object's rim over its largest such distance; 0 between objects.

    Parameters
    ----------
    labels
        (y, x) 1 … n, 0 between; where an object meets the image's rim it is taken to go on.
    """
    from scipy import ndimage

    prob = np.zeros(labels.shape, np.float32)
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        if box is None:
            continue
        grown = tuple(
            slice(max(side.start - 1, 0), min(side.stop + 1, size))
            for side, size in zip(box, labels.shape, strict=True)
        )
        inside = labels[grown] == number
        distance = distance_to_background(inside)
        prob[grown][inside] = (distance / distance.max())[inside]
    return prob


@numba.njit(cache=True, nogil=True)
def star_distances(labels, yx, directions):  # type: ignore[no-untyped-def]
    """Distances from points to where their object ends.

    Parameters
    ----------
    labels
        (y, x) int32.
    yx
        (point, 2) float64 positions in pixels of ``labels``; centres are whole numbers.
    directions
        (ray, 2) unit vectors (y, x).

    Returns
    -------
    (point, ray) float32 pixels of ``labels``; 0 for points that lie in no object.
    """
    out = np.zeros((len(yx), len(directions)), np.float32)
    height, width = labels.shape
    for i in range(len(yx)):
        row, column = round(yx[i, 0]), round(yx[i, 1])
        if row < 0 or column < 0 or row >= height or column >= width or labels[row, column] == 0:
            continue
        for r in range(len(directions)):
            out[i, r] = first_exit(labels, yx[i, 0], yx[i, 1], directions[r, 0], directions[r, 1])
    return out
