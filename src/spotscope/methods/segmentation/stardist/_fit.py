"""What a network must know of a slide: where tissue is, and what is dark and bright in it.

Intensities I become  (I - low) / (high - low),  low and high the 1st and 99.8th percentile over
tissue and over all channels together, estimated once: every tile is seen in the same light.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation._fit import spread
from spotscope.methods.segmentation._fitted import FittedSegmentation
from spotscope.methods.segmentation._grid import open_window, working_grid
from spotscope.methods.segmentation.stardist import _agreed, _greedy
from spotscope.methods.segmentation.stardist._channels import (
    check_channels,
    network_pixels,
    network_thumbnail,
)
from spotscope.methods.segmentation.stardist._model import load_model, model_config
from spotscope.methods.segmentation.stardist._official import (
    OFFICIAL,
    find_official,
    models_cache,
)
from spotscope.methods.segmentation.stardist._require import require
from spotscope.methods.segmentation.stardist._scale import HIGH, LOW
from spotscope.model import (
    MethodError,
    Problem,
    Progress,
    SpotscopeError,
    in_background,
    tissue_mask,
)

if TYPE_CHECKING:
    from spotscope.methods.segmentation._params import SegmentationParams
    from spotscope.methods.segmentation.stardist._model import StarModel
    from spotscope.model import Slide, Task

__all__ = ["check_model", "fit_network"]

_STAGE = "reading the stain"
_TO_FETCH = (
    "Expected the StarDist model {model!r} on this machine, found it nowhere; it will be fetched "
    "from the stardist project (6 MB), or put it into {cache}."
)


def check_model(slide: Slide, params: SegmentationParams) -> list[Problem]:
    """What stands between a model and a slide; neither torch nor weights are loaded."""
    official = params.model in OFFICIAL and not Path(params.model).exists()
    if official and find_official(params.model) is None:
        said = _TO_FETCH.format(model=params.model, cache=models_cache())
        return [Problem(said, fatal=False)]
    try:
        config = model_config(params.model)
        check_channels(slide, params, config)
        for package in ("torch", "stardist"):
            require(package)
        if config.n_channel_in == 1 and slide.is_rgb:
            network_thumbnail(slide, params, config)
    except SpotscopeError as err:
        return [Problem(str(err))]
    return []


def _compile(model: StarModel) -> None:
    """What a tile needs of the compiler."""
    _greedy.warm_up()
    if model.agreement:
        _agreed.warm_up()


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
    model = load_model(params.model)
    config = model.config
    check_channels(slide, params, config)
    # compiles for some seconds once a machine, of use to the next run if this one is stopped
    yield from in_background("getting ready", 1, lambda _: _compile(model), leave=True)
    yield Progress("finding tissue", 0, 1)
    thumbnail, thumbnail_mpp = network_thumbnail(slide, params, config)
    tissue = tissue_mask(thumbnail, thumbnail_mpp)
    if not tissue.any():
        raise MethodError(
            f"Expected stained tissue in {slide.name}, found none; check that it is the right "
            "image, or give the nuclear channel of a fluorescence image."
        )
    raw = FittedSegmentation(np.zeros(0, np.float32), 0.0, 1.0, 0.5, tissue, slide.extent_um)
    values = yield from _sample(slide, raw, params, config.n_channel_in)
    low, high = np.percentile(values, [LOW, HIGH])
    if not high - low > 1e-6:
        raise MethodError(
            f"Expected nuclei that stand out in {slide.name}, found an image without contrast; "
            "check the image, or give another nuclear channel."
        )
    return FittedSegmentation(raw.weights, float(low), float(high), 0.5, tissue, slide.extent_um)


def _sample(
    slide: Slide, raw: FittedSegmentation, params: SegmentationParams, wanted: int
) -> Task[npt.NDArray[np.float32]]:
    """Intensities of pixels on tissue, from windows spread over it."""
    grid = working_grid(slide, params.model_mpp)
    boxes = spread(grid, raw)
    found = []
    for done, box in enumerate(boxes):
        yield Progress(_STAGE, done, len(boxes))
        pixels = network_pixels(open_window(slide, grid, box), wanted, params.channel)[::2, ::2]
        at = np.indices(pixels.shape[:2]).reshape(2, -1).T * 2 + np.array(box[:2])
        on = raw.on_tissue(grid.to_um(at.astype(np.float64)))
        found.append(pixels.reshape(-1, wanted)[on].ravel())
    return np.concatenate(found)
