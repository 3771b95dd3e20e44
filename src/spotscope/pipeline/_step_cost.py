"""What finding nuclei and typing cells will cost here, said before they run.

Work is counted in numbers touched a pixel, or a spot, gene and type, and divided by how fast this
machine was when asked; the constants are from runs of one thread (``docs/measure/step_cost.py``
prints them). That tells seconds from minutes, no more. Memory is that of the whole process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotscope.methods import segmentation
from spotscope.model import tissue_mask
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_slide
from spotscope.pipeline._machine import machine_speed

if TYPE_CHECKING:
    from spotscope.methods.cell_typing import CellTypingParams
    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import Reference, Session, Slide

__all__ = ["StepCost", "nuclei_cost", "spell_seconds", "typing_cost"]

#: Numbers touched a pixel of tissue by the watershed, multiplications a pixel by a network.
_WATERSHED, _NETWORK = 4900.0, 90_000.0
#: How much longer it takes with mirror images.
_MIRRORS = 3.0
#: Numbers touched whatever is typed, a spot, gene and type, and a nucleus and type.
_TYPING, _FIT, _SETTLE = 4.8e9, 30.0, 43_000.0
#: Bytes of the process before anything, with a network loaded, and a pixel of tissue.
_BASE, _BASE_NETWORK, _PIXEL = 0.45e9, 1.0e9, 1.4
_THUMBNAIL_PX = 512


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
            return "kept from before: a moment"
        return f"about {spell_seconds(self.seconds)}, {self.memory / 1e9:.1f} GB"


def nuclei_cost(
    session: Session, params: SegmentationParams, *, cache: StepCache | None = None
) -> StepCost | None:
    """Estimate finding the nuclei of a session; None without a slide."""
    slide = session.sample.slide
    if slide is None:
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
    session: Session, reference: Reference, params: CellTypingParams, nuclei: int | None = None
) -> StepCost | None:
    """Estimate typing a session's cells; None without spots.

    Parameters
    ----------
    session, reference, params
        As for the step.
    nuclei
        How many there will be, where none were found yet.
    """
    spots = session.sample.spots
    if spots is None:
        return None
    n = session.nuclei.n if session.nuclei is not None else (nuclei or 0)
    genes = min(spots.table.n_vars, reference.table.n_vars)
    types = len(reference.types)
    work = _TYPING + _FIT * spots.n * genes * types + _SETTLE * n * types
    counts = spots.counts.nnz + reference.table.X.nnz
    memory = _BASE + 12.0 * 3 * counts + 8.0 * 6 * spots.n * min(genes, 5000)
    return StepCost(work / machine_speed().numbers, memory)


def spell_seconds(seconds: float) -> str:
    """Say a duration roughly."""
    if seconds < 1.5:
        return "a second"
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _tissue_px(slide: Slide) -> float:
    """Pixels of level 0 that are tissue, told from afar."""
    picture = slide.thumbnail(_THUMBNAIL_PX)
    light = picture if slide.is_rgb else picture.astype("float32").sum(axis=2)
    mask = tissue_mask(light, slide.extent_um[0] / picture.shape[0])
    share = float(mask.mean()) if mask.any() else 1.0
    return share * slide.shape[0] * slide.shape[1]
