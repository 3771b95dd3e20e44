"""Getting to know a slide: its tissue, its stain, and what a nucleus looks like in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._fitted import FittedSegmentation
from spotscope.methods.segmentation._grid import Box, Grid, open_window, working_grid
from spotscope.methods.segmentation._stain import estimate_stains, signal_weights
from spotscope.methods.segmentation._warm import warm_up
from spotscope.methods.segmentation._watershed import smooth
from spotscope.model import MethodError, Progress, tissue_mask

if TYPE_CHECKING:
    from spotscope.methods.segmentation._params import SegmentationParams
    from spotscope.model import Slide, Task

__all__ = ["fit", "nuclear_thumbnail", "spread"]

_STAGE = "reading the stain"
_SAMPLE_PX, _SAMPLES = 384, 24
_THUMBNAIL_PX = 1024


def nuclear_thumbnail(
    slide: Slide, params: SegmentationParams
) -> tuple[npt.NDArray[np.uint8], float]:
    """A small image of the slide, (y, x, 3) colour or (y, x) of the nuclear channel; its mpp."""
    small = slide.thumbnail(_THUMBNAIL_PX)
    mpp = slide.extent_um[0] / small.shape[0]
    return (small if slide.is_rgb else small[..., params.channel]), mpp


def fit(slide: Slide, params: SegmentationParams) -> Task[FittedSegmentation]:
    """Learn stain, scale and tissue from a sample of the slide.

    Parameters
    ----------
    slide
        A colour slide stained with haematoxylin, or a fluorescence one with bright nuclei.

    Raises
    ------
    MethodError
        If there is no tissue, or nothing in it stands out.
    """
    yield from warm_up()
    yield Progress("finding tissue", 0, 1)
    thumbnail, thumbnail_mpp = nuclear_thumbnail(slide, params)
    tissue = tissue_mask(thumbnail, thumbnail_mpp)
    if not tissue.any():
        raise MethodError(
            f"Expected stained tissue in {slide.name}, found none; check that it is the right "
            "image, or give the nuclear channel of a fluorescence image."
        )
    weights = np.zeros(0, np.float32)
    if slide.is_rgb:
        weights = signal_weights(estimate_stains(thumbnail[tissue]))
    raw = FittedSegmentation(weights, 0.0, 1.0, 0.5, tissue, slide.extent_um)
    values = yield from _sample(slide, raw, params)
    return _scaled(raw, values, slide.name)


def _sample(
    slide: Slide, raw: FittedSegmentation, params: SegmentationParams
) -> Task[npt.NDArray[np.float32]]:
    """Blurred raw signal of pixels on tissue, from windows spread over it."""
    grid = working_grid(slide, params.model_mpp)
    boxes = spread(grid, raw)
    found = []
    for done, box in enumerate(boxes):
        yield Progress(_STAGE, done, len(boxes))
        signal = open_window(slide, grid, box).signal(raw.weights, params.channel)
        found.append(smooth(signal, params.smoothing_um, grid.mpp)[::2, ::2].ravel())
    return np.concatenate(found)


def spread(grid: Grid, raw: FittedSegmentation) -> list[Box]:
    """At most ``_SAMPLES`` boxes, those with most tissue, evenly over the slide."""
    boxes = grid.tiles(_SAMPLE_PX)
    share = np.array([raw.tissue_share(grid.box_um(box)) for box in boxes])
    good = np.flatnonzero(share >= 0.7 * share.max())
    chosen = good[np.unique(np.linspace(0, len(good) - 1, _SAMPLES).round().astype(int))]
    return [boxes[i] for i in chosen]


def _scaled(
    raw: FittedSegmentation, values: npt.NDArray[np.float32], name: str
) -> FittedSegmentation:
    from skimage.filters import threshold_otsu

    low, high = np.quantile(values, [0.001, 0.999])
    if not high - low > 1e-6:
        raise MethodError(
            f"Expected nuclei that stand out in {name}, found an image without contrast; check "
            "the image, or give another nuclear channel."
        )
    values = np.clip(values, low, high)
    cut = float(threshold_otsu(values))
    background, nuclei = float(values[values <= cut].mean()), float(values[values > cut].mean())
    span = nuclei - background
    return FittedSegmentation(
        raw.weights,
        background,
        nuclei,
        threshold=(cut - background) / span,
        tissue=raw.tissue,
        extent_um=raw.extent_um,
    )
