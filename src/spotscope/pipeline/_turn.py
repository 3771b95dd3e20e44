"""Whether the image was turned or mirrored after the spots' places were written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope import io
from spotscope.methods import alignment
from spotscope.methods.alignment import TurnFound
from spotscope.model import TURNS, Progress, SpotKey, as_rng, optical_density
from spotscope.pipeline._block_means import block_means

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

    from spotscope.methods.alignment import DensityMap
    from spotscope.model import Sample, Slide, Spots, Task

__all__ = ["measure_turn"]

#: µm of a pixel, where the slide has no coarser ones.
_PIXEL_UM = 15.0
_MOST_CHANNELS = 6
#: More spots say the same once more.
_MOST_SPOTS = 2_000


def measure_turn(sample: Sample, *, seed: int = 0) -> Task[TurnFound]:
    """Tell from expression and image whether the image is turned or mirrored; nothing is moved.

    Parameters
    ----------
    sample
        Without image or spots, nothing is found.
    seed
        Of the places that are drawn by lot.
    """
    slide, spots = sample.slide, sample.spots
    if slide is None or spots is None:
        return TurnFound()
    used = _used(spots, seed)
    if len(used) < alignment.FEWEST_SPOTS:
        return TurnFound()
    raw = yield from _seen(slide)
    yield Progress("looking for a turned image", 1, 2)
    image = alignment.disc_means(raw, spots.lattice.diameter_um)
    axes = alignment.expression_axes(spots.table.X[used])
    yx_um = spots.yx_um[used]
    places = [turn.upon(slide)(yx_um) for turn in TURNS]
    tissue = io.find_tissue(slide)
    found = alignment.estimate_turn(axes, places, image, tissue.covers, seed)
    yield Progress("looking for a turned image", 2, 2)
    return found


def _used(spots: Spots, seed: int) -> npt.NDArray[np.intp]:
    """Spots of the section: raw tables hold those beside it too. Of very many, some."""
    used = ~spots.flagged(SpotKey.LOW_COUNTS) & ~spots.flagged(SpotKey.OUTSIDE_REGION)
    if "in_tissue" in spots.table.obs:
        used &= spots.table.obs["in_tissue"].to_numpy() != 0
    found = np.flatnonzero(used)
    if len(found) > _MOST_SPOTS:
        found = np.sort(as_rng(seed).choice(found, _MOST_SPOTS, replace=False))
    return found


def _seen(slide: Slide) -> Task[DensityMap]:
    """(feature, y, x) stain by colour, or channels, and how much their mean changes."""
    from scipy import ndimage

    is_rgb = slide.is_rgb
    means = yield from block_means(slide, _PIXEL_UM, lambda part: _planes(part, is_rgb))
    change = ndimage.gaussian_gradient_magnitude(means.values.mean(axis=0), 1.0)
    return replace(means, values=np.concatenate([means.values, change[None]]))


def _planes(part: npt.NDArray[Any], is_rgb: bool) -> npt.NDArray[np.float32]:
    light = optical_density(part) if is_rgb else part[..., :_MOST_CHANNELS].astype(np.float32)
    return np.moveaxis(light, -1, 0)
