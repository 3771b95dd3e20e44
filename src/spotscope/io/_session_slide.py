"""The slide of a saved session: it stays where it is, and an overview of it travels along."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotscope.model import LostSlide, Slide, fingerprint_file, is_file_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["lost_slide", "overview", "still_there", "whereabouts"]

_OVERVIEW_PX = 4096


def whereabouts(slide: Slide) -> dict[str, Any]:
    """Where a slide is, to be found again (JSON); of one that is lost, where it was."""
    if slide.lost is not None:
        source, fingerprint = slide.lost.source, slide.lost.fingerprint
        mpp, shape = slide.lost.mpp, slide.lost.shape
    else:
        there = slide.source if slide.source is not None and slide.source.exists() else None
        source = None if slide.source is None else str(slide.source.resolve())
        fingerprint = None if there is None else fingerprint_file(there)
        mpp, shape = slide.mpp, slide.shape
    return {
        "name": slide.name,
        "mpp": mpp,
        "shape": list(shape),
        "source": source,
        "fingerprint": fingerprint,
    }


def still_there(about: Mapping[str, Any]) -> tuple[Path, float] | None:
    """The slide's file and its µm per pixel, if it is where it was and unchanged."""
    source = None if about["source"] is None else Path(about["source"])
    if source is None or not source.exists():
        return None
    if not is_file_of(source, str(about["fingerprint"])):
        return None
    return source, float(about["mpp"])


def lost_slide(about: Mapping[str, Any], kept: Slide) -> LostSlide | None:
    """What is to be found again; None where the overview is all there ever was."""
    mpp = float(about["mpp"])
    # earlier versions did not keep it: to a pixel of the overview it follows from its size
    size = about.get("shape") or [round(side / mpp) for side in kept.extent_um]
    shape = (int(size[0]), int(size[1]))
    if about["source"] is None and shape == kept.shape:
        return None
    return LostSlide(about["source"], about["fingerprint"], mpp, shape)


def overview(slide: Slide) -> Slide:
    """The levels that are small enough to travel with the session."""
    small = [i for i, level in enumerate(slide.levels) if max(level.shape[:2]) <= _OVERVIEW_PX] or [
        len(slide.levels) - 1
    ]
    first = small[0]
    return Slide(slide.levels[first:], slide.level_mpp(first), slide.name)
