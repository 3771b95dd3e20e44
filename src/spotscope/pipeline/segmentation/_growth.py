"""How many times as large as a network says outlines fit what was drawn, judged on tiles.

    g = 1 + n / (n + 1) · (argmax_g mean over n tiles of PQ(g) - 1)

with all rays g times as long. The panoptic quality counts nuclei that are met and how well they
are. How large nuclei are drawn differs between tiles about as much as a network errs on average, so
few tiles say little, and what they say is drawn towards 1 as by one tile more that knows nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spotscope.pipeline.segmentation._tiles import score_tile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spotscope.io import AnnotatedTile
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import Progress, StarConvex, Task

__all__ = ["best_growth", "grown"]

#: Tried, the nearest to 1 first: where two do as well, less is changed.
_TRIED = sorted(np.round(np.arange(0.90, 1.151, 0.01), 2).tolist(), key=lambda g: abs(g - 1))


def grown(nuclei: StarConvex, growth: float) -> StarConvex:
    """Outlines with all rays so many times as long."""
    return replace(nuclei, radii_um=nuclei.radii_um * np.float32(growth))


def best_growth(
    tiles: Sequence[AnnotatedTile],
    found: Sequence[StarConvex],
    params: SegmentationParams,
    at: Progress,
) -> Task[float]:
    """How many times as large outlines fit best.

    Parameters
    ----------
    tiles
        That the network did not learn from.
    found
        All candidates on each, as the network says them.
    params
        Whose thresholds choose among them.
    at
        How far that has come that this is a part of.

    Returns
    -------
    Of three digits; 1 where there are no tiles.
    """
    quality = np.zeros(len(_TRIED))
    for tile, candidates in zip(tiles, found, strict=True):
        for n, growth in enumerate(_TRIED):
            yield at
            larger = grown(candidates, growth)
            quality[n] += score_tile(larger, tile.labels, tile.mpp, params).pq
    best = _TRIED[int(np.argmax(quality))]
    return round(1 + len(tiles) / (len(tiles) + 1) * (best - 1), 3)
