"""Of outlines that cover one another the most probable stays.

The suppression is that of the stardist package (Schmidt et al. 2018): in the order of probability,
an outline is left out when it shares more than a given part of the smaller one's area with one that
stays. What happens to an outline depends on more probable ones alone, so a higher probability
threshold afterwards is the same as one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation.stardist._greedy import by_package, who_stays

if TYPE_CHECKING:
    from spotscope.methods.segmentation.stardist._run import Floats
    from spotscope.model import StarConvex

__all__ = ["staying", "suppress", "suppress_outlines"]

#: The package cuts corners of outlines down to whole numbers: outlines in µm come in these parts.
_PARTS_OF_UM = 16


def suppress(
    prob: Floats,
    dist: Floats,
    grid: tuple[int, int],
    prob_thresh: float,
    nms_thresh: float,
    border: int = 0,
) -> tuple[npt.NDArray[np.intp], Floats, Floats]:
    """Outlines that stay, of what a network says of an image.

    Parameters
    ----------
    prob, dist
        (y, x) and (y, x, ray) on the grid.
    grid
        Image pixels per point of the grid.
    prob_thresh, nms_thresh
        Least probability, and largest share of the smaller outline's area in common.
    border
        Points at the rim of the grid that are left out.

    Returns
    -------
    (nucleus, 2) centres in image pixels, (nucleus,) probabilities, (nucleus, ray) distances, by
    falling probability.
    """
    likely = prob > prob_thresh
    if border:
        inner = np.zeros_like(likely)
        inner[border:-border, border:-border] = True
        likely &= inner
    points = np.argwhere(likely) * np.array(grid)
    prob, dist = prob[likely], dist[likely]
    # as the package orders them, so that ties fall the same way
    order = np.argsort(prob)[::-1]
    points, prob, dist = points[order], prob[order], dist[order]
    stays = who_stays(points.astype(np.float32), dist, nms_thresh)
    return points[stays], prob[stays], dist[stays]


def suppress_outlines(outlines: StarConvex, overlap: float) -> StarConvex:
    """The outlines that stay, in the order they had; see :func:`staying`."""
    return outlines.take(staying(outlines, overlap))


def staying(outlines: StarConvex, overlap: float) -> npt.NDArray[np.bool_]:
    """(outline,) whether each stays.

    Parameters
    ----------
    outlines
        Candidates, in µm.
    overlap
        Largest share of the smaller one's area two of them may have in common.
    """
    stays = np.ones(outlines.n, bool)
    if outlines.n < 2:
        return stays
    order = np.argsort(-outlines.probability, kind="stable")
    # in whole parts from a corner of their own: where a part of a slide begins changes nothing,
    # and float32 inside is exact enough on a slide of centimetres
    places = np.rint(outlines.yx_um[order] * _PARTS_OF_UM)
    radii = outlines.radii_um[order] * np.float32(_PARTS_OF_UM)
    stays[order] = by_package((places - places.min(axis=0)).astype(np.float32), radii, overlap)
    return stays
