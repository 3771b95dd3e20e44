"""Where on a slide there is tissue, seen on a thumbnail; and the flags spots get from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.model import SpotKey, tissue_mask

if TYPE_CHECKING:
    from spotscope.model import Slide, Spots

__all__ = ["LOW_UMIS", "Tissue", "find_tissue", "flag_spots"]

#: A spot with fewer counts says next to nothing of its cells.
LOW_UMIS = 100


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
    """Tissue as the nucleus finder sees it, without its margin.

    An image without any contrast, all glass or all tissue, is taken for tissue: no spot on it is
    called off.
    """
    picture = slide.thumbnail(max_px)
    um_per_px = slide.extent_um[0] / picture.shape[0]
    light = picture if slide.is_rgb else picture.astype(np.float32).sum(axis=2)
    mask = tissue_mask(light, um_per_px, margin_um=0.0, dim=1.0)
    return Tissue(mask if mask.any() else np.ones_like(mask), um_per_px)


def flag_spots(spots: Spots, slide: Slide | None = None) -> Spots:
    """Count every spot's UMIs, and flag those with few and those off the tissue; none is dropped.

    Parameters
    ----------
    spots
        Counts at places.
    slide
        The image under them, if there is one.

    Returns
    -------
    The spots with the columns ``umis``, ``low_counts`` and, with a slide, ``off_tissue``.
    """
    umis = spots.umis
    told = {SpotKey.UMIS: umis, SpotKey.LOW_COUNTS: umis < LOW_UMIS}
    if slide is not None:
        told[SpotKey.OFF_TISSUE] = ~find_tissue(slide).covers(spots.yx_um)
    return spots.told(told)
