"""Open a sample: its image, its spots, or both, in one frame of microns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spotscope import io
from spotscope.model import Progress, ReadError, Sample
from spotscope.pipeline._full_mpp import full_mpp_of

if TYPE_CHECKING:
    from spotscope.model import Reference, Slide, Spots, Task

__all__ = ["read_reference", "read_sample"]

#: From this factor on an image may be another copy of the one that places were made on; it is one
#: if the spots then lie on its tissue, and with pixels of one size do not.
_A_COPY = 1.1
#: What is named so is meant as an image, whatever is in it.
_IMAGES = (".svs", ".tif", ".tiff", ".btf", ".jpg", ".jpeg", ".png")


def read_sample(
    path: str | Path,
    *,
    image: str | Path | None = None,
    mpp: float | None = None,
    cache: Path | None = None,
) -> Task[Sample]:
    """Open a Space Ranger folder, an h5ad, a legacy ST table or a slide image as a sample.

    Parameters
    ----------
    path
        The spots; or a slide image alone.
    image
        The slide image, where it is not found beside the spots.
    mpp
        µm per pixel of the full-resolution image; else from its metadata, else from the spot pitch.
    cache
        Where the pyramid of an image without one is kept.

    Raises
    ------
    ReadError
        If a file is not what it should be, or no pixel size can be had.
    """
    path = Path(path)
    if not path.exists():
        raise ReadError(f"Expected a file or folder at {path}, found nothing; check the path.")
    opened = _opened(path, image, mpp)
    yield Progress("reading the sample", 0, 2)
    if image is None and (io.is_slide(path) or path.suffix.lower() in _IMAGES):
        slide = yield from io.open_slide(path, mpp=mpp, cache=cache)
        return Sample(slide.name, slide, None, io.said_of_orientation(path), opened=opened)
    table = io.read_spots(path, mpp=mpp)
    picture = Path(image) if image is not None else table.image
    stated = io.slide_mpp(picture, given=mpp) if picture is not None else None
    # --mpp speaks of the image given; a picture found beside the spots has its own scale
    known = mpp if image is not None else table.image_mpp
    own = known or stated or table.mpp
    # a free lattice says no pixel size: then the image's own is the only one there is
    spots = table.to_spots(own if table.mpp is None else None)
    yield Progress("reading the sample", 1, 2)
    if picture is None:
        spots, said = _onto_the_frame(spots)
        return Sample(table.name, None, spots, (*table.notes, *said), opened=opened)
    slide = yield from io.open_slide(picture, mpp=own, cache=cache)
    problems = io.check_alignment(
        spots,
        slide,
        stated_mpp=stated,
        lattice_mpp=table.lattice_mpp if image is not None else None,
    )
    notes = (*table.notes, *io.said_of_orientation(picture))
    if problems and image is not None and (copy := _on_a_copy(path, table, slide, mpp)) is not None:
        (spots, notes), problems = copy, []
    spots = io.flag_spots(spots, slide)
    full = full_mpp_of(table) if image is None else None
    return Sample(table.name, slide, spots, notes, tuple(problems), opened, full_mpp=full)


def _on_a_copy(
    path: Path, table: io.SpotTable, slide: Slide, mpp: float | None
) -> tuple[Spots, tuple[str, ...]] | None:
    """Spots by their own pitch, where that lays them on a larger or smaller copy of their image.

    What was said of a pixel is then said of the image's, and places are in pixels of another.
    """
    if mpp is None or table.lattice_mpp is None:
        return None
    ratio = mpp / table.lattice_mpp
    if max(ratio, 1 / ratio) < _A_COPY:
        return None
    own = io.read_spots(path)
    spots = own.to_spots()
    if io.check_alignment(spots, slide):
        return None
    said = (
        f"A pixel of the image measures {mpp:.3g} µm, and {own.mpp or mpp:.3g} µm where the spots' "
        f"places were made: the image is {max(ratio, 1 / ratio):.2g}× "
        f"{'smaller' if ratio > 1 else 'larger'} than theirs."
    )
    return spots, (*own.notes, said)


def _opened(path: Path, image: str | Path | None, mpp: float | None) -> dict[str, str | float]:
    """What was given, to be given again."""
    opened: dict[str, str | float] = {"path": str(path.resolve())}
    if image is not None:
        opened["image"] = str(Path(image).resolve())
    if mpp is not None:
        opened["mpp"] = float(mpp)
    return opened


def _onto_the_frame(spots: Spots) -> tuple[Spots, tuple[str, ...]]:
    """Spots that begin at 0: without an image nothing else says where its frame begins."""
    margin = spots.lattice.diameter_um / 2
    low = np.minimum(spots.yx_um.min(axis=0) - margin, 0.0)
    if not low.any():
        return spots, ()
    y, x = 0.0 - low  # never -0.0
    said = f"Positions were moved by ({x:,.1f}, {y:,.1f}) µm in x and y, so that none is below 0."
    return replace(spots, yx_um=spots.yx_um - low), (said,)


def read_reference(
    path: str | Path, *, cell_type: str = "cell_type", labels: str | Path | None = None
) -> Task[Reference]:
    """Open a single-cell reference.

    Parameters
    ----------
    path
        h5ad, 10x h5, or a folder with a 10x matrix.
    cell_type
        Column of the cells that names their types.
    labels
        csv of barcode and cell type, for files that have no such column.

    Raises
    ------
    ReadError
        If it is no reference.
    """
    yield Progress("reading the reference", 0, 1)
    found = io.read_reference(
        Path(path), cell_type=cell_type, labels=Path(labels) if labels is not None else None
    )
    yield Progress("reading the reference", 1, 1)
    return found
