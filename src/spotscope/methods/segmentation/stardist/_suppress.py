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

from spotscope.methods.segmentation.stardist._require import require

if TYPE_CHECKING:
    from spotscope.methods.segmentation.stardist._run import Floats
    from spotscope.model import StarConvex

__all__ = ["suppress", "suppress_outlines"]


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
    stays = _stays(points.astype(np.float32), dist, nms_thresh)
    return points[stays], prob[stays], dist[stays]


def suppress_outlines(outlines: StarConvex, overlap: float) -> StarConvex:
    """The outlines that stay, in the order they had.

    Parameters
    ----------
    outlines
        Candidates, in µm.
    overlap
        Largest share of the smaller one's area two of them may have in common.
    """
    if outlines.n < 2:
        return outlines
    order = np.argsort(-outlines.probability, kind="stable")
    # float32 inside: about its own corner a slide of centimetres is still exact to nanometres
    yx = (outlines.yx_um - outlines.yx_um.min(axis=0))[order].astype(np.float32)
    stays = _stays(yx, outlines.radii_um[order], overlap)
    return outlines.take(np.sort(order[stays]))


def _stays(points: Floats, dist: Floats, overlap: float) -> npt.NDArray[np.bool_]:
    """(outline,) which of them stay; they come by falling probability."""
    if len(points) == 0:
        return np.zeros(0, bool)
    require("stardist")
    from stardist.nms import non_maximum_suppression_inds

    scores = np.ones(len(points), np.float32)  # only looked at for its length
    kept = non_maximum_suppression_inds(dist, points, scores, thresh=overlap, verbose=False)
    return np.asarray(kept, bool)
