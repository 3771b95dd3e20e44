"""Whether a trained network may compute in whole numbers of eight bits, judged on tiles."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.methods.segmentation.stardist import in_precision, load_model, precisions
from spotscope.model import run, update
from spotscope.pipeline.segmentation._tiles import candidates_of, score_tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.io import AnnotatedTile
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.methods.segmentation.stardist import Precision
    from spotscope.model import Progress, Task

__all__ = ["loses_little", "measured_tops"]

Tops = dict[str, npt.NDArray[np.float32]]
#: How much F1 and AJI may fall by.
_MOST = 0.002


def measured_tops(
    tiles: Sequence[AnnotatedTile], params: SegmentationParams, at: Progress
) -> Task[Tops]:
    """Largest values by layer, over tiles as they are shown to the network on a processor."""
    from spotscope.methods.segmentation.stardist._tops import watched

    found: Tops = {}
    for tile in tiles:
        yield at
        with watched(load_model(params.model).network, found):
            run(candidates_of(tile.image, tile.mpp, params))
    return found


def loses_little(
    tiles: Sequence[AnnotatedTile], params: SegmentationParams, at: Progress
) -> Task[bool]:
    """Whether neither mean F1 nor mean AJI falls by more than 0.002 beside float32.

    Over tiles looked at once, as a slide is, and in mirror images too, as small images are: of few
    tiles one way alone is chance. False where this processor cannot tell.
    """
    if not tiles or "int8" not in precisions(load_model(params.model).network):
        return False
    scores = []
    kinds: tuple[Precision, ...] = ("float32", "int8")
    ways = [update(params, flips=flips) for flips in ("never", "always")]
    for tile, way in product(tiles, ways):
        yield at
        pair = []
        for kind in kinds:
            with in_precision(kind):
                found = run(candidates_of(tile.image, tile.mpp, way))
            score = score_tile(found, tile.labels, tile.mpp, way)
            pair.append((score.f1, score.aji))
        scores.append(pair)
    full, whole = np.mean(scores, axis=0)
    return bool((whole >= full - _MOST).all())
