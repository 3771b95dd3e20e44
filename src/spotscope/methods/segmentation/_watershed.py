"""The nuclei of one tile: threshold, part, measure.

The threshold follows the stain from place to place. Pixels are paler or darker than a first cut:
the slide's, or less in a pale corner. With b and f the mean signals of the two within 15 µm, drawn
a little towards the slide's own 0 and 1,

    T = b + (1 - sensitivity) (f - b),     never below a share of the slide's threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._distance import distance_to_background, opened
from spotscope.methods.segmentation._flood import flood
from spotscope.methods.segmentation._rays import Objects, measure
from spotscope.methods.segmentation._score import probability

if TYPE_CHECKING:
    from spotscope.methods.segmentation._fitted import FittedSegmentation
    from spotscope.methods.segmentation._params import SegmentationParams

__all__ = ["find_objects", "smooth"]

Floats = npt.NDArray[np.float32]

_AROUND_UM = 15.0  # width of the window that b and f are taken over
_TRUST = 0.03  # weight of the slide against the window, as a share of the window
_PALE = 0.15  # what stands this far above the mean nearby is "darker", even in a pale corner
_FLOOR = 0.6  # share of the slide's threshold below which nothing is a nucleus
_SPUR_UM = 0.5  # thinner than twice this is a fibre
_HOLE_UM2 = 15.0
_INTENSITY_UM = 1.0  # how many µm of depth one unit of signal is worth where clumps are parted
_DEPTH_BLUR_UM, _CORE_BLUR_UM = 0.5, 1.0
_WITHIN_UM = 8.0  # width of the window over which a clump is compared with itself
_DOUBT, _CLUMP_UM2 = 0.5, 50.0  # likely to be several nuclei: less probable, and larger, than this
_SHALLOW_UM = 0.25  # a pass less deep than this never parts a clump, at splitting 0


def smooth(signal: Floats, sigma_um: float, mpp: float) -> Floats:
    """Gaussian blur, within 4 σ: what lies further does not count."""
    from scipy import ndimage

    if sigma_um <= 0:
        return signal
    return ndimage.gaussian_filter(signal, sigma_um / mpp, mode="nearest")


def find_objects(
    signal: Floats, fitted: FittedSegmentation, params: SegmentationParams, mpp: float
) -> Objects:
    """Find and measure all objects in a tile.

    Parameters
    ----------
    signal
        (y, x) signal: 0 between nuclei, 1 in a typical one.
    mpp
        µm per pixel.
    """
    blurred = smooth(signal, params.smoothing_um, mpp)
    mask = _foreground(blurred, fitted.threshold, params, mpp)
    labels, found = _part(blurred, mask, params, mpp)
    return _second_look(blurred, labels, found, params, mpp)


def _part(
    blurred: Floats, mask: npt.NDArray[np.bool_], params: SegmentationParams, mpp: float
) -> tuple[npt.NDArray[np.int32], Objects]:
    """Part a mask into objects, where it is narrow and where the signal dips."""
    mask = opened(mask, _SPUR_UM / mpp)
    depth = distance_to_background(mask)
    surface = smooth(depth, _DEPTH_BLUR_UM, mpp) * np.float32(mpp)
    surface += np.float32(_INTENSITY_UM) * np.clip(smooth(blurred, _CORE_BLUR_UM, mpp), 0, 1.5)
    labels, n = flood(surface, mask, _SHALLOW_UM * (1.0 - params.split))
    return labels, measure(labels, n, blurred, depth, mpp)


def _second_look(
    blurred: Floats,
    labels: npt.NDArray[np.int32],
    found: Objects,
    params: SegmentationParams,
    mpp: float,
) -> Objects:
    """Look for nuclei within clumps: a crowd dark all over hides them from the first threshold.

    What is too large, or large and unlikely, is cut again where it is darker than its own mean
    nearby; the pieces take its place if on average they are likelier.
    """
    area = found.area * mpp**2
    likely = probability(found, mpp)
    too_large = area > params.max_area_um2
    clump = too_large | ((likely < _DOUBT) & (area > _CLUMP_UM2))
    if not clump.any():
        return found
    inside = np.concatenate([[False], clump])[labels]
    size = max(3, round(_WITHIN_UM / mpp))
    share, total = _mean(inside, size), _mean(np.where(inside, blurred, 0), size)
    darker = inside & (blurred * share > total)
    _, pieces = _part(blurred, darker, params, mpp)
    pieces = pieces.take(pieces.area * mpp**2 >= params.min_area_um2)
    at = np.rint(pieces.yx).astype(np.intp)
    parent = labels[at[:, 0], at[:, 1]] - 1
    n_pieces = np.bincount(parent, minlength=found.n)
    mean_likely = np.bincount(parent, probability(pieces, mpp), found.n) / np.maximum(n_pieces, 1)
    replaced = clump & (n_pieces > 0) & (too_large | (mean_likely > likely))
    return found.take(~replaced).followed_by(pieces.take(replaced[parent]))


def _mean(image: npt.NDArray[np.generic], size: int) -> Floats:
    from scipy import ndimage

    return ndimage.uniform_filter(image.astype(np.float32), size, mode="nearest")


def _foreground(
    blurred: Floats, threshold: float, params: SegmentationParams, mpp: float
) -> npt.NDArray[np.bool_]:
    size = max(3, round(_AROUND_UM / mpp))
    total = _mean(blurred, size)
    dark = blurred > np.clip(total + _PALE, _FLOOR * threshold, threshold)
    share = _mean(dark, size)
    dark_sum = _mean(np.where(dark, blurred, 0), size)
    above = (dark_sum + _TRUST * 1.0) / (share + _TRUST)
    below = (total - dark_sum + _TRUST * 0.0) / (1 - share + _TRUST)
    local = below + (1.0 - params.sensitivity) * (above - below)
    mask = blurred > np.maximum(local, _FLOOR * threshold)
    return _filled(mask, _HOLE_UM2 / mpp**2)


def _filled(mask: npt.NDArray[np.bool_], largest: float) -> npt.NDArray[np.bool_]:
    """``mask`` without its small holes."""
    from scipy import ndimage

    gaps, _ = ndimage.label(~mask)
    small = np.bincount(gaps.ravel()) <= largest
    # gap 0 is the mask itself
    small[0] = True
    return small[gaps]
