"""What a network must know of a slide: where tissue is, and what is dark and bright in it.

Intensities I become  (I - low) / (high - low),  low and high the 1st and 99.8th percentile over
tissue and over all channels together, estimated once: every tile is seen in the same light.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._fit import nuclear_thumbnail, spread
from spotscope.methods.segmentation._fitted import FittedSegmentation
from spotscope.methods.segmentation._grid import open_window, working_grid
from spotscope.methods.segmentation._tissue import find_tissue
from spotscope.methods.segmentation.stardist._model import load_model, model_config
from spotscope.methods.segmentation.stardist._require import require
from spotscope.methods.segmentation.stardist._scale import HIGH, LOW
from spotscope.model import MethodError, Problem, Progress, SpotscopeError

if TYPE_CHECKING:
    from spotscope.methods.segmentation._params import SegmentationParams
    from spotscope.methods.segmentation.stardist._config import NetworkConfig
    from spotscope.model import Slide, Task

__all__ = ["channels", "check_model", "fit_network"]

_STAGE = "reading the stain"


def channels(slide: Slide, params: SegmentationParams, config: NetworkConfig) -> tuple[int, ...]:
    """The slide's channels a network looks at.

    Raises
    ------
    MethodError
        If the slide has not got them.
    """
    n, there = config.n_channel_in, slide.levels[0].shape[2]
    if n == 1 and not slide.is_rgb:
        return (params.channel,)
    if n == there:
        return tuple(range(n))
    raise MethodError(
        f"Expected {'one channel' if n == 1 else f'{n} channels'} for the model {params.model!r}, "
        f"found {there} in {slide.name}; use 'watershed', or a model trained on such images."
    )


def check_model(slide: Slide, params: SegmentationParams) -> list[Problem]:
    """What stands between a model and a slide; neither torch nor weights nor pixels are loaded."""
    try:
        channels(slide, params, model_config(params.model))
        for package in ("torch", "stardist"):
            require(package)
    except SpotscopeError as err:
        return [Problem(str(err))]
    return []


def fit_network(slide: Slide, params: SegmentationParams) -> Task[FittedSegmentation]:
    """Find tissue, and what is dark and bright in it.

    Raises
    ------
    MethodError
        If there is no tissue, or it is even, or has not the channels the model needs.
    ReadError
        If there is no such model.
    """
    yield Progress("getting ready", 0, 1)
    used = channels(slide, params, load_model(params.model).config)
    yield Progress("finding tissue", 0, 1)
    thumbnail, thumbnail_mpp = nuclear_thumbnail(slide, params)
    tissue = find_tissue(thumbnail, thumbnail_mpp)
    if not tissue.any():
        raise MethodError(
            f"Expected stained tissue in {slide.name}, found none; check that it is the right "
            "image, or give the nuclear channel of a fluorescence image."
        )
    raw = FittedSegmentation(np.zeros(0, np.float32), 0.0, 1.0, 0.5, tissue, slide.extent_um)
    values = yield from _sample(slide, raw, params, used)
    low, high = np.percentile(values, [LOW, HIGH])
    if not high - low > 1e-6:
        raise MethodError(
            f"Expected nuclei that stand out in {slide.name}, found an image without contrast; "
            "check the image, or give another nuclear channel."
        )
    return FittedSegmentation(raw.weights, float(low), float(high), 0.5, tissue, slide.extent_um)


def _sample(
    slide: Slide, raw: FittedSegmentation, params: SegmentationParams, used: tuple[int, ...]
) -> Task[npt.NDArray[np.float32]]:
    """Intensities of pixels on tissue, from windows spread over it."""
    grid = working_grid(slide, params.model_mpp)
    boxes = spread(grid, raw)
    found = []
    for done, box in enumerate(boxes):
        yield Progress(_STAGE, done, len(boxes))
        pixels = open_window(slide, grid, box).pixels(used)[::2, ::2]
        at = np.indices(pixels.shape[:2]).reshape(2, -1).T * 2 + np.array(box[:2])
        on = raw.on_tissue(grid.to_um(at.astype(np.float64)))
        found.append(pixels.reshape(-1, len(used))[on].ravel())
    return np.concatenate(found)
