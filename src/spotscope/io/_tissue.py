"""Where on a slide there is tissue, seen on a thumbnail; and the flags spots get from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import SpotKey

if TYPE_CHECKING:
    from spotscope.model import Slide, Spots

__all__ = ["LOW_UMIS", "Tissue", "find_tissue", "flag_spots"]

#: A spot with fewer counts says next to nothing of its cells.
LOW_UMIS = 100
#: Glass is paler than this (largest minus smallest of R, G, B): where even the paler half of the
#: image is more colourful, there is no glass in it and all of it is tissue.
_GLASS = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Tissue:
    """A coarse mask: ``mask`` (y, x) True on tissue, pixels of ``um_per_px``."""

    mask: npt.NDArray[np.bool_]
    um_per_px: float

    def covers(self, yx_um: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """(point,) whether points lie on tissue; those outside the image do not."""
        index = np.rint(yx_um / self.um_per_px)
        inside = ((index >= 0) & (index < self.mask.shape)).all(axis=1)
        found = np.zeros(len(yx_um), bool)
        row, column = index[inside].astype(int).T
        found[inside] = self.mask[row, column]
        return found


def find_tissue(slide: Slide, max_px: int = 512) -> Tissue:
    """Tell tissue from glass by colour (by brightness in fluorescence), with Otsu's threshold.

    Glass, and the black that masks put in its place, has no colour; stained tissue has. Gaps
    inside the tissue that are narrower than a few pixels belong to it.
    """
    from skimage.filters import gaussian, threshold_otsu
    from skimage.morphology import closing, disk

    picture = slide.thumbnail(max_px).astype(np.float32)
    um_per_px = slide.extent_um[0] / picture.shape[0]
    if slide.is_rgb:
        signal = picture.max(axis=2) - picture.min(axis=2)
    else:
        signal = np.log1p(picture.sum(axis=2))
    signal = gaussian(signal, 1.5, preserve_range=True)
    if np.ptp(signal) == 0:
        return Tissue(np.ones(signal.shape, bool), um_per_px)
    above = signal > threshold_otsu(signal)
    if slide.is_rgb and signal[~above].mean() > _GLASS:
        above[:] = True
    return Tissue(closing(above, disk(2)), um_per_px)


def flag_spots(spots: Spots, slide: Slide | None = None) -> None:
    """Count every spot's UMIs, and flag those with few and those off the tissue; none is dropped.

    Parameters
    ----------
    spots
        Gets the columns ``umis``, ``low_counts`` and, with a slide, ``off_tissue``.
    slide
        The image under them, if there is one.
    """
    umis = spots.umis
    spots.table.obs[str(SpotKey.UMIS)] = umis
    spots.flag(SpotKey.LOW_COUNTS, umis < LOW_UMIS)
    if slide is not None:
        spots.flag(SpotKey.OFF_TISSUE, ~find_tissue(slide).covers(spots.yx_um))
