"""A network on a whole slide, tile by tile.

Tiles begin at multiples of what the poolings divide and are read with a margin, so a tile says what
the whole slide would have said: a pixel's answer looks further still, but what lies beyond half
that way moves a trained network's probability by less than 0.001, and bfloat16 by 0.01. Each tile
keeps the outlines whose centre lies on it.

Limits of area are not applied: pixel sizes are often wrong, and then they leave out nuclei that the
network has recognised.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods.segmentation._grid import working_grid
from spotscope.methods.segmentation._tiles import (
    KeptTiles,
    Tile,
    cut_tiles,
    in_order,
    inside,
    over_tiles,
)
from spotscope.methods.segmentation.stardist._agreed import agreed
from spotscope.methods.segmentation.stardist._channels import network_pixels
from spotscope.methods.segmentation.stardist._flips import run_flipped
from spotscope.methods.segmentation.stardist._model import load_model
from spotscope.methods.segmentation.stardist._run import reach_px, run_network
from spotscope.methods.segmentation.stardist._suppress import suppress
from spotscope.model import StarConvex

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from spotscope.methods.segmentation._fitted import FittedSegmentation
    from spotscope.methods.segmentation._params import SegmentationParams
    from spotscope.model import Slide, Task

__all__ = ["find_beside_others", "find_in_tile", "predict_tiles"]

#: What is less probable than this is never shown, whatever the slider says.
_FLOOR = 0.1
#: Candidates that share more than this are one nucleus: the end of the slider ``overlap``.
_SAME = 0.6
#: A tile is done in less than a second on one core: so long a cancelled run may take to end. With
#: mirror images it is shown to the network four times.
_LARGEST_PX, _LARGEST_FLIPPED_PX = 768, 384


def predict_tiles(
    fitted: FittedSegmentation,
    slide: Slide,
    params: SegmentationParams,
    region_um: tuple[float, float, float, float] | None = None,
    executor: Executor | None = None,
    *,
    device: str = "cpu",
    kept: KeptTiles | None = None,
) -> Task[StarConvex]:
    """Find the candidates of a slide, or of a part of it; as ``segmentation.predict``."""
    model = load_model(params.model, device)
    grid = working_grid(slide, params.model_mpp)
    divisor = int(np.lcm(*model.config.divisor))
    largest = _LARGEST_FLIPPED_PX if params.mirrors(grid.shape) else _LARGEST_PX
    size = -(-min(params.tile_px, largest) // divisor) * divisor
    least = max(params.halo_um / grid.mpp, reach_px(model.network) / 2)
    margin = int(np.ceil(least / divisor)) * divisor
    tiles = cut_tiles(fitted, slide, grid, size, margin, region_um)
    find = find_beside_others if executor is not None and device == "cpu" else find_in_tile
    work = partial(find, device=device)
    found = yield from over_tiles(work, tiles, fitted, params, executor, kept)
    return in_order(found, region_um, model.config.n_rays)


def find_beside_others(
    tile: Tile, fitted: FittedSegmentation, params: SegmentationParams, device: str = "cpu"
) -> StarConvex:
    """:func:`find_in_tile` on one thread: the other cores have tiles of their own."""
    from threadpoolctl import threadpool_limits

    load_model(params.model)  # so that the libraries to be limited are there
    with threadpool_limits(1, user_api="openmp"):
        return find_in_tile(tile, fitted, params, device)


def find_in_tile(
    tile: Tile, fitted: FittedSegmentation, params: SegmentationParams, device: str = "cpu"
) -> StarConvex:
    """Find the candidates one tile answers for."""
    model = load_model(params.model, device)
    pixels = network_pixels(tile.window, model.config.n_channel_in, params.channel)
    image = (pixels - np.float32(fitted.background)) / np.float32(fitted.nuclei - fitted.background)
    if params.mirrors(tile.grid.shape) and model.config.n_rays % 2 == 0:
        prob, dist = run_flipped(model.network, image)
    else:
        prob, dist = run_network(model.network, image)[:2]
    floor, maps = model.calibration.undo(_FLOOR), (prob, dist, model.config.grid)
    at, prob, dist = suppress(*maps, floor, _SAME)
    if model.agreement:
        dist = agreed(*maps, at, floor, model.agreement)
    yx = at.astype(np.float64) + np.array(tile.window.box[:2])
    found = StarConvex(
        tile.grid.to_um(yx), dist * np.float32(tile.grid.mpp), model.calibration(prob)
    )
    keep = inside(yx, tile.core)
    keep &= fitted.on_tissue(found.yx_um)
    return found.take(keep)
