"""What stands in the way of finding nuclei in a slide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spotscope.methods.segmentation._fit import nuclear_thumbnail
from spotscope.model import Problem, tissue_mask

if TYPE_CHECKING:
    from spotscope.methods.segmentation._params import SegmentationParams
    from spotscope.model import Slide

__all__ = ["check"]

#: A nucleus is 5-10 µm across: fewer than ~6 pixels of it are a smudge.
COARSEST_MPP = 1.2
#: From here on small nuclei are missed.
COARSE_MPP = 0.8


def check(slide: Slide, params: SegmentationParams) -> list[Problem]:
    """Look at a slide before nuclei are sought; cheap.

    Returns
    -------
    Problems, the fatal ones first; none when all is well.
    """
    channels = slide.levels[0].shape[2]
    if not slide.is_rgb and params.channel >= channels:
        return [
            Problem(
                f"Expected a nuclear channel below {channels} in {slide.name}, found "
                f"{params.channel}; give one of its channels, counted from 0."
            )
        ]
    problems = _resolution(slide)
    if not any(problem.fatal for problem in problems):
        thumbnail, mpp = nuclear_thumbnail(slide, params)
        if not tissue_mask(thumbnail, mpp).any():
            problems.append(
                Problem(
                    f"Expected stained tissue in {slide.name}, found an even image; check that it "
                    "is the right file, or give another nuclear channel."
                )
            )
    return sorted(problems, key=lambda problem: not problem.fatal)


def _resolution(slide: Slide) -> list[Problem]:
    if slide.mpp > COARSEST_MPP:
        return [
            Problem(
                f"Expected at most {COARSEST_MPP:g} µm per pixel to tell nuclei apart, found "
                f"{slide.mpp:.3g} in {slide.name}; open the full-resolution microscope image "
                "(Space Ranger's tissue_hires_image.png is a thumbnail), or correct the pixel size."
            )
        ]
    if slide.mpp > COARSE_MPP:
        return [
            Problem(
                f"Expected at most {COARSE_MPP:g} µm per pixel for small nuclei, found "
                f"{slide.mpp:.3g} in {slide.name}; some will be missed or merged: use a sharper "
                "scan if there is one.",
                fatal=False,
            )
        ]
    return []
