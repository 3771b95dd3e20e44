"""The slide of a saved session that is not where it was, found again in another place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from spotscope import io
from spotscope.model import LostSlide, ReadError, is_file_of

if TYPE_CHECKING:
    from spotscope.model import Sample, Slide, Task

__all__ = ["find_slide", "say_lost", "with_slide_of"]

_LOST = (
    "The slide is not where it was, or has changed: this is the overview kept with the session. "
    "Put it back, or give the image again, to see every detail."
)
#: What earlier versions said, and kept with the session.
_SAID_BEFORE = "The slide is not where it was"
#: Blocks along the longer side by which two pictures are compared, and how alike copies are at
#: least: one that was packed again or coloured otherwise is at 0.999, the next section below 0.5.
_BLOCKS = 64
_ALIKE = 0.9


def say_lost(sample: Sample) -> Sample:
    """The sample with a note if its slide is lost, and without one if it is there."""
    notes = tuple(note for note in sample.notes if not note.startswith(_SAID_BEFORE))
    lost = sample.slide is not None and sample.slide.lost is not None
    return replace(sample, notes=(*notes, _LOST) if lost else notes)


def find_slide(sample: Sample, image: str | Path, *, cache: Path | None = None) -> Task[Sample]:
    """Take an image as the slide of a sample that was saved with it.

    Parameters
    ----------
    sample
        Of a session that was opened.
    image
        The file of its slide, wherever it is now; or a copy of it, pixel for pixel.
    cache
        Where the pyramid of an image without one is kept.

    Raises
    ------
    ReadError
        If it is another image, or the sample never had one.
    """
    image = Path(image)
    kept = sample.slide
    if kept is None:
        raise ReadError(
            f"Expected a session with an image, found {sample.name} saved without one; open the "
            f"file of its spots together with {image.name}."
        )
    known = kept.lost or LostSlide(None, None, kept.mpp, kept.shape)
    found = io.slide_shape(image)
    if found != known.shape:
        # earlier versions did not keep the size: it is known to a pixel of the overview
        near = np.abs(np.subtract(found, known.shape)) <= known.shape[0] / kept.shape[0]
        if known.shape == kept.shape or not near.all():
            raise _another(sample, known, image, f"{found[1]:,} × {found[0]:,} px")
    slide = yield from io.open_slide(image, mpp=known.mpp, cache=cache)
    same = known.fingerprint is not None and is_file_of(image, known.fingerprint)
    if not same and _likeness(kept, slide) < _ALIKE:
        raise _another(sample, known, image, "another picture of that size")
    slide = replace(slide, name=kept.name)
    opened = _opened(sample, known, image)
    return say_lost(replace(sample, slide=slide, opened=opened, identity=object()))


def with_slide_of(sample: Sample, other: Sample) -> Sample:
    """The sample, if its slide is lost, with the one that the other has found."""
    lost = sample.slide is not None and sample.slide.lost is not None
    if not lost or other.slide is None or other.slide.lost is not None:
        return sample
    found = replace(sample, slide=other.slide, opened=other.opened, identity=object())
    return say_lost(found)


def _another(sample: Sample, known: LostSlide, image: Path, found: str) -> ReadError:
    high, wide = known.shape
    return ReadError(
        f"Expected the image that {sample.name} was saved with ({wide:,} × {high:,} px), found "
        f"{found} in {image.name!r}; open that with its own spots, or in another window."
    )


def _opened(sample: Sample, known: LostSlide, image: Path) -> dict[str, object]:
    """What the sample is to be opened from again."""
    if "path" not in sample.opened:
        return dict(sample.opened)
    place = str(image.resolve())
    if sample.spots is None:
        return {**sample.opened, "path": place}
    if "image" in sample.opened:
        return {**sample.opened, "image": place}
    return {"mpp": known.mpp, **sample.opened, "image": place}  # it lay beside the spots


def _likeness(one: Slide, other: Slide) -> float:
    """Correlation of two pictures of the same size, from afar."""
    a, b = (_from_afar(slide, one.extent_um) for slide in (one, other))
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / spread if spread > 0 else float(np.array_equal(a, b))


def _from_afar(slide: Slide, extent_um: tuple[float, float]) -> npt.NDArray[np.float64]:
    """(y, x) means over blocks of all channels."""
    from PIL import Image

    block_um = max(extent_um) / _BLOCKS
    level = slide.levels[slide.level_for(block_um / 4)]
    grey = Image.fromarray(np.asarray(level).mean(axis=2, dtype=np.float32))
    high, wide = (max(1, round(side / block_um)) for side in extent_um)
    return np.asarray(grey.resize((wide, high), Image.Resampling.BOX), float)
