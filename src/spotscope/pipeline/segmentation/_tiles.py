"""Nuclei of single tiles held beside what was drawn by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope.evaluation import away_from_rim, best_ious, score_labels
from spotscope.methods import segmentation
from spotscope.model import MethodError, Slide, StarConvex

if TYPE_CHECKING:
    from spotscope.evaluation import LabelScore
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import Task

__all__ = ["candidates_of", "chances_of", "score_tile"]


def candidates_of(
    image: npt.NDArray[np.uint8], mpp: float, params: SegmentationParams, device: str = "cpu"
) -> Task[StarConvex]:
    """All candidates of a tile, found as in any slide; none where it shows nothing.

    Parameters
    ----------
    image
        (y, x, c).
    """
    import dask.array as da

    slide = Slide((da.from_array(image, chunks=(512, 512, image.shape[2])),), mpp, name="tile")
    try:
        fitted = yield from segmentation.fit(slide, params)
    except MethodError:
        if np.ptp(image) > 0 and not segmentation.check(slide, params):
            raise
        return StarConvex.empty(32)
    return (yield from segmentation.predict(fitted, slide, params, device=device))


def score_tile(
    candidates: StarConvex,
    truth: npt.NDArray[np.int32],
    mpp: float,
    params: SegmentationParams,
    rim_um: float | None = None,
) -> LabelScore:
    """Score what is kept of the candidates at the thresholds of ``params``.

    With ``rim_um`` only nuclei that are so far from the tile's rim count, drawn and found.
    """
    found = _drawn(segmentation.select(candidates, params), truth, mpp)
    if rim_um is None:
        return score_labels(found, truth)
    return score_labels(*(away_from_rim(labels, rim_um / mpp) for labels in (found, truth)))


def chances_of(
    candidates: StarConvex, truth: npt.NDArray[np.int32], mpp: float, params: SegmentationParams
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Probability of every outline that is drawn, and whether it meets a nucleus (IoU > 0.5)."""
    everything = params.model_copy(update={"probability": 0.0})
    kept = segmentation.select(candidates, everything)
    numbers, iou = best_ious(_drawn(kept, truth, mpp), truth)
    return kept.probability[numbers - 1], iou > 0.5


def _drawn(nuclei: StarConvex, truth: npt.NDArray[np.int32], mpp: float) -> npt.NDArray[np.uint32]:
    numbered = replace(nuclei, labels=None)
    return segmentation.LabelDrawer(numbered, mpp).draw(0, 0, *truth.shape)
