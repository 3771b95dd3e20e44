"""The Nuclei step: find the outlines, draw them as a label pyramid, keep both."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spotscope import io
from spotscope.methods import segmentation
from spotscope.model import MethodError, Problem, ReadError, RunRecord
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._device import resolve_device
from spotscope.pipeline._fingerprint import of_outlines, of_slide, of_text
from spotscope.pipeline._record import record_of
from spotscope.pipeline._regions import box_of, inside_any, region_json
from spotscope.pipeline.segmentation._cells import forget_types
from spotscope.pipeline.segmentation._edit import edit_record, with_marks
from spotscope.pipeline.segmentation._kept_tiles import TileFolder
from spotscope.pipeline.segmentation._thumbnail import is_thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from spotscope.methods.segmentation import SegmentationParams
    from spotscope.model import Labels, Region, Session, Slide, StarConvex, Task

__all__ = ["check_segmentation", "draw_labels", "segmentation_step"]

STEP = "segment"
CANDIDATES = "candidates.safetensors"
#: Pixels of the label image where there is no slide to give theirs, or theirs are too coarse.
_NO_SLIDE_MPP = 0.5


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
    regions: Sequence[Region] = (),
    device: str = "auto",
) -> Task[Session]:
    """Find the nuclei of the session's slide.

    Tiles are kept as they are finished: a run that was stopped goes on with those it lacks, and a
    slide with those of its regions.

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
    regions
        Only nuclei with their centre in one of these; by default the whole slide.
    device
        Where a network computes; ``auto`` takes the best there is.

    Raises
    ------
    MethodError
        If there is no slide, the method cannot work on it, or no region lies on it.
    """
    problems = check_segmentation(session, params)
    fatal = [problem for problem in problems if problem.fatal]
    if fatal:
        raise MethodError(str(fatal[0]))
    slide = session.sample.slide
    assert slide is not None
    params = segmentation.suited(params, slide)
    cache = cache or StepCache(user_cache())
    inputs = {"slide": of_slide(slide), **segmentation.identity(params)}
    box = box_of(regions, slide) if regions else None
    # a tile finds the same whichever region it is worked on for
    tiles = TileFolder(cache.folder(STEP, inputs, params).with_suffix(".tiles"))
    if box is not None:
        inputs["region"] = of_text(str([region.polygon_yx_um.tolist() for region in regions]))
    folder = cache.folder(STEP, inputs, params)
    if not cache.has(folder):
        finding = _Finding(slide, params, executor, _device_for(params, device), tiles)
        yield from _find(finding, cache, inputs, box)
    cache.touch(folder)
    found = segmentation.select(io.read_outlines(folder / CANDIDATES), params)
    if regions:
        found = found.take(inside_any(regions, found.yx_um))
    record = cache.read_record(folder)
    notes = (*map(str, problems), *record.notes)
    record = replace(record, params=params.model_dump(mode="json"), notes=notes)
    if regions:
        record = replace(record, figures={**record.figures, "regions": region_json(regions)})
    return (yield from lay_down(session, found, record, cache))


def lay_down(
    session: Session, found: StarConvex, record: RunRecord, cache: StepCache
) -> Task[Session]:
    """The session with other nuclei, the edits laid upon them, drawn; its types are left behind."""
    edited = session.corrected(found)
    labels = yield from _draw(edited.outlines, *_frame(session), cache)
    records = {**session.records, STEP: record}
    for later in ("type", "decompose"):
        records.pop(later, None)
    return replace(
        forget_types(session),
        nuclei=edited.outlines,
        labels=labels,
        cells=None,
        records=edit_record(records, session.edits, edited, 0.0),
        found=found if session.edits.done else None,
        measures=with_marks({}, edited),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Finding:
    """What is worked on, and with what."""

    slide: Slide
    params: SegmentationParams
    executor: Executor | None
    device: str
    tiles: TileFolder


def _device_for(params: SegmentationParams, device: str) -> str:
    """The watershed needs no device: torch is not loaded to look for one."""
    return "cpu" if params.model == segmentation.WATERSHED else resolve_device(device)


def _find(
    finding: _Finding,
    cache: StepCache,
    inputs: dict[str, str],
    box: tuple[float, float, float, float] | None,
) -> Task[None]:
    """Find all candidates and keep them; the probability threshold is applied to them later."""
    started = time.perf_counter()
    slide, params, tiles = finding.slide, finding.params, finding.tiles
    fitted = yield from segmentation.fit(slide, params)
    candidates = yield from segmentation.predict(
        fitted, slide, params, box, finding.executor, device=finding.device, kept=tiles
    )
    with cache.writing(cache.folder(STEP, inputs, params)) as staging:
        io.write_outlines(staging / CANDIDATES, candidates)
        seconds, cite = time.perf_counter() - started, segmentation.references(params)
        record = record_of(STEP, params, inputs, seconds, references=cite)
        figures: dict[str, Any] = {"tissue_mm2": round(fitted.tissue_mm2, 4)}
        if kind := segmentation.computed_in(params, finding.device):
            figures["computed_in"] = kind  # another machine's may differ in the last digits
        record = replace(record, figures=figures, notes=_notes(params))
        cache.write_record(staging, record)
    if box is None:
        tiles.forget()
    else:
        cache.trim("tiles")


def _notes(params: SegmentationParams) -> tuple[str, ...]:
    licence = segmentation.licence(params)
    return (f"licence of the weights of {params.model!r}: {licence}",) if licence else ()


def draw_labels(session: Session, cache: StepCache) -> Task[Labels]:
    """Draw a session's nuclei in its frame, or open what was drawn of the same ones."""
    assert session.nuclei is not None
    return (yield from _draw(session.nuclei, *_frame(session), cache))


def _frame(session: Session) -> tuple[tuple[int, int], float]:
    """Size in pixels and pixel size of the label image: the slide's, else one around the spots."""
    slide, spots = session.sample.slide, session.sample.spots
    if slide is not None and not is_thumbnail(session.sample):
        return slide.shape, slide.mpp
    assert spots is not None
    reach = spots.yx_um.max(axis=0) + spots.lattice.diameter_um
    height, width = np.ceil(reach / _NO_SLIDE_MPP).astype(int).tolist()
    return (max(height, 1), max(width, 1)), _NO_SLIDE_MPP


def _draw(nuclei: StarConvex, shape: tuple[int, int], mpp: float, cache: StepCache) -> Task[Labels]:
    """Draw the nuclei as a label pyramid, once for the same outlines."""
    canvas = f"{of_outlines(nuclei)}:{shape}:{mpp:.9g}"
    folder = cache.root / f"draw-{of_text(canvas)[:16]}.zarr"
    there = _drawn(folder)
    if there is None:
        drawer = segmentation.LabelDrawer(nuclei, mpp)
        yield from io.write_label_zarr(folder, drawer.draw, shape, mpp)
        there = io.open_label_zarr(folder, io.hold(folder))
        cache.trim("draw")
    return there


def _drawn(folder: Path) -> Labels | None:
    """What was drawn before, if all of it is there."""
    held = io.hold(folder)
    if held is None or io.missing_parts(folder):
        return None
    try:
        return io.open_label_zarr(folder, held)
    except ReadError:
        return None


def _no_slide(session: Session) -> Problem:
    return Problem(
        f"Expected a slide image to find nuclei on, found spots alone in {session.sample.name}; "
        "give the image (--image), or have cells put into the spots (spotscope run without one)."
    )
