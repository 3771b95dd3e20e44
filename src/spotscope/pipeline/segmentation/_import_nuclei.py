"""Nuclei that others found: a label image (Cellpose, Mesmer, 10x), or GeoJSON of QuPath."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope import io
from spotscope.methods import segmentation
from spotscope.model import (
    MethodError,
    NucleusClasses,
    Progress,
    ReadError,
    RunRecord,
    StarConvex,
    fingerprint_file,
    outlines_of_polygons,
    versions,
)
from spotscope.model._edit_shapes import polygon_area
from spotscope.pipeline._cache import StepCache, user_cache
from spotscope.pipeline._fingerprint import of_slide
from spotscope.pipeline.segmentation._step import STEP, lay_down

if TYPE_CHECKING:
    from spotscope.model import Labels, Session, Slide, Task

__all__ = ["import_nuclei", "import_step", "is_label_image"]

#: A label image whose sides differ by more from the slide's is not of this slide.
_OFF = 0.02
_JSON = (".geojson", ".json")
#: Areas as large as this, in the middle, are regions and no nuclei.
_LARGEST_UM2 = 5_000.0
#: Outlines as small as this, in the middle, were drawn on a smaller copy of the image.
_SMALLEST_UM2 = 5.0
#: Classes that are named.
_SAID = 5
#: Polygons made star-convex at a time: about 50 ms.
_BLOCK = 500


def import_nuclei(
    path: str | Path, slide: Slide, *, full_mpp: float | None = None
) -> Task[StarConvex]:
    """Read nuclei that lie on a slide.

    Parameters
    ----------
    path
        A label image (TIFF, or a Zarr label group) of the slide's frame at any resolution, or
        GeoJSON in pixels of the slide's full resolution.
    slide
        What they lie on.
    full_mpp
        µm per pixel of full resolution, where the slide is a smaller copy.

    Returns
    -------
    The nuclei; those of a label image keep their labels, those of GeoJSON what they were
    classified as.

    Raises
    ------
    ReadError
        If it is neither, or a label image of another frame.
    """
    found, _ = yield from _taken(Path(path), slide, full_mpp)
    return found


def _taken(
    path: Path, slide: Slide, full_mpp: float | None
) -> Task[tuple[StarConvex, tuple[str, ...]]]:
    """The nuclei, and what is to be said of them."""
    yield Progress("reading the nuclei", 0, 1)
    if path.suffix.lower() not in _JSON:
        labels = _labels(path, slide, full_mpp)
        return (yield from segmentation.outlines_of_labels(labels)), ()
    drawn = yield from io.nuclei_of_geojson(path, mpp=full_mpp or slide.mpp)
    notes = list(drawn.notes)
    if full_mpp is not None:
        notes.append(
            f"Their places are taken in pixels of the full-resolution image ({full_mpp:.3g} µm), "
            f"not of {slide.name} ({slide.mpp:.3g} µm)."
        )
    _check_size(path, drawn, slide, full_mpp)
    found = yield from _outlines(drawn)
    # a nucleus that the rim cuts may have its centre just beyond
    reach = found.reach_um()[:, None]
    on = ((found.yx_um > -reach) & (found.yx_um < slide.extent_um + reach)).all(axis=1)
    if not on.any():
        height, width = slide.shape
        raise ReadError(
            f"Expected outlines on {slide.name} ({width:,} × {height:,} px), found all of "
            f"{path.name} beyond it; export them of this image, in pixels of full resolution."
        )
    if not on.all():
        notes.append(f"{int((~on).sum()):,} beyond the slide were left out.")
        found = found.take(np.flatnonzero(on))
    if found.classes is not None:
        notes.insert(0, _marked(found.classes))
    return found, tuple(notes)


def _check_size(path: Path, drawn: io.DrawnNuclei, slide: Slide, full_mpp: float | None) -> None:
    """Refuse what is no nucleus, and what was drawn on another copy of the image."""
    n = len(drawn.polygons_um)
    middle = float(np.median([polygon_area(corners) for corners in drawn.polygons_um]))
    if middle > _LARGEST_UM2:
        raise ReadError(
            f"Expected outlines of nuclei in {path.name}, found {n} areas of {middle:,.0f} µm² in "
            "the middle: regions, or of another pixel size; export the detections."
        )
    if full_mpp is not None and middle < _SMALLEST_UM2:
        raise ReadError(
            f"Expected outlines in pixels of the full-resolution image ({full_mpp:.3g} µm) in "
            f"{path.name}, found {n} of {middle:.2g} µm² in the middle, as if drawn on "
            f"{slide.name}; export them of the full-resolution image."
        )


def _marked(classes: NucleusClasses) -> str:
    """How many of each class, the most first; of many the rest together."""
    counts = sorted(classes.counts().items(), key=lambda one: -one[1])
    said = ", ".join(f"{name} {n:,}" for name, n in counts[:_SAID])
    more = f" and {len(counts) - _SAID} classes more" if len(counts) > _SAID else ""
    return f"Marked there as {said}{more}."


def _outlines(drawn: io.DrawnNuclei) -> Task[StarConvex]:
    found, n = [], len(drawn.polygons_um)
    for start in range(0, n, _BLOCK):
        yield Progress("reading the nuclei", start, n)
        block = slice(start, start + _BLOCK)
        polygons = list(drawn.polygons_um[block])
        found.append(outlines_of_polygons(polygons, drawn.probability[block]))
    classes = NucleusClasses.of(drawn.words, drawn.colours)
    return replace(StarConvex.concatenate(found), classes=classes)


def is_label_image(path: Path, slide: Slide) -> bool:
    """Whether a file looks like a label image of a slide, and not like a slide of its own."""
    tiff = path.suffix.lower() in (".tif", ".tiff")
    if not tiff or io.describe(path).kind != "label image":
        return False
    height, width = io.read_label_tiff(path, mpp=slide.mpp).levels[0].shape
    return abs(height / width / (slide.shape[0] / slide.shape[1]) - 1) <= _OFF


def import_step(
    session: Session, path: str | Path, *, cache: StepCache | None = None
) -> Task[Session]:
    """Take nuclei that others found in place of finding them; the Nuclei step's result.

    Parameters
    ----------
    session
        With a slide.
    path
        As in :func:`import_nuclei`.
    cache
        Where the drawn labels are kept; the user's cache by default.

    Raises
    ------
    MethodError
        If there is no slide.
    ReadError
        If the file is no label image and no GeoJSON of this slide.
    """
    slide, path = session.sample.slide, Path(path)
    if slide is None:
        raise MethodError(
            f"Expected a slide image to lay nuclei on, found spots alone in {session.sample.name}; "
            "give the image (--image)."
        )
    if not path.exists():
        raise ReadError(f"Expected nuclei in {path}, found nothing; check the path.")
    started = time.perf_counter()
    found, notes = yield from _taken(path, slide, session.sample.full_mpp)
    if session.edits.done:
        notes = (*notes, f"Corrections made before, laid upon them: {len(session.edits.done):,}.")
    record = RunRecord(
        step=STEP,
        params={"nuclei": path.name},
        seed=None,
        inputs={"slide": of_slide(slide), "nuclei": fingerprint_file(path)},
        versions=versions(),
        seconds=round(time.perf_counter() - started, 3),
        notes=(f"Nuclei taken from {path.name}: {found.n:,}. None was looked for.", *notes),
        figures={"path": str(path.resolve())},
    )
    return (yield from lay_down(session, found, record, cache or StepCache(user_cache())))


def _labels(path: Path, slide: Slide, full_mpp: float | None) -> Labels:
    """A label image, in the slide's frame whatever pixel size it states."""
    is_zarr = path.is_dir()
    labels = io.open_label_zarr(path) if is_zarr else io.read_label_tiff(path, mpp=slide.mpp)
    shape = np.array(labels.levels[0].shape[:2])
    mpp = np.array(slide.extent_um) / shape
    if abs(mpp[0] / mpp[1] - 1) > _OFF:
        height, width = slide.shape
        raise ReadError(
            f"Expected a label image of the frame of {slide.name} ({width:,} × {height:,} px), "
            f"found one of {shape[1]:,} × {shape[0]:,} px in {path.name}; export it for the whole "
            "image, at any resolution."
        )
    # a smaller copy ends within one of its pixels of where the image ends: that one is exact
    full = full_mpp is not None and (np.abs(shape * full_mpp - slide.extent_um) <= slide.mpp).all()
    return replace(labels, mpp=float(full_mpp if full and full_mpp else mpp[0]))
