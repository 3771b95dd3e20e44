"""What finding nuclei and typing cells will cost here, said before they run.

Work is counted in numbers touched a pixel, or a spot, gene and type, and divided by how fast this
machine was when asked; the constants are from runs of one thread (``docs/measure/step_cost.py``
prints them). That tells seconds from minutes, no more. Memory is that of the whole process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotscope.methods import segmentation
from spotscope.model import MeasureKey, tissue_mask
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_slide
from spotscope.pipeline._machine import machine_speed
from spotscope.pipeline._recall import Recall
from spotscope.pipeline.expression._decompose_cost import decompose_cost, expected_decompose_cost
from spotscope.pipeline.segmentation._thumbnail import is_thumbnail, too_coarse

if TYPE_CHECKING:
    from spotscope.methods.cell_typing import CellTypingParams
    from spotscope.methods.expression import ExpressionParams
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import Reference, Session, Slide

__all__ = ["StepCost", "expression_cost", "nuclei_cost", "spell_seconds", "typing_cost"]

#: Nuclei per mm² of tissue, where they are still to be found.
_CROWD = 5000.0

#: Numbers touched a pixel of tissue by the watershed, multiplications a pixel by a network.
_WATERSHED, _NETWORK = 4900.0, 90_000.0
#: How much longer it takes with mirror images.
_MIRRORS = 3.0
#: Numbers touched whatever is typed, a spot, gene and type, and a nucleus and type.
_TYPING, _FIT, _SETTLE = 4.8e9, 30.0, 43_000.0
#: Numbers touched a pixel of 0.5 µm of tissue while the stain in the nuclei is measured.
_STAIN, _STAIN_MPP = 250.0, 0.5
#: Bytes of the process before anything, with a network loaded, and a pixel of tissue.
_BASE, _BASE_NETWORK, _PIXEL = 0.45e9, 1.0e9, 1.4
_THUMBNAIL_PX = 512

#: A window asks at every setting that is turned, of an image that stays.
_TISSUE: Recall[float] = Recall(2)


@dataclass(frozen=True, slots=True)
class StepCost:
    """An estimate.

    Parameters
    ----------
    seconds
        About how long.
    memory
        Bytes of the whole process, at most.
    kept
        Whether the result is there from before.
    """

    seconds: float
    memory: float
    kept: bool = False

    def __str__(self) -> str:
        if self.kept:
            return "kept: only has to be opened"
        return f"about {spell_seconds(self.seconds)}, {self.memory / 1e9:.1f} GB"


def nuclei_cost(
    session: Session, params: SegmentationParams, *, cache: StepCache | None = None
) -> StepCost | None:
    """Estimate finding the nuclei of a session; None without a slide that tells them."""
    slide = session.sample.slide
    if slide is None or too_coarse(session.sample):
        return None
    params = segmentation.suited(params, slide)
    cache = cache or StepCache(user_cache())
    inputs = {"slide": of_slide(slide), **segmentation.identity(params)}
    kept = cache.has(cache.folder("segment", inputs, params))
    pixels, speed = _tissue_px(slide), machine_speed()
    if params.model == segmentation.WATERSHED:
        return StepCost(pixels * _WATERSHED / speed.numbers, _BASE + _PIXEL * pixels, kept)
    seconds = pixels * _NETWORK / speed.products
    height, width = (round(side / params.model_mpp) for side in slide.extent_um)
    if params.mirrors((height, width)):
        seconds *= _MIRRORS
    return StepCost(seconds, _BASE_NETWORK + _PIXEL * pixels, kept)


def typing_cost(
    session: Session, reference: Reference, params: CellTypingParams
) -> StepCost | None:
    """Estimate typing a session's cells, found or still to be found; None without spots."""
    spots = session.sample.spots
    if spots is None:
        return None
    n, _ = _expected(session)
    genes = min(spots.table.n_vars, reference.table.n_vars)
    types = len(reference.types)
    work = _TYPING + _FIT * spots.n * genes * types + _SETTLE * n * types
    work += _stain_work(session, params)
    counts = spots.counts.nnz + reference.table.X.nnz
    memory = _BASE + 12.0 * 3 * counts + 8.0 * 6 * spots.n * min(genes, 5000)
    return StepCost(work / machine_speed().numbers, memory)


def expression_cost(
    session: Session, reference: Reference | None, params: ExpressionParams
) -> StepCost | None:
    """Estimate inferring expression everywhere; None without spots, types and a reference."""
    if session.sample.spots is not None and session.cells is not None:
        cost = decompose_cost(session, reference, params)
    elif session.sample.spots is not None and reference is not None:
        n, per_mm2 = _expected(session)
        cost = expected_decompose_cost(session.sample.spots, reference, params, n, per_mm2)
    else:
        return None
    return StepCost(cost.seconds, _BASE + cost.memory)


def _expected(session: Session) -> tuple[int, float]:
    """Nuclei there are, or about how many there will be, and how many per mm² of tissue."""
    slide = session.sample.slide
    n = 0 if session.nuclei is None else session.nuclei.n
    if slide is None:
        return n, _CROWD
    mm2 = _tissue_px(slide) * slide.mpp**2 / 1e6
    return (n, n / mm2) if n else (round(_CROWD * mm2), _CROWD)


def _stain_work(session: Session, params: CellTypingParams) -> float:
    """Numbers touched to see how nuclei look; nothing of those whose stain is known."""
    slide, known = session.sample.slide, session.measures.get(str(MeasureKey.HAEMATOXYLIN))
    if params.looks == "off" or slide is None or not slide.is_rgb or is_thumbnail(session.sample):
        return 0.0
    left = 1.0 if known is None else float(np.isnan(known).mean()) if len(known) else 0.0
    return left * _STAIN * _tissue_px(slide) * (slide.mpp / _STAIN_MPP) ** 2


def spell_seconds(seconds: float) -> str:
    """Say a duration roughly."""
    if seconds < 1.5:
        return "a second"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _tissue_px(slide: Slide) -> float:
    """Pixels of level 0 that are tissue, told from afar."""
    return _TISSUE(slide.levels, slide.mpp, lambda: _look_for_tissue(slide))


def _look_for_tissue(slide: Slide) -> float:
    picture = slide.thumbnail(_THUMBNAIL_PX)
    light = picture if slide.is_rgb else picture.astype("float32").sum(axis=2)
    mask = tissue_mask(light, slide.extent_um[0] / picture.shape[0])
    share = float(mask.mean()) if mask.any() else 1.0
    return share * slide.shape[0] * slide.shape[1]
