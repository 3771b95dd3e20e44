"""The Nuclei step: find the outlines, draw them as a label pyramid, keep both."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from spotscope import io
from spotscope.methods import segmentation
from spotscope.model import MethodError, RunRecord, Session, StarConvex, versions
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_slide

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import Labels, Problem, Task

__all__ = ["check_segmentation", "segmentation_step"]

STEP = "segment"
_OUTLINES = "outlines.safetensors"
_LABELS = "labels.zarr"


def check_segmentation(session: Session, params: SegmentationParams) -> list[Problem]:
    """What stands in the way of finding nuclei; nothing is computed."""
    if session.sample.slide is None:
        return [_no_slide(session)]
    return segmentation.check(session.sample.slide, params)


def segmentation_step(
    session: Session,
    params: SegmentationParams,
    *,
    cache: StepCache | None = None,
    executor: Executor | None = None,
) -> Task[Session]:
    """Find the nuclei of the session's slide.

    Parameters
    ----------
    session
        With a slide; its earlier nuclei and cells are left behind in the result.
    params
        Of the segmentation.
    cache
        Where results are kept by content; the user's cache by default.
    executor
        Runs tiles; by default they run one after the other on this thread.

    Raises
    ------
    MethodError
        If there is no slide, or the method cannot work on it.
    """
    fatal = [problem for problem in check_segmentation(session, params) if problem.fatal]
    if fatal:
        raise MethodError(str(fatal[0]))
    slide = session.sample.slide
    assert slide is not None
    cache = cache or StepCache(user_cache())
    inputs = {"slide": of_slide(slide)}
    folder = cache.folder(STEP, inputs, params)
    if not cache.has(folder):
        started = time.perf_counter()
        fitted = yield from segmentation.fit(slide, params)
        outlines = yield from segmentation.predict(fitted, slide, params, executor=executor)
        with io.staged(folder) as staging:
            staging.mkdir(parents=True, exist_ok=True)
            io.write_outlines(staging / _OUTLINES, outlines)
            drawer = segmentation.LabelDrawer(outlines, slide.mpp)
            yield from io.write_label_zarr(staging / _LABELS, drawer.draw, slide.shape, slide.mpp)
            seconds = time.perf_counter() - started
            cache.write_record(staging, _record(params, inputs, seconds))
    outlines, labels = _load(folder)
    records = {**session.records, STEP: cache.read_record(folder)}
    records.pop("type", None)
    return replace(session, nuclei=outlines, labels=labels, cells=None, records=records)


def _load(folder: Path) -> tuple[StarConvex, Labels]:
    return io.read_outlines(folder / _OUTLINES), io.open_label_zarr(folder / _LABELS)


def _record(params: SegmentationParams, inputs: dict[str, str], seconds: float) -> RunRecord:
    return RunRecord(
        step=STEP,
        params=params.model_dump(mode="json"),
        seed=None,
        inputs=inputs,
        versions=versions(),
        seconds=round(seconds, 3),
        references=segmentation.info.references,
    )


def _no_slide(session: Session) -> Problem:
    from spotscope.model import Problem

    return Problem(
        f"Expected a slide image to find nuclei on, found spots alone in {session.sample.name}; "
        "give the image (--image), or type without one (spotscope type)."
    )
