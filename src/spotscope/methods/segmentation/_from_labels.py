"""Nuclei of a label image that somebody else made: rays to the rim of every label.

The image is read in tiles with a margin; a tile answers for the labels with their centre on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._distance import distance_to_background
from spotscope.methods.segmentation._rays import N_RAYS, measure
from spotscope.model import Progress, StarConvex

if TYPE_CHECKING:
    from spotscope.model import Labels, Task

__all__ = ["outlines_of_labels"]

_TILE = 1024
#: The largest nucleus that is seen whole from every tile.
_MARGIN_UM = 60.0


def outlines_of_labels(labels: Labels) -> Task[StarConvex]:
    """Trace every label of a label image.

    Parameters
    ----------
    labels
        0 background; parts of one label that do not touch are taken for one nucleus.

    Returns
    -------
    The nuclei under the labels they had, with the probability 1. Bays that cannot be seen from a
    nucleus' centre are cut off: outlines are star-convex.
    """
    finest = labels.levels[0]
    margin = int(np.ceil(_MARGIN_UM / labels.mpp))
    height, width = int(finest.shape[0]), int(finest.shape[1])
    corners = [(y, x) for y in range(0, height, _TILE) for x in range(0, width, _TILE)]
    ids, parts = [], []
    for done, (y, x) in enumerate(corners):
        yield Progress("reading the nuclei", done, len(corners))
        top, left = max(y - margin, 0), max(x - margin, 0)
        block = finest[top : y + _TILE + margin, left : x + _TILE + margin]
        pixels = np.asarray(block.compute(scheduler="synchronous"))
        core = (y - top, x - left, y - top + _TILE, x - left + _TILE)
        found, label = _trace(pixels, core, labels.mpp, (top, left))
        ids.append(label)
        parts.append(found)
    everything = StarConvex.concatenate(parts) if parts else StarConvex.empty(N_RAYS)
    label = np.concatenate(ids) if ids else np.zeros(0, np.uint32)
    order = np.argsort(label, kind="stable")
    sorted_ = everything.take(order)
    return StarConvex(sorted_.yx_um, sorted_.radii_um, sorted_.probability, label[order])


def _trace(
    pixels: npt.NDArray[np.uint32],
    core: tuple[int, int, int, int],
    mpp: float,
    origin: tuple[int, int],
) -> tuple[StarConvex, npt.NDArray[np.uint32]]:
    present, inverse = np.unique(pixels, return_inverse=True)
    compact = np.asarray(inverse, np.int32).reshape(pixels.shape)
    if present[0] != 0:  # no background here: what is 0 in the compact image must be
        compact = compact + np.int32(1)
        present = np.concatenate([[0], present])
    n = len(present) - 1
    if n == 0:
        return StarConvex.empty(N_RAYS), np.zeros(0, np.uint32)
    depth = distance_to_background(compact > 0)
    objects = measure(compact, n, np.zeros(pixels.shape, np.float32), depth, mpp)
    y0, x0, y1, x1 = core
    y, x = objects.yx.T + 0.5
    mine = (y >= y0) & (y < y1) & (x >= x0) & (x < x1)
    outlines = StarConvex(
        ((objects.yx + origin) * mpp)[mine],
        (objects.radii * np.float32(mpp))[mine],
        np.ones(int(mine.sum()), np.float32),
    )
    return outlines, present[1:][mine].astype(np.uint32)
